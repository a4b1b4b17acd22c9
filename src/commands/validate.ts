import { quotasText } from '../ui/quotas.js';
import { count } from '../ui/text.js';
import { invoke } from './invocation.js';
import type { DefineVerb } from './verbs.js';

export const validate: DefineVerb = (command) => {
  command
    .description(
      'Checks the whole declaration, every environment included: files, keys, types, names, and what every query reads. Says\nall that is wrong, each with file, line and column, which queries, jobs, grants and masking rules a changed contract\nbreaks, and which default quotas of an AWS account so much would pass. Touches nothing.',
    )
    .option('--against <revision>', 'the revision of Git with which contracts are compared', 'HEAD')
    .addHelpText(
      'after',
      '\nExamples:\n  dataplat validate\n  dataplat validate --against origin/main --json',
    )
    .action(({ against }: { against: string }) =>
      invoke(command, async ({ ui, projectDirectory }) => {
        const { projectFiles } = await import('../project/project-files.js');
        const { invalid, validateProject } = await import('../model/read-platform.js');
        const { problems, counts, quotas } = validateProject(projectFiles(await projectDirectory()));
        if (problems.length > 0) throw invalid(problems);
        const { impactOfProject } = await import('./impact.js');
        const impact = await impactOfProject(await projectDirectory(), against, ui);
        const { breachLines } = await import('../ui/impact.js');
        if (impact.problems.length > 0) {
          if (impact.breaches.length > 0) ui.say(breachLines(ui.chalk, impact.breaches, against).trim());
          throw invalid(impact.problems);
        }
        ui.document({ valid: true, ...counts, quotas, breaks: impact.breaches }, () =>
          [
            'The declaration is valid:',
            [
              count(counts.environments, 'environment'),
              count(counts.datasets, 'dataset'),
              count(counts.sources, 'source'),
              count(counts.jobs, 'job'),
              ...(impact.queries > 0 ? [count(impact.queries, 'query', 'queries')] : []),
            ].join(', ') + '.',
          ]
            .join(' ')
            .concat(quotasText(quotas), breachLines(ui.chalk, impact.breaches, against)),
        );
      }),
    );
};
