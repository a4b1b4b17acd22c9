import { costText } from '../ui/cost.js';
import { planText } from '../ui/plan.js';
import { invoke } from './invocation.js';
import { withAccess } from './with-access.js';
import type { DefineVerb } from './verbs.js';

export const diff: DefineVerb = (command) => {
  command
    .description(
      'Shows what a deploy would change, stack by stack, calls out what is worth stopping for, and estimates what the\nenvironment costs a month.',
    )
    .option('--out <file>', 'save the plan, for `dataplat deploy --plan`')
    .option(
      '--allow-data-loss',
      'plan what destroys data in a protected environment, too, as deploy does with this flag',
    )
    .option('--detailed-exitcode', 'exit with 0 for no changes, 1 for an error, 2 for changes')
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat diff --env prod\n  dataplat diff --env prod --out prod.plan',
    )
    .action((options: { out?: string; allowDataLoss?: boolean; detailedExitcode?: boolean }) =>
      invoke(command, async (invocation) => {
        const { ui } = invocation;
        const operation = await import('../operations/diff.js');
        const result = await withAccess(invocation, (access) =>
          operation.diff({
            access,
            signal: invocation.signal,
            ...(options.allowDataLoss && { allowDataLoss: true }),
            ...(options.out !== undefined && { out: options.out }),
          }),
        );
        ui.result({ ...result }, () =>
          [
            planText(ui.chalk, result.stacks, ui.verbose),
            costText(ui.chalk, result.cost, ui.verbose),
            result.changes
              ? `${result.environment} would change.`
              : `No changes: ${result.environment} is as declared.`,
            ...(result.savedTo === undefined
              ? []
              : [`Saved: dataplat deploy --env ${result.environment} --plan ${result.savedTo}`]),
          ].join('\n'),
        );
        return options.detailedExitcode && result.changes ? 2 : 0;
      }),
    );
};
