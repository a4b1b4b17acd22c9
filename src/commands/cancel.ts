import { invoke } from './invocation.js';
import { onAccount } from './with-access.js';
import type { DefineVerb } from './verbs.js';

export const cancel: DefineVerb = (command) => {
  command
    .description('Cancels a run and waits until it has ended.')
    .argument('<run>', 'id of the run, or a beginning or end of it that no other run has')
    .addHelpText('after', '\nExamples:\n  dataplat cancel 00g1k2\n  dataplat cancel 00g1k2 --env dev --json')
    .action((run: string) =>
      invoke(command, async (invocation) => {
        const { ui, signal } = invocation;
        const { environment } = await invocation.platform();
        const result = await ui.follow(
          await onAccount(invocation, async function* ({ aws }) {
            const { cancelRun } = await import('../operations/cancel.js');
            yield* cancelRun(environment, aws, { run, signal });
          }),
        );
        ui.result({ ...result }, () => `${result.runId} ${result.state}`);
      }),
    );
};
