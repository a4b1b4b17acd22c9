import { expect } from 'chai';
import type { Queries, QueryStatus } from '../../src/aws/queries.js';
import { DataplatError } from '../../src/model/errors.js';
import {
  query,
  rowsOf,
  type QueryEnd,
  type QueryOptions,
  type QueryRow,
} from '../../src/operations/query.js';
import { bindParameters } from '../../src/operations/sql-parameters.js';
import { loadPlatform } from '../../src/project/load-platform.js';
import { collect, failureOf } from './collect.js';
import { smallPlatform } from '../small-platform.js';

const { environment } = loadPlatform(smallPlatform, 'local', {}, {});
const pause = (): Promise<void> => Promise.resolve();

/** Athena in memory: pages of at most `pageSize` rows, the heading among them. */
function athena(
  columns: [name: string, type: string][],
  rows: (string | undefined)[][],
  statuses: Partial<QueryStatus>[] = [{}],
  pageSize = 1000,
): Queries & { readonly calls: unknown[] } {
  const all = [columns.map(([name]) => name), ...rows];
  const calls: unknown[] = [];
  return {
    calls,
    start: ({ sql, database, workgroup }) => {
      calls.push({ sql, database, workgroup });
      return Promise.resolve('q1');
    },
    status: () => {
      const status = statuses.length > 1 ? statuses.shift() : statuses[0];
      return Promise.resolve({
        state: 'SUCCEEDED',
        reason: '',
        scannedBytes: 9,
        milliseconds: 1500,
        ...status,
      });
    },
    page: (_id, token, most = 1000) => {
      const begin = Number(token ?? 0);
      const end = begin + Math.min(pageSize, most);
      return Promise.resolve({
        columns: columns.map(([name, type]) => ({ name, type })),
        rows: all.slice(begin, end),
        ...(end < all.length && { next: String(end) }),
      });
    },
    stop: (id) => {
      calls.push(`stop ${id}`);
      return Promise.resolve();
    },
  };
}

/** Asks, and keeps all rows that are handed over. */
async function asked(
  queries: Queries,
  options: Omit<QueryOptions, 'take'>,
): Promise<{ rows: QueryRow[]; end: QueryEnd; events: Awaited<ReturnType<typeof collect>>['events'] }> {
  const rows: QueryRow[] = [];
  const take: QueryOptions['take'] = (_, page) => rows.push(...page);
  const { result, events } = await collect(query(environment, { queries }, { pause, ...options, take }));
  return { rows, end: result, events };
}

describe('query', () => {
  it('asks in the workgroup and the bronze database, and gives values their types', async () => {
    const queries = athena(
      [
        ['n', 'bigint'],
        ['big', 'bigint'],
        ['x', 'double'],
        ['ok', 'boolean'],
        ['sum', 'decimal'],
        ['day', 'date'],
        ['none', 'varchar'],
      ],
      [['3', '9007199254740993', '0.5', 'true', '12.30', '2026-01-05', undefined]],
      [{ state: 'QUEUED' }, { state: 'RUNNING' }, {}],
    );
    const { rows, end, events } = await asked(queries, { sql: 'SELECT 1' });
    expect(rows).to.deep.equal([[3, '9007199254740993', 0.5, true, '12.30', '2026-01-05', null]]);
    expect(end).to.deep.equal({
      queryId: 'q1',
      rowCount: 1,
      truncated: false,
      scannedBytes: 9,
      seconds: 1.5,
    });
    expect(queries.calls).to.deep.equal([
      { sql: 'SELECT 1', database: 'roastery_local_bronze', workgroup: 'roastery-local' },
    ]);
    expect(events.flatMap((event) => (event.type === 'progress' ? [event.detail] : []))).to.deep.equal([
      'QUEUED',
      'RUNNING',
    ]);
  });

  it('fetches every page, or as many rows as are wanted, and says whether there are more', async () => {
    const rows = Array.from({ length: 25 }, (_, index) => [String(index)]);
    const ask = (limit: number) => asked(athena([['n', 'integer']], rows, [{}], 10), { sql: '', limit });
    const all = await ask(0);
    expect(all.rows.map(([value]) => value)).to.deep.equal(rows.map(([value]) => Number(value)));
    expect(all.end).to.include({ rowCount: 25, truncated: false });
    expect((await ask(25)).end.truncated).to.be.false;
    const some = await ask(12);
    expect(some.rows).to.have.length(12);
    expect(some.rows[11]).to.deep.equal([11]);
    expect(some.end).to.include({ rowCount: 12, truncated: true });
  });

  it('hands a page over before it asks for the next one', async () => {
    const rows = Array.from({ length: 25 }, (_, index) => [String(index)]);
    const queries = athena([['n', 'integer']], rows, [{}], 10);
    const order: string[] = [];
    const page: Queries['page'] = (...words) => {
      order.push('asked');
      return queries.page(...words);
    };
    await collect(
      query(
        environment,
        { queries: { ...queries, page } },
        { sql: '', limit: 0, pause, take: (_, taken) => order.push(`${taken.length} taken`) },
      ),
    );
    expect(order).to.deep.equal(['asked', '9 taken', 'asked', '10 taken', 'asked', '6 taken']);
  });

  it('asks for no more pages once it is interrupted', async () => {
    const rows = Array.from({ length: 25 }, (_, index) => [String(index)]);
    const controller = new AbortController();
    let taken = 0;
    const error = await failureOf(
      collect(
        query(
          environment,
          { queries: athena([['n', 'integer']], rows, [{}], 10) },
          {
            ...{ sql: '', limit: 0, pause, signal: controller.signal },
            take: (_, page) => {
              taken += page.length;
              controller.abort();
            },
          },
        ),
      ),
    );
    expect(error).to.have.property('code', 'DP1008');
    expect(taken).to.equal(9);
  });

  it("shows Athena's reason and the place in the query", async () => {
    const reason = "COLUMN_NOT_FOUND: line 2:8: Column 'contry' cannot be resolved";
    const queries = athena([], [], [{ state: 'FAILED', reason }]);
    const sql = '-- remark\nSELECT contry FROM t';
    const error = await failureOf(asked(queries, { sql, title: 'mine' }));
    expect(error).to.be.instanceOf(DataplatError).with.property('code', 'DP7001');
    expect((error as DataplatError).message).to.equal(`mine: ${reason}`);
    expect((error as DataplatError).details.excerpt).to.deep.equal(['SELECT contry FROM t', '       ^']);
    expect((error as DataplatError).details.data).to.include({ line: 2, column: 8 });
  });

  it('stops the query when it is interrupted', async () => {
    const queries = athena([], [], [{ state: 'RUNNING' }]);
    const controller = new AbortController();
    controller.abort();
    const error = await failureOf(rowsOf(environment, { queries }, { sql: 'x', signal: controller.signal }));
    expect(error).to.have.property('code', 'DP1008');
    expect(queries.calls).to.include('stop q1');
  });
});

