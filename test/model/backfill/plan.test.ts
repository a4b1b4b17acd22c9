import { expect } from 'chai';
import fc from 'fast-check';
import { jobsToBackfill, type Selection } from '../../../src/model/backfill/jobs.js';
import {
  inputsOf,
  keyOf,
  planBackfill,
  reprocessings,
  type PastRun,
  type PlanRequest,
} from '../../../src/model/backfill/plan.js';
import { datesBetween } from '../../../src/model/date.js';
import { DataplatError } from '../../../src/model/errors.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { smallPlatform } from '../../small-platform.js';
import { declarationOf, type Sketch } from './declarations.js';

const release = '0123456789abcdef';
const january = datesBetween('2026-01-01', '2026-01-03');

const succeeded = (startedAt: number, ran = release): PastRun => ({
  runId: `run-${startedAt}`,
  state: 'succeeded',
  release: ran,
  startedAt,
  endedAt: startedAt + 10,
});

/** Jobs that read only from earlier ones; some write whole tables, some stream. */
const sketches = fc
  .array(
    fc.record({
      reads: fc.array(fc.nat({ max: 30 }), { maxLength: 3 }),
      kind: fc.constantFrom<Sketch['kind']>('dated', 'dated', 'dated', 'whole', 'merge', 'stream'),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((jobs) =>
    jobs.map(({ reads, kind }, index): Sketch => ({
      id: `job_${String((index * 7) % jobs.length).padStart(2, '0')}_${index}`,
      kind,
      reads: index === 0 ? [] : [...new Set(reads.map((one) => one % index))],
    })),
  );

const pasts = fc.constantFrom<(at: number) => PastRun | undefined>(
  () => undefined,
  (at) => succeeded(at),
  (at) => succeeded(at, 'ffffffffffffffff'),
  (at) => ({ ...succeeded(at), state: 'failed' }),
  (at) => ({ ...succeeded(at), state: 'active' }),
);

const requests = fc
  .record({
    sketch: sketches,
    start: fc.nat(),
    days: fc.integer({ min: 1, max: 5 }),
    reprocess: fc.constantFrom(...reprocessings),
    backwards: fc.boolean(),
    downstream: fc.boolean(),
    fates: fc.array(fc.tuple(pasts, fc.integer({ min: 1, max: 1000 })), { minLength: 1, maxLength: 40 }),
  })
  .map(
    ({ sketch, start, days, fates, downstream, ...rest }): { request: PlanRequest; selection: Selection } => {
      const declaration = declarationOf(sketch);
      const runnable = sketch.filter(({ kind }) => kind !== 'stream');
      const named = runnable[start % Math.max(1, runnable.length)];
      const selection: Selection = named
        ? jobsToBackfill(declaration, named.id, downstream)
        : { jobs: [], leftOut: [] };
      const dates = datesBetween('2026-02-26', '2026-03-02').slice(0, days);
      const known = new Map<string, PastRun | undefined>();
      const order = declaration.graph.order.map(({ id }) => id);
      return {
        selection,
        request: {
          ...rest,
          selection,
          dates,
          release,
          history: (job, date) => {
            const key = keyOf({ job, date });
            if (!known.has(key)) {
              const place = order.indexOf(job) * 31 + dates.indexOf(date);
              const [past, at] = fates[place % fates.length] ?? [() => undefined, 0];
              known.set(key, past(at));
            }
            return known.get(key);
          },
        },
      };
    },
  );

describe('the plan of a backfill', () => {
  it('has every pair of the range once, run or skipped', () => {
    fc.assert(
      fc.property(requests, ({ request, selection }) => {
        const plan = planBackfill(request);
        const expected = selection.jobs
          .flatMap(({ id, once }) =>
            (once ? request.dates.slice(-1) : request.dates).map((date) => `${id} ${date}`),
          )
          .sort();
        expect([...plan.pairs, ...plan.skipped].map(keyOf).sort()).to.deep.equal(expected);
      }),
    );
  });

  it('runs nothing before what it reads from, in whichever direction', () => {
    fc.assert(
      fc.property(requests, ({ request, selection }) => {
        const { pairs } = planBackfill(request);
        const place = new Map(pairs.map((pair, index) => [keyOf(pair), index]));
        const inputs = inputsOf(selection.jobs, request.dates);
        for (const [index, pair] of pairs.entries())
          for (const input of inputs(pair)) expect(place.get(keyOf(input)) ?? -1).to.be.below(index);
      }),
    );
  });

  it('selects with --downstream all that can be reached from the job, and without it the job alone', () => {
    fc.assert(
      fc.property(sketches, fc.nat(), (sketch, start) => {
        const named = start % sketch.length;
        if (sketch[named]?.kind === 'stream') return;
        const reached = new Set([named]);
        sketch.forEach(({ reads }, index) => {
          if (reads.some((read) => reached.has(read))) reached.add(index);
        });
        const ids = (indices: Iterable<number>): string[] =>
          [...indices]
            .filter((index) => sketch[index]?.kind !== 'stream')
            .map((index) => sketch[index]?.id ?? '')
            .sort();
        const declaration = declarationOf(sketch);
        const of = (downstream: boolean): string[] =>
          jobsToBackfill(declaration, sketch[named]?.id ?? '', downstream)
            .jobs.map(({ id }) => id)
            .sort();
        expect(of(true)).to.deep.equal(ids(reached));
        expect(of(false)).to.deep.equal(ids([named]));
      }),
    );
  });

  it('keeps to --reprocess exactly', () => {
    fc.assert(
      fc.property(requests, ({ request, selection }) => {
        const { pairs, skipped } = planBackfill(request);
        const { history, reprocess } = request;
        const runs = new Set(pairs.map(keyOf));
        const missing = new Set(skipped.filter(({ reason }) => reason !== 'done').map(keyOf));
        const inputs = inputsOf(selection.jobs, request.dates);
        const stale = (job: string, date: string): boolean => {
          const past = history(job, date);
          const read = selection.jobs.find(({ id }) => id === job);
          const dates = read?.once === true ? request.dates : [date];
          return (
            past?.release !== release ||
            inputs({ job, date }).some((input) => runs.has(keyOf(input))) ||
            (read?.reads ?? []).some((name) =>
              dates.some((each) => (history(name, each)?.endedAt ?? 0) > past.startedAt),
            )
          );
        };
        for (const pair of [...pairs, ...skipped]) {
          const past = history(pair.job, pair.date);
          const blocked = inputs(pair).some((input) => missing.has(keyOf(input)));
          const wanted =
            past === undefined ||
            (past.state === 'failed' && reprocess !== 'none') ||
            (past.state === 'succeeded' && (reprocess === 'completed' || stale(pair.job, pair.date)));
          expect(runs.has(keyOf(pair)), keyOf(pair)).to.equal(wanted && !blocked);
        }
      }),
    );
  });

  it('runs what writes a whole table once, for the last date, when all dates of its inputs are there', () => {
    const declaration = declarationOf([
      { id: 'orders', kind: 'dated', reads: [] },
      { id: 'summary', kind: 'whole', reads: [0] },
    ]);
    const plan = planBackfill({
      selection: jobsToBackfill(declaration, 'orders', true),
      dates: january,
      reprocess: 'none',
      backwards: true,
      release,
      history: () => undefined,
    });
    expect(plan.pairs.map(keyOf)).to.deep.equal([
      'orders 2026-01-03',
      'orders 2026-01-02',
      'orders 2026-01-01',
      'summary 2026-01-03',
    ]);
  });

  it('waits by way of a job that is not part of it', () => {
    const declaration = declarationOf([
      { id: 'a', kind: 'dated', reads: [] },
      { id: 'b', kind: 'stream', reads: [0] },
      { id: 'c', kind: 'dated', reads: [1] },
    ]);
    const { jobs, leftOut } = jobsToBackfill(declaration, 'a', true);
    expect(jobs.map(({ id, after }) => [id, after])).to.deep.equal([
      ['a', []],
      ['c', ['a']],
    ]);
    expect(leftOut.map(({ job }) => job)).to.deep.equal(['b']);
  });

  it('is refused for a stream, with the reason, and for a name of nothing', () => {
    const declaration = declarationOf([{ id: 'clicks', kind: 'stream', reads: [] }]);
    expect(() => jobsToBackfill(declaration, 'clicks', false))
      .to.throw(DataplatError, /checkpoint/)
      .with.property('code', 'DP1009');
    expect(() => jobsToBackfill(declaration, 'bronce', false))
      .to.throw(DataplatError, /bronze/)
      .with.property('code', 'DP1004');
  });

  it("takes bronze's batch jobs, and leaves the stream out with the reason", () => {
    const { jobs, leftOut } = jobsToBackfill(loadPlatform(smallPlatform, 'local', {}, {}), 'bronze', true);
    const ids = jobs.map(({ id }) => id);
    expect(ids).to.include.members(['shops', 'members', 'invoices', 'check_bronze']);
    expect(ids.indexOf('check_bronze')).to.be.above(ids.indexOf('members'));
    expect(leftOut.map(({ job }) => job)).to.deep.equal(['order_events']);
  });

  it('plans 10,000 pairs of 200 jobs', () => {
    const sketch = Array.from({ length: 200 }, (_, index): Sketch => ({
      id: `job_${index}`,
      kind: 'dated',
      reads: index === 0 ? [] : [...new Set([Math.floor(index / 2), index - 1, Math.floor(index / 3)])],
    })).map((one, index) => ({ ...one, reads: one.reads.filter((read) => read < index) }));
    const declaration = declarationOf(sketch);
    const plan = planBackfill({
      selection: jobsToBackfill(declaration, 'job_0', true),
      dates: datesBetween('2026-01-01', '2026-02-19'),
      reprocess: 'failed',
      backwards: false,
      release,
      history: (_job, date) => (date < '2026-01-15' ? succeeded(1) : undefined),
    });
    expect(plan.pairs.length + plan.skipped.length).to.equal(10_000);
  });
});
