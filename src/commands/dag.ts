import type { Command } from 'commander';
import { dateOf, yesterday } from '../model/date.js';
import { DataplatError } from '../model/errors.js';
import type { Operation } from '../operations/events.js';
import type { DagRunResult } from '../operations/airflow/trigger-dag.js';
import { dagsText, taskTree, withTaskTree } from '../ui/dag.js';
import { duration } from '../ui/text.js';
import { invoke, type Invocation } from './invocation.js';
import { answerOf, onAccount } from './with-access.js';
import type { DefineVerb } from './verbs.js';

interface Flags {
  readonly date?: string;
  readonly conf?: Readonly<Record<string, unknown>>;
  readonly wait?: boolean;
  readonly retries?: boolean;
}

const dateFlag = ['--date <YYYY-MM-DD>', 'the logical date (default: yesterday, UTC)'] as const;
const confFlag = ['--conf <json>', "what the run is given: a JSON object (default: the DAG's own)"] as const;

export const dag: DefineVerb = (command) => {
  command.description(
    "Airflow's DAGs, by MWAA's API; on this machine by an Airflow that is started when it is needed.",
  );
  const list = command.command('list');
  list
    .description('Lists the DAGs with their schedule and last run, and the files that Airflow cannot read.')
    .addHelpText('after', '\nExamples:\n  dataplat dag list\n  dataplat dag list --env prod --json')
    .action(() =>
      invoke(list, async (invocation) => {
        const { ui } = invocation;
        const result = await answerOf(invocation, async function* (access) {
          const { listDags } = await import('../operations/airflow/dags.js');
          yield* listDags(access);
        });
        ui.document(result, () => dagsText(ui.chalk, result));
      }),
    );
  test(command.command('test'));
  trigger(command.command('trigger'));
  paused(
    command.command('pause'),
    true,
    'Pauses a DAG: its schedule starts nothing more, and a run that waits goes on waiting.',
  );
  paused(command.command('unpause'), false, 'Lets a paused DAG run again.');
};

function test(command: Command): void {
  command
    .description(
      'Runs a whole DAG on this machine: its files as the project has them, its real operators, real job runs of the environment. Shows the tasks as they go; exit code 1 where one failed.',
    )
    .argument('<dag>', 'the DAG by its id')
    .option(...dateFlag)
    .option(...confFlag, objectOf)
    .option(
      '--retries',
      'try tasks that failed again, as the DAG says (default: not, for that may take long)',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat dag test daily_batch_pipeline --date 2026-01-15\n  dataplat dag test environment_smoke --json',
    )
    .action((name: string, flags: Flags) =>
      invoke(command, async (invocation) => {
        const { signal } = invocation;
        const date = flags.date === undefined ? yesterday(new Date()) : dateOf(flags.date);
        const operation = await onAccount(invocation, async function* (access) {
          const { testDag } = await import('../operations/airflow/test-dag.js');
          const { conf, retries = false } = flags;
          yield* testDag(access, { dag: name, date, signal, retries, ...(conf && { conf }) });
        });
        await shown(invocation, name, date, operation);
      }),
    );
}

function trigger(command: Command): void {
  command
    .description("Starts a run of a DAG for a date. The run's id goes to stdout.")
    .argument('<dag>', 'the DAG by its id')
    .option(...dateFlag)
    .option(...confFlag, objectOf)
    .option('--wait', 'wait for the end of the run and show its tasks')
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat dag trigger daily_batch_pipeline --date 2026-01-15 --wait\n  dataplat dag trigger maintenance --conf \'{"days": 7}\'',
    )
    .action((name: string, flags: Flags) =>
      invoke(command, async (invocation) => {
        const { ui, signal } = invocation;
        const date = flags.date === undefined ? yesterday(new Date()) : dateOf(flags.date);
        const operation = await onAccount(invocation, async function* (access) {
          const { triggerDag } = await import('../operations/airflow/trigger-dag.js');
          yield* triggerDag(access, {
            dag: name,
            date,
            signal,
            wait: flags.wait === true,
            ...(flags.conf && { conf: flags.conf }),
          });
        });
        if (flags.wait === true) await shown(invocation, name, date, operation);
        else {
          const result = await ui.follow(operation);
          ui.result({ ...result }, () => result.run);
        }
      }),
    );
}

/** Follows a run to its end, its tasks as a tree. @throws DataplatError DP8002 where it failed */
async function shown(
  { ui }: Invocation,
  name: string,
  date: string,
  operation: Operation<DagRunResult>,
): Promise<void> {
  const result = await ui.follow(withTaskTree(ui.chalk, `${name} ${date}`, operation));
  const title = `${name} ${date}: ${result.state} in ${duration(result.seconds)}`;
  ui.result({ ...result }, () => taskTree(ui.chalk, title, result.tasks).join('\n'));
  const { unsuccessful } = await import('../operations/airflow/trigger-dag.js');
  const failure = unsuccessful(result);
  if (failure) throw failure;
}

function paused(command: Command, wanted: boolean, description: string): void {
  const verb = wanted ? 'pause' : 'unpause';
  command
    .description(description)
    .argument('<dag>', 'the DAG by its id')
    .addHelpText(
      'after',
      `\nExamples:\n  dataplat dag ${verb} daily_batch_pipeline\n  dataplat dag ${verb} daily_batch_pipeline --env prod`,
    )
    .action((name: string) =>
      invoke(command, async (invocation) => {
        const { ui } = invocation;
        const result = await answerOf(invocation, async function* (access) {
          const { setPaused } = await import('../operations/airflow/dags.js');
          yield* setPaused(access, name, wanted);
        });
        const state = wanted ? 'paused' : 'active';
        ui.document(
          result,
          () => `${name} ${result.changed ? 'is' : 'was'} ${state}${result.changed ? ' now' : ' already'}`,
        );
      }),
    );
}

/** @throws DataplatError DP1001 */
function objectOf(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DataplatError(
      'DP1001',
      `--conf is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new DataplatError('DP1001', '--conf is no JSON object: expected for example \'{"days": 7}\'');
}