describe('parameters of a query', () => {
  it('become literals: numbers as they are, all else quoted', () => {
    const sql = 'SELECT * FROM t WHERE day = DATE {{day}} AND n > {{ n }} AND name = {{name}}';
    expect(bindParameters(sql, { day: '2026-01-05', n: '-1.5', name: "O'Hara'; DROP TABLE t --" })).to.equal(
      "SELECT * FROM t WHERE day = DATE '2026-01-05' AND n > -1.5 AND name = 'O''Hara''; DROP TABLE t --'",
    );
  });

  it('keep the zeros that they begin with, and are texts where their place says so', () => {
    expect(bindParameters('account = {{account}}', { account: '012345678901' })).to.equal(
      "account = '012345678901'",
    );
    expect(
      bindParameters('{{a:text}} {{ b : text }} {{c}} {{d:date}} {{e:timestamp}} {{f:number}}', {
        ...{ a: '210987654321', b: "'", c: '-0.50' },
        ...{ d: '2026-01-05', e: '2026-01-05 10:00:00.5', f: '012' },
      }),
    ).to.equal("'210987654321' '''' -0.50 DATE '2026-01-05' TIMESTAMP '2026-01-05 10:00:00.5' 012");
  });

  it('are refused where they are not what their place says, or it says nothing that is known', () => {
    const bind = (place: string, value: string) => () => bindParameters(`SELECT ${place}`, { x: value });
    expect(bind('{{x:number}}', '1; DROP TABLE t')).to.throw(/"1; DROP TABLE t" is no number/);
    expect(bind('{{x:date}}', '05.01.2026')).to.throw(/is no date, which {{x:date}} wants, as 2026-01-05/);
    expect(bind('{{x:constructor}}', '1')).to.throw(/names no type; there is: text, number/);
    expect(() => bindParameters('SELECT {{toString}}', {})).to.throw(/wants a value for toString/);
  });

  it('are not looked for in what another one holds, nor in remarks', () => {
    expect(bindParameters('-- {{x}}\nSELECT {{a}} /* {{y}} */', { a: '{{b}}' })).to.equal(
      "-- {{x}}\nSELECT '{{b}}' /* {{y}} */",
    );
  });

  it('must each have a value and a place, and no quotes around them', () => {
    const message = (sql: string, values: Record<string, string>): string => {
      try {
        return bindParameters(sql, values);
      } catch (error) {
        expect(error).to.have.property('code', 'DP1001');
        return (error as Error).message;
      }
    };
    expect(message('SELECT {{a}}, {{b}}', { a: '1' })).to.contain('b');
    expect(message('SELECT {{a}}', { a: '1', c: '2' })).to.contain('no place for c');
    expect(message("SELECT '{{a}}'", { a: '1' })).to.contain('inside quotes');
    expect(message("SELECT 'it''s -- no remark', {{a}}", { a: '1' })).to.equal(
      "SELECT 'it''s -- no remark', 1",
    );
  });
});
