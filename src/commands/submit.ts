import { InvalidArgumentError } from 'commander';
import { dateOf, yesterday } from '../model/date.js';
import { DataplatError } from '../model/errors.js';
import { requireOwnArguments } from '../model/job-arguments.js';
import { stemOf, type Job } from '../model/lineage.js';
import { runCost } from '../ui/runs.js';
import { duration } from '../ui/text.js';
import { orCancel } from './ask-to-cancel.js';
import { invoke } from './invocation.js';
import { collected, minutes, wholeNumber } from './numbers.js';
import { addScriptFlags, submitAnyScript, type ScriptFlags } from './submit-script.js';
import { onAccount } from './with-access.js';
import type { DefineVerb } from './verbs.js';

interface Flags extends ScriptFlags {
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
      '[words...]',
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
      '\nExamples:\n  dataplat submit ingest crm_accounts --date 2026-01-05\n  dataplat submit crm_contacts --date 2026-01-05 --follow -- --log-level debug\n  dataplat submit --entry-point fix.py --role-arn arn:aws:iam::444455556666:role/repair -- --day 2026-01-05',
    );
  addScriptFlags(command);
  command.action((words: string[], flags: Flags) =>
    invoke(command, async (invocation) => {
      const { entryPoint } = flags;
      if (entryPoint !== undefined) {
        requireNoJob(flags);
        return submitAnyScript(invocation, {
          ...{ ...flags, entryPoint },
          arguments: [...(flags.arg ?? []), ...words],
        });
      }
      requireJob(words, flags);
      const { ui, signal } = invocation;
      const { findJob } = await import('../model/find.js');
      const platform = await invocation.platform();
      const { name, group, rest } = jobNamed(words, platform.jobs);
      const job = findJob(platform, name, group);
      const ownArguments = [...(flags.arg ?? []), ...rest];
      requireOwnArguments(ownArguments);
      const date = flags.date === undefined ? yesterday(new Date()) : dateOf(flags.date);
      const operation = await onAccount(invocation, async function* (access) {
        const { submit: run } = await import('../operations/submit.js');
        const { projectFiles } = await import('../project/project-files.js');
        const { inputFolders, JobsAccess } = await import('../model/access.js');
        yield* run(platform.environment, projectFiles(access.projectDirectory), access.aws, {
          ...{ job, date, signal, reads: inputFolders(new JobsAccess(platform).of(job), date) },
          arguments: ownArguments,
          wait: flags.wait,
          ...(flags.follow !== undefined && { follow: flags.follow }),
          ...(flags.timeout !== undefined && { timeoutMinutes: flags.timeout }),
          ...(flags.retries !== undefined && { retries: flags.retries }),
          ...(flags.release !== undefined && { release: flags.release }),
        });
      });
      if (flags.date === undefined) ui.say(`      date ${date} (yesterday, UTC; --date names another)`);
      return orCancel(invocation, platform.environment, async () => {
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
      });
    }),
  );
};

/** @throws DataplatError DP1001 for flags that only a job of the declaration has */
function requireNoJob({ date, release, retries }: Flags): void {
  const given = Object.entries({ date, release, retries }).filter(([, value]) => value !== undefined);
  if (given.length === 0) return;
  throw new DataplatError(
    'DP1001',
    `a script that is no job has no ${given.map(([name]) => name).join(', no ')}; its arguments come behind --`,
    { next: ['dataplat submit --help'] },
  );
}

/** @throws DataplatError DP1001 where nothing says what is to run, or flags of a script stand beside a job */
function requireJob(words: readonly string[], flags: Flags): void {
  const { roleArn, applicationId, sparkSubmitParameters } = flags;
  if ([roleArn, applicationId, sparkSubmitParameters].some((value) => value !== undefined)) {
    throw new DataplatError(
      'DP1001',
      'a job of the declaration has its own role, application and sizes; another script is named by --entry-point',
      { next: ['dataplat submit --entry-point <s3 address or file> --role-arn <arn>'] },
    );
  }
  if (words.length > 0) return;
  throw new DataplatError('DP1001', 'name a job, or a script by --entry-point', {
    next: ['dataplat lineage show', 'dataplat submit --help'],
  });
}

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
