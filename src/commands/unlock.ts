import { DataplatError } from '../model/errors.js';
import type { Breaking, UnlockResult } from '../operations/unlock.js';
import { table } from '../ui/table.js';
import { invoke, type Invocation } from './invocation.js';
import { withAccess } from './with-access.js';
import type { DefineVerb } from './verbs.js';

interface UnlockFlags {
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly reason?: string;
  readonly history?: boolean;
}

export const unlock: DefineVerb = (command) => {
  command
    .description(
      'Says who holds the lock of an environment, since when, and whether that process still works; breaks it where it does\nnot. Where only its terraform still works, that is waited for. Breaking what may still be held wants --force and --reason. Every breaking is recorded beside the state.',
    )
    .option('-y, --yes', 'do not ask')
    .option('--force', 'break it although its holder may still be at work')
    .option('--reason <text>', 'why, for the record')
    .option('--history', 'show who broke locks, when and why, and break nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat unlock --env dev\n  dataplat unlock --env prod --force --reason "the runner was shut down"',
    )
    .action((flags: UnlockFlags) =>
      invoke(command, async (invocation) => {
        if (flags.history) return showHistory(invocation);
        if (flags.force && !flags.reason?.trim()) {
          throw new DataplatError('DP1001', '--force wants --reason "…"', { left: 'the lock' });
        }
        const { ui, environmentName } = invocation;
        const operation = await import('../operations/unlock.js');
        const result = await withAccess(invocation, (access) =>
          operation.unlock({
            access,
            signal: invocation.signal,
            ...(flags.force && { force: true }),
            ...(flags.reason !== undefined && { reason: flags.reason }),
            consent: async (held) => {
              ui.say(held.map((line) => `  ${line}`).join('\n'));
              return flags.yes === true || ui.confirm(`Break this lock of ${environmentName}?`);
            },
          }),
        );
        ui.result({ ...result }, () => textOf(result));
        return 0;
      }),
    );
};

function textOf({ environment, broken, holder }: UnlockResult): string {
  if (!broken) return `Nobody holds the lock of ${environment}.`;
  const whose = holder ? ` of ${holder.user}@${holder.host}` : '';
  return `The lock${whose} is broken: dataplat deploy --env ${environment} goes on from where it was.`;
}

async function showHistory(invocation: Invocation): Promise<number> {
  const { ui, environmentName } = invocation;
  const { unlockHistory } = await import('../operations/unlock.js');
  const found = await withAccess(invocation, unlockHistory);
  ui.result({ environment: environmentName, unlocks: found }, () =>
    found.length === 0
      ? `No lock of ${environmentName} was ever broken.`
      : table(
          ui.chalk,
          [
            { title: 'when', value: (one: Breaking) => `${one.at.slice(0, 19).replace('T', ' ')} UTC` },
            { title: 'by', value: (one) => one.by },
            { title: 'forced', value: (one) => (one.forced ? 'yes' : 'no') },
            { title: 'reason', value: (one) => one.reason },
            { title: 'held', value: (one) => one.held[0] ?? '' },
          ],
          found,
        ),
  );
  return 0;
}
