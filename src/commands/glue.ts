import { table } from '../ui/table.js';
import { invoke } from './invocation.js';
import { onAccount } from './with-access.js';
import type { DefineVerb } from './verbs.js';

export const glue: DefineVerb = (command) => {
  const register = command.command('register');
  command.description('The Glue catalog.');
  register
    .description(
      "Makes the catalog's tables what the contracts declare, quarantine tables included where there are rejected rows. A change that readers would not bear is refused, and then nothing is changed.",
    )
    .option('--dry-run', 'only say what would be done')
    .option('--prune', "also drop this environment's tables that no contract declares (the data stays)")
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat glue register --dry-run\n  dataplat glue register --prune --env dev',
    )
    .action((flags: { dryRun?: boolean; prune?: boolean }) =>
      invoke(register, async (invocation) => {
        const { ui } = invocation;
        const platform = await invocation.platform();
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
