import { table } from '../ui/table.js';
import { invoke } from './invocation.js';
import type { DefineVerb } from './verbs.js';
import { onAccount } from './with-access.js';

export const lf: DefineVerb = (command) => {
  command.description('Lake Formation: tags, grants, who reads what.');
  seedTags(command.command('seed-tags'));
  access(command.command('access'));
};

const seedTags: DefineVerb = (command) => {
  command
    .description(
      'Makes the LF-tags, what bears them, and the grants that contracts and personas declare, where something of them is\nmissing. What others made stays.',
    )
    .option('--dry-run', 'only say what would be done')
    .option('--prune', 'also take from our own tags, tables and principals what nobody declares')
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat lf seed-tags --dry-run\n  dataplat lf seed-tags --prune --env dev',
    )
    .action((flags: { dryRun?: boolean; prune?: boolean }) =>
      invoke(command, async (invocation) => {
        const { ui } = invocation;
        const platform = await invocation.platform();
        const result = await ui.follow(
          await onAccount(invocation, async function* ({ aws }) {
            const operation = await import('../operations/lake-tags/seed-tags.js');
            yield* operation.seedTags(platform, aws, flags);
          }),
        );
        const count = result.changes.length;
        ui.result({ ...result }, () =>
          [
            ...(count === 0
              ? [`Nothing to do: Lake Formation has all that ${result.environment} declares.`]
              : [
                  table(
                    ui.chalk,
                    [
                      { title: flags.dryRun === true ? 'would' : 'done', value: (row) => row.action },
                      { title: 'of', value: (row) => row.of },
                      { title: 'what', value: (row) => row.text },
                    ],
                    result.changes,
                  ),
                  '',
                  `${count} ${count === 1 ? 'change' : 'changes'}${result.applied ? '' : ' (dry run: nothing was changed)'}`,
                ]),
            ...(result.missing.length > 0
              ? [`Not there yet, and so without tags: ${result.missing.join(', ')}. dataplat glue register`]
              : []),
          ].join('\n'),
        );
      }),
    );
};

interface AccessFlags {
  readonly principal?: string;
  readonly against: string;
}

const access: DefineVerb = (command) => {
  command
    .description(
      'Says who reads which columns of a table by what is declared, and what the change that is not committed yet alters in\nthat. Asks no account.',
    )
    .argument(
      '<table>',
      'a dataset (crm_accounts_silver), its rejected rows (…__quarantine), or database.table',
    )
    .option('--principal <name>', 'of one alone: a persona, a role or an ARN')
    .option('--against <revision>', 'the revision of Git to compare with', 'HEAD')
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat lf access crm_contacts_silver\n  dataplat lf access crm_contacts_silver --principal analyst --against origin/main --env prod',
    )
    .action((named: string, { principal, against }: AccessFlags) =>
      invoke(command, async (invocation) => {
        const { ui } = invocation;
        const platform = await invocation.platform();
        const { platformAtRevision } = await import('../project/platform-at-revision.js');
        const { tableAccess } = await import('../operations/access.js');
        const before = platformAtRevision(
          await invocation.projectDirectory(),
          platform.environment.name,
          against,
        );
        const result = tableAccess(platform, named, {
          ...(principal !== undefined && { principal }),
          ...(before && { before }),
        });
        const { accessText } = await import('../ui/access.js');
        ui.document({ ...result }, () => accessText(ui.chalk, result, against));
      }),
    );
};
