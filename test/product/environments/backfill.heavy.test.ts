import { expect } from 'chai';
import { jobsToBackfill } from '../../../src/model/backfill/jobs.js';
import { names } from '../../../src/model/names.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { packageDirectory } from '../../../src/project/project-directory.js';
import { AcceptanceProject } from '../../acceptance/acceptance-project.js';

const platform = loadPlatform(packageDirectory, 'local', {}, {});

/** Three days; `DATAPLAT_BACKFILL_TO=2026-01-31` makes it the month, which takes hours. */
const range = { from: '2026-01-05', to: process.env['DATAPLAT_BACKFILL_TO'] ?? '2026-01-07' };

/** What a check found of the past depends on when it looked; what it found of the day does not. */
const comparable: Readonly<Record<string, string>> = {
  dq_results_gold: 'check_date, dataset, expectation, status, count(*)',
};

/** With real Spark: all of bronze and what reads it, once undisturbed, once with a command line that is killed in the middle. */
describe('a backfill that is killed while Spark works', function () {
  this.timeout(7_200_000);
  const command = `dataplat backfill bronze --from ${range.from} --to ${range.to} --downstream --quiet`;
  const { jobs } = jobsToBackfill(platform, 'bronze', true);

  interface Made {
    readonly rows: ReadonlyMap<string, readonly string[]>;
    readonly seconds: number;
    readonly code: number | null;
    readonly counts: Readonly<Record<string, number>>;
    /** The runs that EMR knows, each with its job and date, and how it ended. */
    readonly runs: readonly string[];
  }

  const made = async (work: (project: AcceptanceProject) => Promise<number | null>): Promise<Made> => {
    const project = await AcceptanceProject.make(packageDirectory);
    try {
      const run = async (line: string): Promise<string> => {
        const { code, printed } = await project.bash(`${line} 2>.stderr || { cat .stderr; false; }`);
        if (code !== 0) throw new Error(`${line} ended with ${code}:\n${printed}`);
        return printed;
      };
      await run('dataplat deploy --yes --quiet');
      const begun = performance.now();
      const code = await work(project);
      const seconds = (performance.now() - begun) / 1000;
      const shown = JSON.parse(await run('dataplat backfills show --json')) as {
        counts: Record<string, number>;
      };
      const listed = JSON.parse(await run('dataplat runs --limit 1000 --json')) as {
        runs: { job: string; date: string; state: string }[];
      };
      const rows = new Map<string, readonly string[]>();
      const ran = new Set(listed.runs.flatMap(({ job, state }) => (state === 'SUCCESS' ? [job] : [])));
      // In the order of the flow: a job all of whose inputs are of streams, which no backfill runs, writes nothing.
      const written = new Set<string>();
      for (const { id, inputs, outputs } of platform.graph.order) {
        if (!ran.has(id) || !inputs.some((input) => input.startsWith('source/') || written.has(input)))
          continue;
        for (const output of outputs) written.add(output);
      }
      for (const { id, table, layer } of platform.datasets) {
        if (!written.has(id)) continue;
        const database = names.database(platform.environment, layer);
        const printed = await run(
          `dataplat query -e 'select ${comparable[id] ?? '*'} from ${table}${id in comparable ? ' group by 1, 2, 3, 4' : ''}' --database ${database} --format csv`,
        );
        rows.set(id, printed.trim().split(/\r?\n/).sort());
      }
      const runs = listed.runs.map(({ job, date, state }) => `${job} ${date} ${state}`).sort();
      return { rows, seconds, code, counts: shown.counts, runs };
    } finally {
      await project.remove();
    }
  };

  it('leaves the same tables, by the same runs, as one that was left alone', async () => {
    const alone = await made(async (project) => (await project.bash(`${command} --retries 0`)).code);
    const half = Math.max(20, Math.round(alone.seconds / 2));
    const killed = await made(async (project) => {
      const { printed } = await project.bash(
        `timeout -s KILL ${half} ${command} --retries 0; echo "ended with $?"`,
      );
      expect(printed).to.match(/^ended with 137$/m);
      return (await project.bash('dataplat backfill --resume --quiet')).code;
    });
    expect(alone.counts['succeeded']).to.be.at.least(jobs.length);
    expect(killed.counts).to.deep.equal(alone.counts);
    expect(killed.code).to.equal(alone.code);
    expect(killed.runs).to.deep.equal(alone.runs);
    expect([...killed.rows.keys()]).to.deep.equal([...alone.rows.keys()]);
    for (const [id, rows] of alone.rows) {
      const others = killed.rows.get(id) ?? [];
      // A table of thousands of rows says nothing to whoever reads that it differs.
      const only = (of: readonly string[], notOf: readonly string[]): string[] =>
        of.filter((row) => !notOf.includes(row)).slice(0, 20);
      expect({ killed: only(others, rows), alone: only(rows, others) }, id).to.deep.equal({
        killed: [],
        alone: [],
      });
      expect(others, id).to.have.length(rows.length);
    }
  });
});
