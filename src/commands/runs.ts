import { InvalidArgumentError, Option } from 'commander';
import { runStates, type RunState } from '../model/run-states.js';
import { runsTable } from '../ui/runs.js';
import { invoke } from './invocation.js';
import { pointInTime, wholeNumber } from './numbers.js';
import { answerOf } from './with-access.js';
import type { DefineVerb } from './verbs.js';

interface Flags {
  readonly job?: string;
  readonly state?: readonly RunState[];
  readonly since?: Date;
  readonly limit: number;
}

export const runs: DefineVerb = (command) => {
  command
    .description(
      'Lists job runs, the newest first: state, duration, what they cost and which release they ran.',
    )
    .option('--job <name>', "only this job's")
    .addOption(new Option('--state <state...>', 'only in these states').argParser(stateOf))
    .option('--since <when>', 'only those started since a date, or so long ago (6h, 7d)', pointInTime)
    .option('--limit <number>', 'at most so many', wholeNumber(1), 20)
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat runs --job crm_accounts --state FAILED\n  dataplat runs --since 7d --json',
    )
    .action((flags: Flags) =>
      invoke(command, async (invocation) => {
        const { ui } = invocation;
        const platform = await invocation.platform();
        const { findJob } = await import('../model/find.js');
        const job = flags.job === undefined ? undefined : findJob(platform, flags.job);
        const result = await answerOf(invocation, async function* ({ aws }) {
          const { listRuns } = await import('../operations/runs.js');
          yield* listRuns(platform.environment, aws, {
            limit: flags.limit,
            ...(job && { job }),
            ...(flags.state && { states: flags.state }),
            ...(flags.since && { since: flags.since }),
          });
        });
        ui.document(result, () =>
          result.runs.length > 0 ? runsTable(ui.chalk, result.runs) : 'No run fits.',
        );
      }),
    );
};

function stateOf(text: string, before: readonly RunState[] = []): RunState[] {
  const state = runStates.find((one) => one === text.toUpperCase());
  if (!state) throw new InvalidArgumentError(`expected one of ${runStates.join(', ')}.`);
  return [...before, state];
}
