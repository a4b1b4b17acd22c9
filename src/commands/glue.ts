import { Option } from 'commander';
import { table } from '../ui/table.js';
import { count } from '../ui/text.js';
import { invoke } from './invocation.js';
import { onAccount } from './with-access.js';
import type { DefineVerb } from './verbs.js';

interface RegisterFlags {
  readonly dryRun?: boolean;
  readonly prune?: boolean;
  readonly export?: string;
  readonly to: string;
}

export const glue: DefineVerb = (command) => {
  const register = command.command('register');
  command.description('The Glue catalog.');
  register
    .description(
      "Makes the catalog's tables what the contracts declare, quarantine tables included where there are rejected rows. A change that readers would not bear is refused, and then nothing is changed.",
    )
    .option('--dry-run', 'only say what would be done')
    .option('--prune', "also drop this environment's tables that no contract declares (the data stays)")
    .addOption(
      new Option(
        '--export <standard>',
        'register nothing: write the contracts as documents of the Open Data Contract Standard',
      ).choices(['odcs']),
    )
    .option('--to <folder>', 'where --export writes to', 'odcs')
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat glue register --dry-run\n  dataplat glue register --prune --env dev\n  dataplat glue register --export odcs --to build/contracts --env prod',
    )
    .action((flags: RegisterFlags) =>
      invoke(register, async (invocation) => {
        const { ui } = invocation;
        const platform = await invocation.platform();
        if (flags.export !== undefined) {
          const { exportContracts } = await import('../operations/export-contracts.js');
          const exported = await exportContracts(platform, flags.to);
          ui.document(
            { ...exported },
            () => `${count(exported.files.length, 'contract')} in ${exported.directory}`,
          );
          return 0;
        }
        const result = await ui.follow(
          await onAccount(invocation, async function* ({ aws }) {
            const operation = await import('../operations/register.js');
            yield* operation.register(platform, aws, flags);
          }),
        );
        ui.result({ ...result }, () =>
          [
            table(
              ui.chalk,
              [
                { title: 'table', value: (row) => `${row.database}.${row.table}` },
                { title: flags.dryRun === true ? 'would' : 'done', value: (row) => row.action },
                {
                  title: 'why',
                  value: ({ why, migration }) =>
                    why
                      .flatMap((one, index) => [
                        one,
                        ...(migration?.[index] === undefined ? [] : [`  instead: ${migration[index]}`]),
                      ])
                      .join(migration ? '\n' : '; '),
                },
              ],
              result.tables,
            ),
            '',
            `${result.created} created, ${result.updated} updated, ${result.unchanged} unchanged, ${result.dropped} dropped${result.applied ? '' : ' (dry run: nothing was changed)'}`,
          ].join('\n'),
        );
        return result.tables.some((row) => row.action === 'refused') ? 4 : 0;
      }),
    );
};
