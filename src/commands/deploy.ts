import { invoke } from './invocation.js';
import { consentTo, namingBy } from './consent.js';
import { withAccess } from './with-access.js';
import type { DefineVerb } from './verbs.js';

interface DeployFlags {
  readonly yes?: boolean;
  readonly autoApprove?: boolean;
  readonly plan?: string;
  readonly allowDataLoss?: boolean;
  readonly confirm?: string;
}

export const deploy: DefineVerb = (command) => {
  command
    .description(
      'Makes an environment what the declaration says: plans, asks, applies exactly that plan, uploads jobs and configuration\nas one release, registers tables. A second deploy changes nothing.',
    )
    .option('-y, --yes', 'do not ask')
    .option('--auto-approve', 'the same as --yes')
    .option('--plan <file>', 'apply a plan that `dataplat diff --out` saved')
    .option('--allow-data-loss', 'agree to what destroys or replaces data')
    .option(
      '--confirm <environment>',
      'the name of the environment, where it is protected and the plan calls something out',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat deploy --env local --yes\n  dataplat deploy --env prod --plan prod.plan',
    )
    .action((flags: DeployFlags) =>
      invoke(command, async (invocation) => {
        const { ui, environmentName } = invocation;
        const operation = await import('../operations/deploy.js');
        const result = await withAccess(invocation, (access) =>
          operation.deploy({
            access,
            signal: invocation.signal,
            consent: consentTo(
              ui,
              `Deploy this to ${environmentName}?`,
              flags.yes === true || flags.autoApprove === true,
            ),
            ...(flags.plan !== undefined && { planFile: flags.plan }),
            naming: namingBy(ui, flags.confirm),
            allowDataLoss: flags.allowDataLoss === true,
          }),
        );
        ui.result({ ...result }, () => {
          const counts = result.stacks.map(({ changed }) => changed);
          const sum = (key: 'add' | 'change' | 'replace' | 'destroy'): number =>
            counts.reduce((total, changed) => total + changed[key], 0);
          const adopted = result.stacks.reduce((total, stack) => total + (stack.adopted ?? 0), 0);
          return result.changed
            ? `Deployed ${result.environment}: ${sum('add')} added, ${sum('change')} changed, ${sum('replace')} replaced, ${sum('destroy')} destroyed${adopted > 0 ? `, ${adopted} adopted` : ''}; release ${result.release.id}.`
            : `No changes: ${result.environment} is as declared (release ${result.release.id}).`;
        });
      }),
    );
};
