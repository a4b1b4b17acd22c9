import { expect } from 'chai';
import { AvroBytes } from '../../../src/model/infer/avro-bytes.js';
import { avroColumns } from '../../../src/model/infer/avro-columns.js';

const record = (...fields: unknown[]): unknown => ({
  type: 'record',
  name: 'Row',
  namespace: 'shop',
  fields: fields.map((type, index) => ({ name: `f${index}`, type })),
});

/** The examples of the specification of Avro 1.11. */
describe('bytes of Avro', () => {
  it('are whole numbers with their sign as the lowest bit', () => {
    const bytes = new AvroBytes(Buffer.from('000102037f8001', 'hex'));
    expect([1, 2, 3, 4, 5, 6].map(() => bytes.long())).to.deep.equal([0n, -1n, 1n, -2n, -64n, 64n]);
    const limits = new AvroBytes(Buffer.from('feffffffffffffffff01ffffffffffffffffff01', 'hex'));
    expect([limits.long(), limits.long()]).to.deep.equal([2n ** 63n - 1n, -(2n ** 63n)]);
  });

  it('are read no further than they go', () => {
    for (const [bytes, said] of [
      ['80', 'a value goes on behind the end'],
      ['ffffffffffffffffffff01', 'a number has no end'],
    ] as const)
      expect(() => new AvroBytes(Buffer.from(bytes, 'hex')).long()).to.throw(said);
    expect(() => new AvroBytes(Buffer.from('0661', 'hex')).next()).to.throw('behind the end');
    expect(() => new AvroBytes(Buffer.from('01', 'hex')).next()).to.throw('behind the end');
    expect(() => new AvroBytes(Buffer.from('feffffff0f', 'hex')).blocks(() => undefined)).to.throw(
      'a list goes on behind the end',
    );
  });
});

describe('columns of Avro', () => {
  it('are what Spark makes of them', () => {
    const columns = avroColumns(
      record(
        ['null', 'string'],
        ['int', 'null', 'long'],
        ['float', 'double'],
        ['int', 'string'],
        ['null', { type: 'long', logicalType: 'local-timestamp-millis' }],
        { type: 'bytes', logicalType: 'decimal', precision: 5, scale: 2 },
        { type: 'fixed', name: 'Hash', size: 2 },
        'shop.Hash',
        { type: 'enum', name: 'Kind', symbols: ['A', 'B'] },
        'Kind',
        { type: { type: 'string' } },
        'null',
      ),
    );
    expect(
      columns.map(({ kind, type, isNullable }) => `${kind}: ${type}${isNullable ? '?' : ''}`),
    ).to.deep.equal([
      'text: string?',
      'integer: bigint?',
      'typed: double',
      'left out: objects?',
      'local time: timestamp?',
      'typed: decimal(5,2)',
      'left out: bytes?',
      'left out: bytes?',
      'text: string',
      'text: string',
      'text: string',
      'text: string?',
    ]);
    const bytes = new AvroBytes(
      Buffer.concat([
        Buffer.from('0206666f6f', 'hex'), // "foo", the specification's
        Buffer.from('02', 'hex'), // nothing
        Buffer.from('02000000000000f83f', 'hex'), // 1.5
        Buffer.from('0002', 'hex'), // 1, which is left out
        Buffer.from('0202', 'hex'), // a millisecond
        Buffer.from('04ff85', 'hex'), // -123
        Buffer.from('0102', 'hex'),
        Buffer.from('0304', 'hex'),
        Buffer.from('02', 'hex'), // B
        Buffer.from('00', 'hex'), // A
        Buffer.from('00', 'hex'), // ""
      ]),
    );
    expect(columns.map(({ next }) => next(bytes)?.text)).to.deep.equal([
      'foo',
      undefined,
      '1.5',
      undefined,
      '1970-01-01T00:00:00.001000',
      '-123',
      undefined,
      undefined,
      'B',
      'A',
      '',
      undefined,
    ]);
    expect(bytes.left).to.equal(0);
  });

  it('are refused where no run reads them', () => {
    for (const [schema, said] of [
      ['string', 'it holds no records but strings'],
      [['null', 'int'], 'it holds no records but unions'],
      [null, 'it holds no records'],
      [record('Unknown'), 'its schema knows no "Unknown"'],
      [record({ type: 'array', items: 'Row' }), 'its column "f0" has records within themselves'],
      [
        record({ type: 'bytes', logicalType: 'decimal', precision: 39 }),
        'its column "f0" has decimals of 39 figures',
      ],
    ] as const)
      expect(() => avroColumns(schema), said).to.throw(said);
  });
});
