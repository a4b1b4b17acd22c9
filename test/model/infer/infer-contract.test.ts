import { expect } from 'chai';
import { layoutOf } from '../../../src/model/infer/csv-layout.js';
import { columnNames, tableOfFile } from '../../../src/model/infer/column-names.js';
import { withEntry } from '../../../src/model/infer/declared-entry.js';
import { DeliveryProfile } from '../../../src/model/infer/delivery-profile.js';
import { inferColumns, keyCandidates } from '../../../src/model/infer/infer-contract.js';
import { membersOf } from '../../../src/model/infer/json-members.js';
import { likelyKey } from '../../../src/model/infer/likely-key.js';

const nothing = { formats: {}, decimals: {} };

function layout(...lines: string[]): string {
  const found = layoutOf(lines, nothing);
  if ('questions' in found) return found.questions.map(({ about }) => `${about}?`).join();
  const { delimiter, hasHeader, names } = found.layout;
  return `${delimiter} ${hasHeader ? 'header' : 'rows'} ${names.join(' ')}`;
}

describe('the layout of a CSV file', () => {
  it('is told by lines that have as many fields each', () => {
    expect(layout('id;amount', '1;2,5', '2;3,5')).to.equal('; header id amount');
    expect(layout('id\tname', '1\ta, b|c')).to.equal('\t header id name');
    expect(layout('id', '1', '2')).to.equal(', header id');
    expect(layout('a|b,c', '1|2,3')).to.equal('delimiter?');
    expect(layout('a;b', '1;2;3', '1')).to.equal('delimiter?');
  });

  it('has a header where texts stand above values, none where values come first, else it is asked for', () => {
    expect(layout('1,Ann', '2,Bob')).to.equal(', rows column_1 column_2');
    expect(layout('who,since', 'Ann,2026-01-05')).to.equal(', header who since');
    expect(layout('first_name,town', 'Ann,Bonn')).to.equal(', header first_name town');
    expect(layout('Ann,Bonn', 'Bob,Ulm')).to.equal('header?');
    // A year may be what a column is called.
    expect(layout('shop,2025', 'Bonn,7', 'Ulm,8')).to.equal(', rows column_1 column_2');
    expect(layout('id,2025', '1,7', '2,8')).to.equal('header?');
    expect(layout('id,,name', '1,2,a')).to.equal('header?');
  });
});

describe('fields of JSON', () => {
  it('come as they are written', () => {
    expect(
      membersOf('{"a":12345678901234567890,"b":1.10,"c":"x\\"}","d":{"e":[1]},"f":null,"g":true}'),
    ).to.deep.equal([
      { name: 'a', text: '12345678901234567890', kind: 'number' },
      { name: 'b', text: '1.10', kind: 'number' },
      { name: 'c', text: 'x"}', kind: 'text' },
      { name: 'd', text: '{"e":[1]}', kind: 'nested' },
      { name: 'f', text: null, kind: 'null' },
      { name: 'g', text: 'true', kind: 'boolean' },
    ]);
  });

  it('are none where there is no object, or a name twice', () => {
    for (const text of ['[]', '{"a":1', '{"a":1}{', '{"a":1,"\\u0061":2}', '7'])
      expect(membersOf(text), text).to.equal(undefined);
    expect(membersOf('{"a":{"b":1},"b":2}')?.map(({ name }) => name)).to.deep.equal(['a', 'b']);
  });
});

describe('names', () => {
  it('of columns are small letters, each another one', () => {
    expect([
      ...columnNames(['Größe (cm)', 'orderId', 'HTTPCode', '2nd', '%', 'a b', 'a_b', 'ingest_date']),
    ]).to.deep.equal([
      ['Größe (cm)', 'groesse_cm'],
      ['orderId', 'order_id'],
      ['HTTPCode', 'http_code'],
      ['2nd', 'column_2nd'],
      ['%', 'column'],
      ['a b', 'a_b_2'],
      ['a_b', 'a_b'],
      ['ingest_date', 'source_ingest_date'],
    ]);
  });

  it('of tables are those of files without their day', () => {
    expect(
      ['/x/Customers_2026-01-05.csv', 'orders.jsonl.gz', '20260105-stock-levels.txt', '2026.csv'].map(
        tableOfFile,
      ),
    ).to.deep.equal(['customers', 'orders', 'stock_levels', 'column_2026']);
  });
});

describe('what is likely', () => {
  const inferred = (...lines: string[]): ReturnType<typeof inferColumns>['columns'] => {
    const found = layoutOf(lines, nothing);
    if ('questions' in found) throw new Error('a layout was expected');
    return inferColumns(DeliveryProfile.ofCsv(lines, found.layout), nothing).columns;
  };

  it('the key is a column that is called like one and has each value once', () => {
    const columns = inferred('amount,shop_id,order_id', '1,7,1', '2,7,2', '3,8,3');
    expect(likelyKey(keyCandidates(columns), 'orders')).to.equal('order_id');
    const others = inferred('amount,shop_id,order_id', '1,7,1', '1,7,1', '3,8,');
    expect(likelyKey(keyCandidates(others), 'orders')).to.equal(undefined);
  });

  it('personal data is found by its name and by itself', () => {
    const columns = inferred(
      'id,contact,who_pays,DateOfBirth,tel,note',
      '1,ann@example.com,DE89 3704 0044 0532 0130 00,1985-12-31,+49 30 1234567,x@y',
      '2,bob@example.com,GB82WEST12345698765432,1990-01-01,+49 30 7654321,none of it',
      '3,,GB82WEST12345698765432,1990-01-01,,none of it',
    );
    expect(
      columns.flatMap(({ name, personal }) => (personal === undefined ? [] : [`${name}: ${personal}`])),
    ).to.deep.equal([
      'contact: an e-mail address',
      'who_pays: an IBAN',
      'date_of_birth: a date of birth',
      'tel: a phone number',
    ]);
    // Another figure, and it is no IBAN.
    expect(inferred('id,x', '1,DE88370400440532013000')[1]?.personal).to.equal(undefined);
  });
});

describe('an entry of a file of YAML', () => {
  const file = '# top\nsources:\n  a: { x: [1,2] } # one\n  b:\n    y: 1   # two\n\n# jobs\njobs:\n  j: 1\n';

  it('is added behind the last, and all else stays', () => {
    expect(withEntry(file, 'sources', 'c', ['x: 1', 'y: 2'])).to.equal(
      file.replace('# two\n', '# two\n  c:\n    x: 1\n    y: 2\n'),
    );
    expect(withEntry(file, 'jobs', 'k', ['2'])).to.equal(`${file}  k: 2\n`);
    expect(withEntry(file.trimEnd(), 'jobs', 'k', ['2'])).to.equal(`${file}  k: 2\n`);
  });

  it('takes the place of one of its name', () => {
    expect(withEntry(file, 'sources', 'a', ['7'])).to.equal(file.replace('a: { x: [1,2] } # one', 'a: 7'));
    expect(withEntry(file, 'sources', 'b', ['y: 2', 'z: 3'])).to.equal(
      file.replace('    y: 1   # two\n', '    y: 2\n    z: 3\n'),
    );
  });

  it('begins a section', () => {
    expect(withEntry('a: 1\nsources: {}\nb: 2 # c\n', 'sources', 'c', ['x: 1', 'y: 2'])).to.equal(
      'a: 1\nsources:\n  c:\n    x: 1\n    y: 2\nb: 2 # c\n',
    );
    expect(withEntry('a: 1\n', 'sources', 'c', ['{ kind: files }'])).to.equal(
      'a: 1\nsources:\n  c:\n    kind: files\n',
    );
  });
});
