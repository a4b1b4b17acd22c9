import type { BootstrapBucket } from '../operations/bootstrap.js';
import { count } from '../ui/text.js';
import { invoke } from './invocation.js';
import { onAccount } from './with-access.js';
import type { DefineVerb } from './verbs.js';

const signs = { found: ' ', missing: '+', drifted: '~' } as const;

export const bootstrap: DefineVerb = (command) => {
  command
    .description(
      "Makes, once an account, what Terraform's states and the snapshots are kept in: a versioned, encrypted, private bucket\nand its key each. Safe to repeat: it says what was there, makes what is missing and mends what has drifted.",
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
            consent: async (buckets) => {
              ui.say(buckets.map(linesOf).join('\n'));
              return flags.yes === true || ui.confirm(`Make this for ${environmentName}?`);
            },
          }),
        );
        const result = await ui.follow(running);
        ui.result({ ...result }, () => result.buckets.map(toldOf).join('\n'));
      }),
    );
};

function toldOf({ holds, bucket, parts }: BootstrapBucket): string {
  const [missing, drifted] = (['missing', 'drifted'] as const).map(
    (state) => parts.filter(({ was }) => was === state).length,
  ) as [number, number];
  return missing + drifted === 0
    ? `Nothing to do: ${bucket}, for ${holds}, is as it has to be (${count(parts.length, 'part')}).`
    : `${bucket}, for ${holds}: ${count(missing, 'part')} made, ${drifted} mended, ${parts.length - missing - drifted} there before.`;
}

/** What is there, what would be made (+), what would be mended (~). */
function linesOf({ holds, parts }: BootstrapBucket): string {
  return [`For ${holds}:`, ...parts.map(({ name, was }) => `  ${signs[was]} ${name}`)].join('\n');
}
