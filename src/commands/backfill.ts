import { Option } from 'commander';
import { reprocessings, type Reprocess } from '../model/backfill/plan.js';
import { dateOf, datesBetween } from '../model/date.js';
import { DataplatError } from '../model/errors.js';
import type { BackfillResult } from '../operations/backfill/backfill.js';
import { failuresTable, previewText, withProgress } from '../ui/backfill.js';
import { runCost } from '../ui/runs.js';
import { count, duration } from '../ui/text.js';
import { invoke, type Invocation } from './invocation.js';
import { wholeNumber } from './numbers.js';
import { onAccount } from './with-access.js';
import type { DefineVerb } from './verbs.js';

interface Flags {
  readonly date?: string;
  readonly from?: string;
  readonly to?: string;
  readonly downstream?: boolean;
  readonly maxActiveRuns?: number;
  readonly reprocess?: Reprocess;
  readonly runBackwards?: boolean;
  readonly retries: number;
  readonly release?: string;
  readonly dryRun?: boolean;
  readonly resume?: string | true;
}

export const backfill: DefineVerb = (command) => {
  command
    .usage('<layer|job> --date D | --from A --to B [flags]')
    .description(
      'Runs all that a range of dates needs, in the order of lineage, and waits for the end. What it knows is in a ledger in the\nbucket: whatever becomes of this process, --resume goes on, and no run is lost or started twice. Exit code 3: some failed.',
    )
    .argument('[layer|job]', 'bronze, silver or gold, or a job')
    .option('--date <YYYY-MM-DD>', 'one date')
    .option('--from <YYYY-MM-DD>', 'the first date')
    .option('--to <YYYY-MM-DD>', 'the last date; it is included')
    .option('--downstream', 'and all that reads what these write')
    .option(
      '--max-active-runs <number>',
      'so many runs at once (default: as the application allows)',
      wholeNumber(1),
    )
    .addOption(
      new Option(
        '--reprocess <which>',
        'what ran before and runs again: what failed, or what completed too (default: none)',
      ).choices(reprocessings),
    )
    .option('--run-backwards', 'the newest date first')
    .option('--retries <number>', 'start a run that failed again, so often', wholeNumber(0), 1)
    .option('--release <id>', 'run this release (default: the one deployed last)')
    .option('--dry-run', 'say what would run, what would not and why, and start nothing')
    .option(
      '--resume [id]',
      'go on with a backfill that was killed, interrupted or paused (default: the newest)',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat backfill bronze --from 2026-01-01 --to 2026-01-31 --downstream --dry-run\n  dataplat backfill crm_accounts --date 2026-01-05 --reprocess completed\n  dataplat backfill --resume',
    )
    .action((what: string | undefined, flags: Flags) =>
      invoke(command, async (invocation) => {
        if (flags.resume === undefined) return begin(invocation, what, flags);
        const words = ['date', 'from', 'to', 'downstream', 'runBackwards', 'dryRun', 'release'] as const;
        if (what !== undefined || words.some((word) => flags[word] !== undefined)) {
          throw new DataplatError(
            'DP1001',
            '--resume goes on with what was planned, and takes no new range',
            {
              next: [`dataplat backfill --resume ${flags.resume === true ? '' : flags.resume}`.trim()],
            },
          );
        }
        const id = flags.resume === true ? undefined : flags.resume;
        const operation = await onAccount(invocation, async function* (access) {
          const { resumeBackfill } = await import('../operations/backfill/backfill.js');
          yield* resumeBackfill(access, id, {
            ...settingsOf(invocation, flags),
            ...(flags.reprocess !== undefined && { reprocess: flags.reprocess }),
          });
        });
        return show(invocation, await invocation.ui.follow(withProgress(operation)));
      }),
    );
};

async function begin(invocation: Invocation, what: string | undefined, flags: Flags): Promise<number> {
  const { ui } = invocation;
  if (what === undefined) throw new DataplatError('DP1001', 'a layer or a job is missing, or --resume');
  const request = {
    what,
    dates: datesOf(flags),
    downstream: flags.downstream === true,
    reprocess: flags.reprocess ?? 'none',
    backwards: flags.runBackwards === true,
    ...(flags.release !== undefined && { release: flags.release }),
  };
  // What makes no sense is refused before anything is started for it.
  const { jobsToBackfill } = await import('../model/backfill/jobs.js');
  jobsToBackfill(await invocation.platform(), what, request.downstream);
  if (flags.dryRun) {
    const operation = await onAccount(invocation, async function* (access) {
      const { previewBackfill } = await import('../operations/backfill/backfill.js');
      yield* previewBackfill(access, request);
    });
    const preview = await ui.follow(operation);
    ui.result({ ...preview }, () => previewText(ui.chalk, preview, ui.verbose));
    return 0;
  }
  const operation = await onAccount(invocation, async function* (access) {
    const { backfill: run } = await import('../operations/backfill/backfill.js');
    yield* run(access, request, settingsOf(invocation, flags));
  });
  return show(invocation, await ui.follow(withProgress(operation)));
}

function settingsOf({ signal }: Invocation, { retries, maxActiveRuns }: Flags) {
  return {
    retries,
    signal,
    command: `dataplat ${process.argv.slice(2).join(' ')}`,
    ...(maxActiveRuns !== undefined && { maxActiveRuns }),
  };
}

/** @throws DataplatError DP1001 where the dates are missing or named twice, DP1005 where they are none */
function datesOf({ date, from, to }: Flags): string[] {
  if (date !== undefined && from === undefined && to === undefined) return [dateOf(date)];
  if (date === undefined && from !== undefined && to !== undefined) return datesBetween(from, to);
  throw new DataplatError('DP1001', 'the dates are --date, or --from and --to', {
    next: ['… --date 2026-01-05', '… --from 2026-01-01 --to 2026-01-31'],
  });
}

/** @throws DataplatError DP6010 with what to type for those alone that failed */
function show({ ui, environmentName }: Invocation, result: BackfillResult): number {
  const { counts, failures, state, backfill: id } = result;
  ui.result({ ...result }, () =>
    failures.length > 0 ? failuresTable(ui.chalk, failures) : id === '' ? 'nothing to run' : `${id} ${state}`,
  );
  const left = counts.waiting + counts.ready + counts.active;
  ui.say(
    [
      `      ${count(counts.succeeded, 'run')} succeeded in ${duration(result.seconds)}`,
      ...(failures.length > 0 ? [`${failures.length} did not`] : []),
      ...(left > 0 ? [`${left} left`] : []),
      `${result.skipped} skipped`,
      ...runCost(result.billed),
    ].join(', '),
  );
  if (state === 'done') return 0;
  if (ui.json) return 3;
  const retry = `dataplat backfill --resume ${id} --reprocess failed --env ${environmentName}`;
  const resume = `dataplat backfill --resume ${id} --env ${environmentName}`;
  throw new DataplatError(
    'DP6010',
    state === 'failed'
      ? `${count(failures.length, 'run')} of backfill ${id} did not succeed`
      : `backfill ${id} was ${state}`,
    {
      left: 'what succeeded is done and will not run again',
      next: [
        state === 'failed' ? `${retry}   (these alone)` : state === 'paused' ? resume : retry,
        `dataplat backfills show ${id} --env ${environmentName}`,
      ],
    },
  );
}
