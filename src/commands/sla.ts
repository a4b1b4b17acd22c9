import { dateOf } from '../model/date.js';
import { slaTable } from '../ui/sla.js';
import { invoke } from './invocation.js';
import { onAccount } from './with-access.js';
import type { DefineVerb } from './verbs.js';

interface Flags {
  readonly date?: string;
  readonly notify?: boolean;
}

export const sla: DefineVerb = (command) => {
  const check = command.command('check');
  command.description('What was promised of jobs and data.');
  check
    .description(
      'Holds runs and data against every promise: duration and completion of jobs (config/shared/lineage.yaml), freshness (contracts), volume and quality (config/shared/dq_thresholds.yaml). A run that never ends breaks its promise. Exit code 1 where one is broken.',
    )
    .argument('[job|dataset]', 'default: every promise')
    .option('--date <YYYY-MM-DD>', 'the logical date of the runs (default: the newest that is due)')
    .option(
      '--notify',
      "tell the alarm topic and the environment's webhook what is new: each breach once, and when it is over",
    )
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat sla check\n  dataplat sla check crm_accounts --date 2026-01-05\n  dataplat sla check --notify --env prod   # from a schedule, every few minutes',
    )
    .action((subject: string | undefined, flags: Flags) =>
      invoke(check, async (invocation) => {
        const { ui } = invocation;
        const platform = await invocation.platform();
        const date = flags.date === undefined ? undefined : dateOf(flags.date);
        const operation = await import('../operations/sla/check-sla.js');
        const result = await ui.follow(
          await onAccount(invocation, async function* ({ aws }) {
            const { slaRecords } = await import('../operations/sla/sla-records.js');
            yield* operation.checkSla(platform, aws, slaRecords(platform.environment, aws), {
              ...(subject !== undefined && { subject }),
              ...(date !== undefined && { date }),
              ...(flags.notify !== undefined && { notify: flags.notify }),
            });
          }),
        );
        ui.result({ ...result }, () => slaTable(ui.chalk, result));
        const failure = operation.broken(result);
        if (failure) throw failure;
      }),
    );
};
