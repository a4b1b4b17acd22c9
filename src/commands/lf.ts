import { invoke } from './invocation.js';
import type { DefineVerb } from './verbs.js';

export const lf: DefineVerb = (command) => {
  command.description('Lake Formation: who reads by LF-tags.');
  access(command.command('access'));
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
