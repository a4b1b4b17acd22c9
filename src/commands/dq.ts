import { Option } from 'commander';
import { dateOf, yesterday } from '../model/date.js';
import { failOn, type FailOn } from '../model/checks.js';
import { qualityTables } from '../ui/quality.js';
import { invoke } from './invocation.js';
import { onAccount } from './with-access.js';
import type { DefineVerb } from './verbs.js';

interface Flags {
  readonly date?: string;
  readonly failOn: FailOn;
  readonly follow?: boolean;
  readonly release?: string;
}

export const dq: DefineVerb = (command) => {
  const run = command.command('run');
  command.description('The quality of the data.');
  run
    .description(
      'Holds a dataset, all of a layer or all layers against contracts and config/shared/dq_thresholds.yaml, by the jobs that check. What an earlier check of the date found is replaced.',
    )
    .argument('[dataset|layer]', 'default: everything that is checked')
    .option('--date <YYYY-MM-DD>', 'the logical date (default: yesterday, UTC)')
    .addOption(
      new Option('--fail-on <severity>', 'the severity that fails the check')
        .choices(failOn)
        .default('error'),
    )
    .option('--follow', "show the drivers' output while they run")
    .option('--release <id>', 'run this release (default: the one deployed last)')
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat dq run crm_accounts_bronze --date 2026-01-05\n  dataplat dq run bronze --date 2026-01-05 --fail-on warn',
    )
    .action((what: string | undefined, flags: Flags) =>
      invoke(run, async (invocation) => {
        const { ui, signal } = invocation;
        const { checksOf } = await import('../model/checks.js');
        const platform = await invocation.platform();
        const checks = checksOf(platform, what);
        const date = flags.date === undefined ? yesterday(new Date()) : dateOf(flags.date);
        const { unmet } = await import('../operations/check-quality.js');
        const result = await ui.follow(
          await onAccount(invocation, async function* (access) {
            const { checkQuality } = await import('../operations/check-quality.js');
            const { projectFiles } = await import('../project/project-files.js');
            yield* checkQuality(platform.environment, projectFiles(access.projectDirectory), access.aws, {
              checks,
              date,
              failOn: flags.failOn,
              signal,
              ...(flags.follow !== undefined && { follow: flags.follow }),
              ...(flags.release !== undefined && { release: flags.release }),
            });
          }),
        );
        ui.result({ ...result }, () => qualityTables(ui.chalk, result.datasets));
        for (const page of result.docs) ui.say(`      data docs ${page}`);
        if (!result.passed) throw unmet(result);
      }),
    );
};
