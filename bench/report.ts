import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { rememberedRunsFile } from '../src/operations/remembered-runs.js';
import { StubAws } from '../test/operations/backfill/stub-aws.js';
import { StubProject } from '../test/operations/backfill/stub-project.js';
import { judged, type Comparison, type Pair } from './compare.js';

/** What the next report may take, in seconds, and how large its page may be, in bytes. */
const allowed = { seconds: 2, bytes: 2_000_000 };

/**
 * The first report, which asks EMR for each run, beside `dataplat runs`, which does the same; and the next one, which
 * remembers those that have ended, beside two seconds. EMR is a stub that knows so many runs. There is no Athena, whose
 * queries are as many as tables, however many runs there are.
 * @throws Error where one fails, misses a run, or makes a page that is too large
 */
export async function reportOfRuns({ runs }: { readonly runs: number }): Promise<Comparison[]> {
  const stub = await StubAws.start({ jobMilliseconds: 0, concurrentRuns: 1000 });
  const project = new StubProject(stub);
  const jobs = ['shops', 'members', 'invoices', 'order_events'];
  try {
    for (let run = 0; run < runs; run += 1) {
      const date = new Date(Date.UTC(2026, 0, 1 + (run % 300))).toISOString().slice(0, 10);
      await fetch(`http://127.0.0.1:${stub.port}/applications/app/jobruns`, {
        method: 'POST',
        body: JSON.stringify({
          clientToken: `run ${run}`,
          name: `${jobs[run % jobs.length] ?? ''} ${date}`,
          tags: {},
        }),
      });
    }
    const timed = async (...words: string[]): Promise<{ seconds: number; said: string }> => {
      const begun = performance.now();
      const { code, said } = await project.run([...words, '--json']);
      const seconds = (performance.now() - begun) / 1000;
      if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}:\n${said.slice(-2000)}`);
      return { seconds, said };
    };
    const report = async (): Promise<number> => {
      const { seconds, said } = await timed('report', '--out', join(project.directory, 'report.html'));
      const found = JSON.parse(said.slice(said.indexOf('{'), said.lastIndexOf('}') + 1)) as {
        runs: number;
        bytes: number;
      };
      if (found.runs !== runs) throw new Error(`the report has ${found.runs} of ${runs} runs`);
      if (found.bytes > allowed.bytes) throw new Error(`the page has ${found.bytes} bytes`);
      return seconds;
    };
    const [first, next]: [Pair[], Pair[]] = [[], []];
    for (let turn = 0; turn < 4; turn += 1) {
      rmSync(rememberedRunsFile(project.directory, 'local'), { force: true });
      const asking = { a: await report(), b: (await timed('runs', '--limit', String(runs))).seconds };
      const knowing = { a: await report(), b: allowed.seconds };
      if (turn === 0) continue;
      first.push(asking);
      next.push(knowing);
    }
    return [
      judged(
        `dataplat report of ${runs} runs, the first time / dataplat runs of the same`,
        { most: 1.5 },
        first,
      ),
      judged(`dataplat report of ${runs} runs, the next time / what it may take`, { most: 1 }, next),
    ];
  } finally {
    await stub.stop();
    project.remove();
  }
}
