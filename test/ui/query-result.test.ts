import { Chalk } from 'chalk';
import { expect } from 'chai';
import { DataplatError } from '../../src/model/errors.js';
import type { QueryRow } from '../../src/operations/query.js';
import { answerWriter, type AnswerFormat } from '../../src/ui/query-result.js';

const columns = [
  { name: 'name', type: 'varchar' },
  { name: 'n', type: 'bigint' },
];
const end = { queryId: 'q1', rowCount: 3, truncated: false, scannedBytes: 9, seconds: 1.5 };

function writer(format: AnswerFormat, onTerminal = false) {
  return answerWriter(format, { chalk: new Chalk({ level: 0 }), onTerminal });
}

/** Pages as they are written, and behind them what ends the answer. */
function written(format: AnswerFormat, pages: readonly (readonly QueryRow[])[]): string[] {
  const one = writer(format);
  return [...pages.map((rows) => one.page(columns, rows)), one.end(end)];
}

describe('an answer', () => {
  it('is one JSON document, whatever number of pages it comes in', () => {
    const [first, second, last] = written('json', [
      [['a', 1]],
      [
        ['b', null],
        ['"', 3],
      ],
    ]);
    expect(first).to.contain('["a",1]');
    expect(second).to.contain('["b",null]').and.not.to.contain('columns');
    const rows = [
      ['a', 1],
      ['b', null],
      ['"', 3],
    ];
    expect(JSON.parse(`${first}${second}${last}`)).to.deep.equal({ columns, rows, ...end });
    expect(JSON.parse(written('json', [[]]).join(''))).to.deep.equal({ columns, rows: [], ...end });
  });

  it('that breaks off is a JSON document too, which says why', () => {
    const one = writer('json');
    const error = new DataplatError('DP4003', 'GetQueryResults: gone');
    expect(one.brokenOff(error)).to.equal(undefined);
    const begun = one.page(columns, [['a', 1]]);
    const document = JSON.parse(`${begun}${one.brokenOff(error)}`) as Record<string, unknown>;
    expect(document['rows']).to.deep.equal([['a', 1]]);
    expect(document['error']).to.include({ code: 'DP4003', message: 'GetQueryResults: gone' });
  });

  it('is CSV with one heading, CRLF, and a null that is told from an empty text', () => {
    expect(
      written('csv', [
        [['a', 1]],
        [
          ['', null],
          ['x,"y"\n', 2],
        ],
      ]),
    ).to.deep.equal(['name,n\r\na,1\r\n', '"",\r\n"x,""y""\n",2\r\n', '']);
  });

  it('is CSV as it is in a file, and without what moves the cursor on a terminal', () => {
    const rows = [['\u001b[31mx', 1]];
    expect(writer('csv').page(columns, rows)).to.contain('\u001b[31mx,1');
    expect(writer('csv', true).page(columns, rows)).to.contain('\\x1b[31mx,1');
  });

  it('is a table whose columns are as wide as its first two thousand rows want, and wider from where they must be', () => {
    const long = 'x'.repeat(9);
    const few = Array.from({ length: 1999 }, () => ['a', 1]);
    const [waiting, first, later, last] = written('table', [few, [['bcdef', 2]], [[long, 10]]]);
    expect(waiting).to.equal('');
    const lines = first?.split('\n') ?? [];
    expect(lines).to.have.length(2002);
    expect(lines.slice(0, 2)).to.deep.equal(['name   n', 'a      1']);
    expect(lines.slice(-2)).to.deep.equal(['bcdef  2', '']);
    expect(later).to.equal('');
    expect(last).to.equal(`${long}  10\n`);
  });

  it('is a table with its heading where there are no rows, and nothing where there are no columns', () => {
    expect(written('table', [[]])).to.deep.equal(['', 'name  n\n']);
    const none = writer('table');
    expect([none.page([], []), none.end(end)]).to.deep.equal(['', '']);
  });

  it('is a table in which others move no cursor', () => {
    const one = writer('table');
    one.page([{ name: 'n\u001b[1m', type: 'varchar' }], [['\u001b[31mx\r\n']]);
    expect(one.end(end)).to.equal('n\\x1b[1m\n\\x1b[31mx\\r\\n\n');
  });
});
