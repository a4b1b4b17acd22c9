import type { RecoverResult } from '../operations/recover.js';
import { planText, recoveryText } from '../ui/plan.js';
import type { Ui } from '../ui/terminal.js';
import { consentTo, namingBy } from './consent.js';
import { invoke } from './invocation.js';
import { withAccess } from './with-access.js';
import type { DefineVerb } from './verbs.js';

interface RecoverFlags {
  readonly yes?: boolean;
  readonly allowDataLoss?: boolean;
  readonly confirm?: string;
}

export const recover: DefineVerb = (command) => {
  command
    .description(
      'Makes Terraform know again what exists, where a state is lost, empty, cut short or older than what was made: plans\neach stack so that what has our names and carries our tags is adopted, shows what is adopted and what would be made or\nchanged, asks, and applies that as a deploy does. A state that cannot be read is kept beside the new one.',
    )
    .option('-y, --yes', 'do not ask')
    .option('--allow-data-loss', 'agree to what destroys or replaces data')
    .option('--confirm <environment>', 'the name of the environment, where it is protected')
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat recover --env dev\n  dataplat recover --env prod --confirm prod',
    )
    .action((flags: RecoverFlags) =>
      invoke(command, async (invocation) => {
        const { ui, environmentName } = invocation;
        const operation = await import('../operations/recover.js');
        const result = await withAccess(invocation, (access) =>
          operation.recover({
            access,
            signal: invocation.signal,
            consent: consentTo(
              ui,
              `Adopt and apply this in ${environmentName}?`,
              flags.yes === true,
              recoveryText,
            ),
            naming: namingBy(ui, flags.confirm),
            allowDataLoss: flags.allowDataLoss === true,
          }),
        );
        ui.result({ ...result }, () => textOf(ui, result));
      }),
    );
};

function textOf(ui: Ui, { environment, changed, stacks, kept, left }: RecoverResult): string {
  const sum = (of: (stack: RecoverResult['stacks'][number]) => number): number =>
    stacks.reduce((total, stack) => total + of(stack), 0);
  const made = [
    `${sum(({ adopted }) => adopted ?? 0)} adopted`,
    `${sum(({ changed: counts }) => counts.add)} added`,
    `${sum(({ changed: counts }) => counts.change)} changed`,
    `${sum(({ changed: counts }) => counts.replace)} replaced`,
    `${sum(({ changed: counts }) => counts.destroy)} destroyed`,
  ].join(', ');
  return [
    changed
      ? `Recovered ${environment}: ${made}.`
      : `Nothing to recover: the states of ${environment} know all that is declared.`,
    ...kept.map((one) => `The broken state of ${one.stack} is kept as ${one.kept}.`),
    ...(left.length === 0
      ? [`dataplat deploy --env ${environment} has no changes.`]
      : [`dataplat deploy --env ${environment} would still change:`, planText(ui.chalk, left, ui.verbose)]),
  ].join('\n');
}
