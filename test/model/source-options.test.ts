import { expect } from 'chai';
import { validateProject } from '../../src/model/read-platform.js';
import { edited, lineOf, projectWith } from './project.js';

const lineage = 'config/shared/lineage.yaml';
const asItStands = 'options: { header: true, multiLine: true }';
const line = lineOf(lineage, asItStands);

const problemsWith = (text: string): string[] =>
  validateProject(projectWith({ [lineage]: text })).problems.map(
    ({ location, message, hint }) =>
      `${location.file}:${location.line}:${location.column} ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );

/** Of the first source with other options, without the path of the file. */
const problemsOf = (options: string): string[] =>
  problemsWith(edited(lineage, asItStands, `options: ${options}`)).map((text) =>
    text.replace(`${lineage}:${line}:`, ''),
  );

describe('the options of a source', () => {
  it('say how files are written, all of them or none', () => {
    expect(problemsOf('{}')).to.deep.equal([]);
    expect(
      problemsOf(
        `{ encoding: windows-1252, delimiter: ';', quote: "'", escape: '\\', header: false, columns: [shop_id, a], skipRows: 2, comment: '#', nulls: ['\\N', 'NULL', N/A, ''] }`,
      ),
    ).to.deep.equal([]);
    expect(problemsOf(`{ delimiter: "\\t", quote: '' }`)).to.deep.equal([]);
  });

  it('that are not known, or of another type, are named with their place and what was meant', () => {
    expect(problemsOf(`{ delimeter: ';' }`)).to.deep.equal([
      '16 unknown key "sources.shops.options.delimeter" (did you mean "delimiter"?)',
    ]);
    expect(problemsOf(`{ skipRows: two }`)).to.deep.equal([
      '26 "sources.shops.options.skipRows" is "two" (expected a number)',
    ]);
    expect(problemsOf(`{ nulls: '\\N' }`)).to.deep.equal([
      '23 "sources.shops.options.nulls" is "\\\\N" (expected a list)',
    ]);
    expect(problemsOf(`{ nulls: [NULL] }`)).to.deep.equal([
      `24 "sources.shops.options.nulls[0]" is empty (expected a text, in quotes: 'NULL')`,
    ]);
    expect(problemsOf(`{ delimiter: '||' }`)).to.deep.equal([
      '27 "sources.shops.options.delimiter" is "||" (one letter, for example ";" or "\\t")',
    ]);
    expect(problemsOf(`{ encoding: cp-1252 }`)[0]).to.match(
      /^26 "sources\.shops\.options\.encoding" is "cp-1252" \(expected utf-8, .*windows-1252.* or euc-kr\)$/,
    );
  });

  it('name the fields of files that do not, and only of these', () => {
    expect(problemsOf('{ header: false }')).to.deep.equal([
      '24 "sources.shops.options.header" is false (name the fields in their order: columns: [id, name])',
    ]);
    expect(problemsOf('{ columns: [shop_id] }')).to.deep.equal([
      '25 "sources.shops.options.columns" is a list (the header names the fields: say header: false, or take it out)',
    ]);
    expect(problemsOf('{ header: false, columns: [shop_id, a, A] }')).to.deep.equal([
      '53 "sources.shops.options.columns[2]" is "A" (a name that stands once)',
    ]);
  });

  it('do not let one letter mean two things', () => {
    expect(problemsOf(`{ delimiter: '"' }`)).to.deep.equal([
      '27 "sources.shops.options.delimiter" is "\\"" (quote and delimiter are two letters)',
    ]);
    expect(problemsOf(`{ quote: '', escape: '\\' }`)).to.deep.equal([
      '35 "sources.shops.options.escape" is "\\\\" (nothing is escaped where no field is quoted)',
    ]);
    expect(problemsOf(`{ escape: '"' }`)).to.deep.equal([
      '24 "sources.shops.options.escape" is "\\"" (a quote twice is read without it: take it out)',
    ]);
    expect(problemsOf(`{ comment: ',' }`)).to.deep.equal([
      '25 "sources.shops.options.comment" is "," (it begins as a record may: with the delimiter or a quote)',
    ]);
  });

  it('are those that the format has', () => {
    const json = (options: string): string[] =>
      problemsWith(
        edited(
          lineage,
          'path: queue/orders/{date}/',
          `path: queue/orders/{date}/\n    options: { ${options} }`,
        ),
      ).map((text) => text.replace(/^\S+ /, ''));
    expect(json("array: false, nulls: ['NULL']")).to.deep.equal([
      '"sources.order_events.options.array" is false (expected no such option of what a stream reads: take it out)',
    ]);
    expect(json("nulls: ['NULL']")).to.deep.equal([]);
    expect(problemsOf('{ array: true }')).to.have.lengthOf(1);
    expect(json("delimiter: ';'")).to.deep.equal([
      '"sources.order_events.options.delimiter" is ";" (no option of json, which has include, exclude, completeWhen, encoding, array, nulls)',
    ]);
  });

  it('are few of files whose values have types', () => {
    for (const format of ['parquet', 'avro']) {
      const typed = (options: string): string[] =>
        problemsWith(
          edited(lineage, `format: csv`, `format: ${format}`).replace(asItStands, `options: ${options}`),
        ).map((text) => text.replace(`${lineage}:${line}:`, ''));
      expect(typed(`{ include: ['*.${format}'], exclude: [a], nulls: [n/a] }`)).to.deep.equal([]);
      expect(typed(`{ delimiter: ';' }`)).to.deep.equal([
        `27 "sources.shops.options.delimiter" is ";" (no option of ${format}, which has include, exclude, completeWhen, nulls)`,
      ]);
    }
  });

  it('say which sheet of a workbook is read, and from where', () => {
    const sheets = (options: string): string[] =>
      problemsWith(
        edited(lineage, 'format: csv', 'format: xlsx').replace(asItStands, `options: ${options}`),
      ).map((text) => text.replace(`${lineage}:${line}:`, ''));
    expect(sheets('{ sheet: Orders 2026, skipRows: 2, nulls: ["#N/A"] }')).to.deep.equal([]);
    expect(sheets('{ header: false, columns: [shop_id, a] }')).to.deep.equal([]);
    expect(sheets('{ columns: [shop_id] }')).to.deep.equal([
      '25 "sources.shops.options.columns" is a list (the header names the fields: say header: false, or take it out)',
    ]);
    expect(sheets('{ sheet: a, encoding: utf-8 }')).to.deep.equal([
      '36 "sources.shops.options.encoding" is "utf-8" (no option of xlsx, which has include, exclude, completeWhen, sheet, header, columns, skipRows, nulls)',
    ]);
    expect(problemsOf('{ sheet: a }')).to.have.lengthOf(1);
  });

  it('say which files of the folder are delivered', () => {
    expect(problemsOf("{ include: [shops_*.csv], exclude: ['*.md5', archive] }")).to.deep.equal([]);
    expect(problemsOf('{ include: [] }')).to.have.lengthOf(1);
    expect(problemsOf('{ exclude: [a/b.csv] }')).to.deep.equal([
      '26 "sources.shops.options.exclude[0]" is "a/b.csv" (the name of a file, with * and ? for any letters and one)',
    ]);
  });

  it('say what has to be there before a run begins', () => {
    expect(problemsOf('{ completeWhen: { marker: _SUCCESS } }')).to.deep.equal([]);
    expect(
      problemsOf(
        `{ completeWhen: { marker: '{file}.ok', count: '{stem}.n', md5: MD5SUMS, sha256: 'a-{file}' } }`,
      ),
    ).to.deep.equal([]);
    expect(problemsOf('{ completeWhen: {} }')).to.deep.equal([
      '30 "sources.shops.options.completeWhen" is a map (one or more of marker, count, md5, sha256)',
    ]);
    for (const wrong of ['{file}', 'done/{file}', '{date}.ok', '{file}{file}'])
      expect(problemsOf(`{ completeWhen: { marker: '${wrong}' } }`)).to.deep.equal([
        `40 "sources.shops.options.completeWhen.marker" is "${wrong}" (the name of a file, or of one beside each, with {file} for that file's name or {stem} for it without its ending: _SUCCESS, "{file}.md5")`,
      ]);
    expect(problemsOf('{ completeWhen: { marker: a, manifest: a } }')).to.have.lengthOf(1);
    const documents = edited(lineage, 'format: csv', 'format: xml');
    expect(
      problemsWith(documents.replace(asItStands, 'options: { completeWhen: { count: _COUNT } }'))[0],
    ).to.contain('no count: a document of XML has no rows');
  });

  it('are none of a stream that it reads nothing by', () => {
    const stream = (options: string): string[] =>
      problemsWith(
        edited(
          lineage,
          'path: queue/orders/{date}/',
          `path: queue/orders/{date}/\n    options: { ${options} }`,
        ),
      ).map((text) => text.replace(/^\S+ /, ''));
    expect(stream("encoding: utf-16, include: ['*.jsonl']")).to.deep.equal([
      '"sources.order_events.options.encoding" is "utf-16" (expected utf-8: a stream reads no other)',
      '"sources.order_events.options.include" is ["*.jsonl"] (expected no such option of what a stream reads: take it out)',
    ]);
    expect(stream('encoding: utf-8')).to.deep.equal([]);
    expect(
      problemsWith(edited(lineage, 'format: json #', 'format: parquet #')).map((text) =>
        text.replace(/^\S+ /, ''),
      ),
    ).to.deep.equal([
      '"sources.order_events.format" is "parquet" (expected json: a stream reads messages, one a line where they are in files)',
    ]);
  });
});
