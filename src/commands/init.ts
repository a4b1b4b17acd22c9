import { basename, relative, resolve } from 'node:path';
import { count } from '../ui/text.js';
import { invoke } from './invocation.js';
import type { DefineVerb } from './verbs.js';

interface InitFlags {
  readonly name?: string;
  readonly account?: string;
  readonly force?: boolean;
}

export const init: DefineVerb = (command) => {
  command
    .argument('<directory>', 'the folder of the new project')
    .description(
      'Makes a new project: environments, one dataset from files in bronze and silver, a job for each, a DAG, a query and\nsamples. It can be deployed as it stands. --region is the region of its environments.',
    )
    .option('--name <name>', "what every name in AWS begins with (default: the folder's name)")
    .option('--account <id>', 'the account of dev and prod (default: numbers of nobody, to be replaced)')
    .option('--force', 'add what is missing to a folder that is not empty; nothing is written over')
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat init my-lake\n  dataplat init . --name my-lake --account 111122223333 --region eu-west-1',
    )
    .action((directory: string, flags: InitFlags) =>
      invoke(command, async ({ ui, region }) => {
        const operation = await import('../operations/init.js');
        const result = await operation.init({
          directory: resolve(directory),
          name: flags.name ?? basename(resolve(directory)),
          account: flags.account,
          region,
          force: flags.force === true,
        });
        const place = relative(process.cwd(), result.directory);
        ui.document({ ...result }, () =>
          [
            `${count(result.written.length, 'file')} written to ${result.directory}.`,
            ...(result.left.length > 0
              ? [
                  `There already, and as they were: ${ui.verbose ? result.left.join(', ') : count(result.left.length, 'file')}.`,
                ]
              : []),
            'Next:',
            ...(place === '' ? [] : [`  cd ${place}`]),
            '  dataplat validate',
            '  dataplat deploy --env local',
            '  dataplat submit ingest customers --date 2026-01-05',
          ].join('\n'),
        );
      }),
    );
};
