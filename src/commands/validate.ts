import { quotasText } from '../ui/quotas.js';
import { count } from '../ui/text.js';
import { invoke } from './invocation.js';
import type { DefineVerb } from './verbs.js';

export const validate: DefineVerb = (command) => {
  command
    .description(
      'Checks the whole declaration, every environment included: files, keys, types, names. Says all that is wrong, each\nwith file, line and column, and which default quotas of an AWS account so much would pass. Touches nothing.',
    )
    .addHelpText('after', '\nExamples:\n  dataplat validate\n  dataplat validate --json')
    .action(() =>
      invoke(command, async ({ ui, projectDirectory }) => {
        const { projectFiles } = await import('../project/project-files.js');
        const { invalid, validateProject } = await import('../model/platform.js');
        const { problems, counts, quotas } = validateProject(projectFiles(await projectDirectory()));
        if (problems.length > 0) throw invalid(problems);
        ui.document(
          { valid: true, ...counts, quotas },
          () =>
            [
              'The declaration is valid:',
              [
                count(counts.environments, 'environment'),
                count(counts.datasets, 'dataset'),
                count(counts.sources, 'source'),
                count(counts.jobs, 'job'),
              ].join(', ') + '.',
            ].join(' ') + quotasText(quotas),
        );
      }),
    );
};
