import { teardownText } from '../ui/plan.js';
import { count } from '../ui/text.js';
import { consentTo, namingBy } from './consent.js';
import { invoke } from './invocation.js';
import { withAccess } from './with-access.js';
import type { DefineVerb } from './verbs.js';

interface TeardownFlags {
  readonly yes?: boolean;
  readonly autoApprove?: boolean;
  readonly includeData?: boolean;
  readonly confirm?: string;
}

export const teardown: DefineVerb = (command) => {
  command
    .description(
      'Takes an environment down, in reverse order. Data (buckets, catalog, keys) stays unless --include-data. Ends with what\nis left.',
    )
    .option('-y, --yes', 'do not ask')
    .option('--auto-approve', 'the same as --yes')
    .option('--include-data', 'destroy the data too: every version of every object')
    .option('--confirm <environment>', 'the name of the environment, where it is protected')
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat teardown --env dev\n  dataplat teardown --env local --include-data --yes',
    )
    .action((flags: TeardownFlags) =>
      invoke(command, async (invocation) => {
        const { ui, environmentName } = invocation;
        const operation = await import('../operations/teardown.js');
        const result = await withAccess(invocation, (access) =>
          operation.teardown({
            access,
            signal: invocation.signal,
            consent: consentTo(
              ui,
              `Destroy this in ${environmentName}${flags.includeData ? ', ALL DATA INCLUDED' : ''}?`,
              flags.yes === true || flags.autoApprove === true,
              teardownText,
            ),
            includeData: flags.includeData === true,
            naming: namingBy(ui, flags.confirm),
          }),
        );
        ui.result({ ...result }, () =>
          [
            `${count(result.destroyed, 'resource')} of ${result.environment} destroyed.`,
            ...(result.left.length === 0
              ? ['Nothing is left.']
              : [
                  `Left (${result.left.length}):`,
                  ...result.left.map((one) => `  ${one.kind}  ${one.name}`),
                  ...(flags.includeData
                    ? []
                    : [
                        `Data stays: dataplat teardown --env ${result.environment} --include-data takes it too.`,
                      ]),
                ]),
          ].join('\n'),
        );
      }),
    );
};
