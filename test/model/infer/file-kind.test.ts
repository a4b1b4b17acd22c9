import { expect } from 'chai';
import { kindOfFile } from '../../../src/model/infer/file-kind.js';

function kind(path: string, begin: string): string {
  const found = kindOfFile(path, Buffer.from(begin, 'latin1'));
  return 'kind' in found ? found.kind : found.why;
}

describe('what a delivered file is', () => {
  it('is said by its first bytes, whatever it is called', () => {
    expect(kind('/x/part-0', 'PAR1...')).to.equal('parquet');
    expect(kind('part-0.snappy', 'Obj\u0001..')).to.equal('avro');
    expect(kind('Orders.XLSX', 'PK\u0003\u0004')).to.equal('xlsx');
    expect(kind('orders', 'id,name')).to.equal('text');
    expect(kind('orders.csv.gz', '\u001f\u008b')).to.equal('text');
    expect(kind('orders.dat', '<p>,name')).to.equal('text');
  });

  it('is refused where the ending says otherwise', () => {
    for (const [path, begin, why] of [
      ['a.parquet', 'id,name', 'its ending says Parquet, and it does not begin as that does'],
      ['a.avro', 'PAR1', 'its ending says .avro, and it is Parquet'],
      ['a.json', 'Obj\u0001', 'its ending says .json, and it is Avro'],
      ['a.csv', 'PK\u0003\u0004', 'its ending says .csv, and it is a workbook (.xlsx)'],
      [
        'a.xlsx',
        '\u00d0\u00cf\u0011\u00e0\u00a1\u00b1\u001a\u00e1',
        'it is protected by a password, or of Excel before 2007',
      ],
      ['a.xlsb', 'PK\u0003\u0004', 'of workbooks a run reads .xlsx, and no .xlsb'],
      ['a.parquet', 'PARE', 'it is encrypted, and a run has no key of it'],
    ] as const)
      expect(kind(path, begin), path).to.equal(why);
    expect(kind('a.avro.gz', '\u001f\u008b')).to.match(
      /^it is packed as a whole, and a run reads Avro as it is/,
    );
    expect(kind('a.txt', '\u00ef\u00bb\u00bf <?xml version="1.0"?>')).to.match(/^it is XML/);
    expect(kind('a.xml', '<orders/>')).to.match(/^it is XML/);
  });
});
