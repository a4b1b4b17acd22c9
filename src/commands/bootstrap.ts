import type { BootstrapPart } from '../operations/bootstrap.js';
import { count } from '../ui/text.js';
import { invoke } from './invocation.js';
import { onAccount } from './with-access.js';
import type { DefineVerb } from './verbs.js';

const signs = { found: ' ', missing: '+', drifted: '~' } as const;

export const bootstrap: DefineVerb = (command) => {
  command
    .description(
      "Makes, once an account, what Terraform's states are kept in: a versioned, encrypted, private bucket and its key.\nSafe to repeat: it says what was there, makes what is missing and mends what has drifted.",
    )
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat bootstrap --env dev\n  dataplat bootstrap --env prod --yes',
    )
    .action((flags: { yes?: boolean }) =>
      invoke(command, async (invocation) => {
        const { ui, environmentName } = invocation;
        const operation = await import('../operations/bootstrap.js');
        const running = await onAccount(invocation, (access) =>
          operation.bootstrap({
            access,
            signal: invocation.signal,
            consent: async (parts) => {
              ui.say(linesOf(parts));
              return flags.yes === true || ui.confirm(`Make this for ${environmentName}?`);
            },
          }),
        );
        const result = await ui.follow(running);
        ui.result({ ...result }, () => {
          const missing = result.parts.filter(({ was }) => was === 'missing').length;
          const drifted = result.parts.filter(({ was }) => was === 'drifted').length;
          return result.changed
            ? `Terraform's states are kept in ${result.bucket}: ${count(missing, 'part')} made, ${drifted} mended, ${result.parts.length - missing - drifted} there before.`
            : `Nothing to do: ${result.bucket} is as it has to be (${count(result.parts.length, 'part')}).`;
        });
      }),
    );
};

/** What is there, what would be made (+), what would be mended (~). */
function linesOf(parts: readonly BootstrapPart[]): string {
  return parts.map(({ name, was }) => `  ${signs[was]} ${name}`).join('\n');
}
