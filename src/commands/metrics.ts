import { metricsTable } from '../ui/sla.js';
import { invoke } from './invocation.js';
import { onAccount } from './with-access.js';
import type { DefineVerb } from './verbs.js';

export const metrics: DefineVerb = (command) => {
  const emit = command.command('emit');
  command.description('What is measured of jobs and data.');
  emit
    .description(
      'Sends to CloudWatch what alarms and dashboards watch: of each run that has ended since the last time its outcome, duration and rows; of the present how late and how long waited for each job is, how old and how good each dataset.',
    )
    .option('--dry-run', 'only say what would be sent')
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat metrics emit --dry-run\n  dataplat metrics emit --env prod   # from a schedule, every 15 minutes at the least',
    )
    .action((flags: { dryRun?: boolean }) =>
      invoke(emit, async (invocation) => {
        const { ui } = invocation;
        const platform = await invocation.platform();
        const result = await ui.follow(
          await onAccount(invocation, async function* ({ aws }) {
            const { emitMetrics } = await import('../operations/sla/emit-metrics.js');
            const { slaRecords } = await import('../operations/sla/sla-records.js');
            yield* emitMetrics(platform, aws, slaRecords(platform.environment, aws), flags);
          }),
        );
        ui.result({ ...result }, () => metricsTable(ui.chalk, result));
      }),
    );
};
