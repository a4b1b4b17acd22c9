import { InvalidArgumentError } from 'commander';
import { dateOf, yesterday } from '../model/date.js';
import { DataplatError } from '../model/errors.js';
import { stemOf, type Job } from '../model/lineage.js';
import { runCost } from '../ui/runs.js';
import { duration } from '../ui/text.js';
import { invoke } from './invocation.js';
import { collected, minutes, wholeNumber } from './numbers.js';
import { onAccount } from './with-access.js';
import type { DefineVerb } from './verbs.js';

interface Flags {
  readonly date?: string;
  readonly arg?: readonly string[];
  readonly wait: boolean;
  readonly follow?: boolean;
  readonly timeout?: number;
  readonly retries?: number;
  readonly release?: string;
}

export const submit: DefineVerb = (command) => {
  command
    .usage('[group] <job> [flags] [-- arguments of the job]')
    .description(
      "Runs one job for one logical date on EMR Serverless and waits for its end. The run's id goes to stdout. Ctrl-C asks whether to cancel the run too.",
    )
    .argument(
      '<words...>',
      "the job by its id, its entry point's name or group/id; its group may come before",
    )
    .option('--date <YYYY-MM-DD>', 'the logical date (default: yesterday, UTC)')
    .option('--arg <key=value>', 'an argument --key=value of the job; may be repeated', argument)
    .option('--no-wait', 'return once the run is submitted')
    .option('--follow', "show the driver's output while it runs")
    .option('--timeout <minutes>', "EMR ends the run after so long (default: the job's own)", minutes)
    .option('--retries <number>', 'start a run that failed again, so often', wholeNumber(0))
    .option('--release <id>', 'run this release (default: the one deployed last)')
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat submit ingest crm_accounts --date 2026-01-05\n  dataplat submit crm_contacts --date 2026-01-05 --follow -- --log-level debug',
    )
    .action((words: string[], flags: Flags) =>
      invoke(command, async (invocation) => {
        const { ui, signal } = invocation;
        const { findJob } = await import('../model/find.js');
        const platform = await invocation.platform();
        const { name, group, rest } = jobNamed(words, platform.jobs);
        const job = findJob(platform, name, group);
        const date = flags.date === undefined ? yesterday(new Date()) : dateOf(flags.date);
        const operation = await onAccount(invocation, async function* (access) {
          const { submit: run } = await import('../operations/submit.js');
          const { projectFiles } = await import('../project/project-files.js');
          yield* run(platform.environment, projectFiles(access.projectDirectory), access.aws, {
            job,
            date,
            signal,
            arguments: [...(flags.arg ?? []), ...rest],
            wait: flags.wait,
            ...(flags.follow !== undefined && { follow: flags.follow }),
            ...(flags.timeout !== undefined && { timeoutMinutes: flags.timeout }),
            ...(flags.retries !== undefined && { retries: flags.retries }),
            ...(flags.release !== undefined && { release: flags.release }),
          });
        });
        if (flags.date === undefined) ui.say(`      date ${date} (yesterday, UTC; --date names another)`);
        try {
          const result = await ui.follow(operation);
          ui.result({ ...result }, () => result.runId);
          if (flags.wait) {
            ui.say(
              [
                `      ${result.state} in ${duration(result.seconds)}`,
                ...rowsOf(result.report),
                ...runCost(result.billed),
              ].join(', '),
            );
          }
          return 0;
        } catch (error) {
          const runId =
            error instanceof DataplatError && error.code === 'DP1008'
              ? error.details.data?.['runId']
              : undefined;
          if (typeof runId !== 'string' || !(await ui.confirm(`Cancel run ${runId} too?`))) throw error;
          const { cancelRun } = await import('../operations/cancel.js');
          await ui.follow(
            await onAccount(invocation, ({ aws }) => cancelRun(platform.environment, aws, { run: runId })),
          );
          return 130;
        }
      }),
    );
};

/**
 * The job's name, its group where one is given, and what is left for the job itself.
 * @throws DataplatError DP1001 for words that are neither
 */
function jobNamed(
  words: readonly string[],
  jobs: readonly Job[],
): { name: string; group?: string; rest: readonly string[] } {
  const [first = '', second] = words;
  const names = new Set(jobs.flatMap((job) => [job.id, stemOf(job)]));
  const grouped =
    second !== undefined &&
    !names.has(first) &&
    (names.has(second) || jobs.some((job) => job.group === first));
  const rest = words.slice(grouped ? 2 : 1);
  if (rest.length > 0 && !process.argv.includes('--')) {
    throw new DataplatError(
      'DP1001',
      `"${rest.join(' ')}": one job is run at a time, and its own arguments come behind --`,
      {
        next: [
          `dataplat submit ${words.slice(0, grouped ? 2 : 1).join(' ')} --date <YYYY-MM-DD> -- ${rest.join(' ')}`,
        ],
      },
    );
  }
  return grouped ? { name: second, group: first, rest } : { name: first, rest };
}

function argument(text: string, before: readonly string[] = []): string[] {
  if (!/^[^=\s]+=/.test(text)) throw new InvalidArgumentError('expected key=value.');
  return collected(`--${text.replace(/^--/, '')}`, before);
}

function rowsOf(report: Readonly<Record<string, unknown>> | undefined): string[] {
  const rows = report?.['rows'];
  if (typeof rows !== 'object' || rows === null) return [];
  return Object.entries(rows).map(([name, number]) => `${String(number)} rows ${name}`);
}
