import { count } from '../ui/text.js';
import { invoke } from './invocation.js';
import type { DefineVerb } from './verbs.js';

export const synth: DefineVerb = (command) => {
  command
    .description(
      'Writes the Terraform of an environment into cdktf.out/, the same bytes that `npx cdktf synth` writes for it.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat synth --env prod\n  DATAPLAT_ENV=prod npx cdktf synth   # the same',
    )
    .action(() =>
      invoke(command, async ({ ui, platform, projectDirectory }) => {
        const operation = await import('../operations/synth.js');
        const result = await ui.follow(
          operation.synth({ platform: await platform(), projectDirectory: await projectDirectory() }),
        );
        ui.result(
          { ...result },
          () =>
            `${count(result.stacks.length, 'stack')} in ${result.outputDirectory}: ${result.stacks.join(', ')}`,
        );
      }),
    );
};
