import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { DataplatError } from '../model/errors.js';
import type { Report } from '../model/report/report.js';
import { bytes, count } from '../ui/text.js';
import { invoke } from './invocation.js';
import { wholeNumber } from './numbers.js';
import { answerOf } from './with-access.js';
import type { DefineVerb } from './verbs.js';

interface Flags {
  readonly out: string;
  readonly days: number;
}

export const report: DefineVerb = (command) => {
  command
    .description(
      'Writes one HTML page of an environment that needs nothing else: lineage, the last runs, data quality, freshness and every other promise, the calendar of backfills, the cost of each job. Of an environment that is not deployed it shows what is declared.',
    )
    .option('--out <file>', 'where the page goes', 'report.html')
    .option('--days <number>', 'as many days of runs, at most 366', upToAYear, 14)
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat report\n  dataplat report --env prod --days 30 --out prod.html\n  dataplat report --env prod --json   # from a schedule, for who keeps the page',
    )
    .action((flags: Flags) =>
      invoke(command, async (invocation) => {
        const { ui } = invocation;
        const found = await answerOf(invocation, async function* (access) {
          const { reportOn } = await import('../operations/report.js');
          yield* reportOn(access, { days: flags.days });
        });
        const { reportPage } = await import('../ui/report-page.js');
        const page = Buffer.from(await reportPage(found));
        const file = await written(flags.out, page);
        const counts = countsOf(found);
        ui.document({ environment: found.environment, file, bytes: page.length, ...counts }, () =>
          [
            `${file}  ${bytes(page.length)}`,
            `${count(counts.runs, 'run')} in ${count(found.days, 'day')}, ${count(counts.promises.broken, 'broken promise')}, ${count(counts.checks, 'checked dataset')}, ${count(counts.backfills, 'backfill')}`,
          ].join('\n'),
        );
      }),
    );
};

function upToAYear(text: string): number {
  const days = wholeNumber(1)(text);
  if (days > 366) throw new InvalidArgumentError('expected at most 366.');
  return days;
}

/** The page whole, or what was there before. @returns where it is @throws DataplatError DP1001 */
async function written(file: string, page: Buffer): Promise<string> {
  const { writeWhole } = await import('../toolchain/complete-directory.js');
  try {
    await writeWhole(file, page);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (reason === undefined) throw error;
    throw new DataplatError('DP1001', `the page cannot be written to ${file}: ${reason}`, {
      left: 'what is there is as it was',
      next: ['dataplat report --out <file>'],
      cause: error,
    });
  }
  return resolve(file);
}

function countsOf({ days, deployed, runs, promises, checks, backfills, graph }: Report) {
  const of = (state: string): number => promises.filter((one) => one.state === state).length;
  return {
    ...{ days, deployed, runs: runs.length },
    promises: { broken: of('broken'), kept: of('kept'), unmeasured: of('unmeasured') },
    ...{ checks: checks.length, backfills: backfills.length, nodes: graph.nodes.length },
  };
}
