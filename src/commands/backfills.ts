import type { Command } from 'commander';
import type { AccountAccess } from '../operations/account-access.js';
import type { Wished } from '../operations/backfill/backfills.js';
import type { Operation } from '../operations/events.js';
import { backfillsTable, shownBackfill } from '../ui/backfill.js';
import { invoke, type Invocation } from './invocation.js';
import { wholeNumber } from './numbers.js';
import { answerOf, onAccount } from './with-access.js';
import type { DefineVerb } from './verbs.js';

const whichOne = 'id of the backfill, or an end of it (default: the newest)';

export const backfills: DefineVerb = (command) => {
  command.description('The ledger of backfills: what ran, runs, failed, and whoever is at it.');
  const list = command.command('list').description('Lists backfills, the newest first.');
  list
    .option('--limit <number>', 'at most so many', wholeNumber(1), 20)
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat backfills list\n  dataplat backfills list --env prod --json',
    )
    .action((flags: { limit: number }) =>
      invoke(list, async (invocation) => {
        const { ui } = invocation;
        const result = await answerOf(invocation, async function* (access) {
          const { listBackfills } = await import('../operations/backfill/backfills.js');
          yield* listBackfills(access, flags.limit);
        });
        ui.document(result, () =>
          result.backfills.length > 0
            ? backfillsTable(ui.chalk, result.backfills)
            : 'There was no backfill yet.',
        );
      }),
    );
  const show = command
    .command('show')
    .description('Shows a backfill: each job and date with its state and its runs.');
  show
    .argument('[id]', whichOne)
    .addHelpText('after', '\nExamples:\n  dataplat backfills show\n  dataplat backfills show 3f2a --json')
    .action((id: string | undefined) =>
      invoke(show, async (invocation) => {
        const { ui } = invocation;
        const result = await answerOf(invocation, async function* (access) {
          const { showBackfill } = await import('../operations/backfill/backfills.js');
          yield* showBackfill(access, id);
        });
        ui.document(result, () => shownBackfill(ui.chalk, result));
      }),
    );
  wished(
    command,
    'pause',
    'Lets a backfill start nothing more and waits for its active runs; --resume goes on.',
    async function* (access, id, { signal }) {
      const { pauseBackfill } = await import('../operations/backfill/backfills.js');
      yield* pauseBackfill(access, id, signal);
    },
  );
  wished(
    command,
    'cancel',
    'Ends a backfill and its active runs, whether or not its own process still lives.',
    async function* (access, id, { signal }) {
      const { cancelBackfill } = await import('../operations/backfill/backfills.js');
      yield* cancelBackfill(access, id, `dataplat ${process.argv.slice(2).join(' ')}`, signal);
    },
  );
};

function wished(
  command: Command,
  name: string,
  description: string,
  operate: (access: AccountAccess, id: string | undefined, invocation: Invocation) => Operation<Wished>,
): void {
  const child = command.command(name).description(description);
  child
    .argument('[id]', whichOne)
    .addHelpText(
      'after',
      `\nExamples:\n  dataplat backfills ${name}\n  dataplat backfills ${name} 3f2a --env dev`,
    )
    .action((id: string | undefined) =>
      invoke(child, async (invocation) => {
        const { ui } = invocation;
        const result = await ui.follow(
          await onAccount(invocation, (access) => operate(access, id, invocation)),
        );
        ui.result({ ...result }, () => `${result.backfill} ${result.state}`);
      }),
    );
}
