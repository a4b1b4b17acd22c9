import { coloured, hours, runsTable } from '../ui/runs.js';
import { table } from '../ui/table.js';
import { count, duration } from '../ui/text.js';
import { invoke } from './invocation.js';
import { wholeNumber } from './numbers.js';
import { answerOf } from './with-access.js';
import type { DefineVerb } from './verbs.js';

export const status: DefineVerb = (command) => {
  command
    .description(
      'Says what is deployed, what runs, how each job ran last and what the runs of a period cost.',
    )
    .option('--days <number>', 'the period, in days', wholeNumber(1), 7)
    .addHelpText('after', '\nExamples:\n  dataplat status\n  dataplat status --days 30 --json')
    .action((flags: { days: number }) =>
      invoke(command, async (invocation) => {
        const { ui } = invocation;
        const { chalk } = ui;
        const platform = await invocation.platform();
        const result = await answerOf(invocation, async function* ({ aws }) {
          const operation = await import('../operations/status.js');
          yield* operation.status(platform, aws, { days: flags.days });
        });
        const { application, active, jobs, period } = result;
        ui.document(result, () =>
          [
            `${chalk.bold(application.name)}  ${application.state}  release ${result.release ?? 'none'}`,
            '',
            ...(active.length > 0 ? [runsTable(chalk, active), ''] : []),
            table(
              chalk,
              [
                { title: 'job', value: (job) => job.job },
                { title: 'last run', value: ({ last }) => (last ? coloured(chalk, last.state) : 'never') },
                { title: 'date', value: ({ last }) => last?.date ?? '' },
                { title: 'took', value: ({ last }) => (last ? duration(last.seconds) : ''), align: 'right' },
                {
                  title: 'last success',
                  value: ({ secondsSinceSuccess: age }) => (age === undefined ? '' : `${duration(age)} ago`),
                  align: 'right',
                },
                { title: 'runs', value: (job) => String(job.runs), align: 'right' },
                { title: 'failed', value: (job) => String(job.failed), align: 'right' },
              ],
              jobs,
            ),
            '',
            `${count(period.runs, 'run')} in ${count(period.days, 'day')}: billed ${hours(period.billed.vcpuHours)} vCPU-h, ${hours(period.billed.memoryGbHours)} GB-h${platform.environment.endpoint ? ' (simulated)' : ''}`,
            ...result.next.map((line) => `${chalk.bold('next')}   ${line}`),
          ].join('\n'),
        );
      }),
    );
};
