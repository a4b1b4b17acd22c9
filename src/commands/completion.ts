import { Argument, type Command } from 'commander';
import { candidates } from '../ui/completion.js';
import { completionScript, shells, type Shell } from '../ui/completion-scripts.js';
import { addGlobalOptions, globalOptionsWithValue } from './global-options.js';
import { invoke, type Invocation } from './invocation.js';
import { verbs, type DefineVerb } from './verbs.js';

export const completion: DefineVerb = (command) => {
  command
    .description(
      'Prints the completion script of a shell: it completes verbs, flags, environments, jobs and datasets.',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices([...shells, 'candidates']))
    .argument(
      '[words...]',
      'of `candidates`, which the scripts call: the words so far, the unfinished one last',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  eval "$(dataplat completion bash)"      # in ~/.bashrc\n  source <(dataplat completion zsh)       # in ~/.zshrc\n  dataplat completion fish | source       # in config.fish',
    )
    .action((shell: Shell | 'candidates', words: string[]) =>
      invoke(command, async (invocation) => {
        if (shell === 'candidates') invocation.ui.raw((await candidatesFor(invocation, words)).join('\n'));
        else invocation.ui.raw(completionScript(shell));
      }),
    );
};

async function candidatesFor(invocation: Invocation, words: readonly string[]): Promise<string[]> {
  return candidates(words, {
    verbs: verbs.flatMap((verb) => [verb.name, ...(verb.alias === undefined ? [] : [verb.alias])]),
    globalFlagsWithValue: globalOptionsWithValue,
    defined: async (name) => {
      const verb = verbs.find((one) => one.name === name || one.alias === name);
      if (!verb) return undefined;
      const { Command } = await import('commander');
      const defined = new Command(name);
      (await verb.load())(defined);
      const withGlobals = (one: Command): void => {
        addGlobalOptions(one);
        one.commands.forEach(withGlobals);
      };
      withGlobals(defined);
      return defined;
    },
    names: async () => {
      const { projectFiles } = await import('../project/project-files.js');
      const { environmentNames } = await import('../model/read-platform.js');
      const files = projectFiles(await invocation.projectDirectory());
      const platform = await invocation.platform();
      return {
        environments: environmentNames(files),
        jobs: platform.jobs.map(({ id, group }) => ({ id, group })),
        datasets: platform.datasets.map(({ id }) => id),
        queries: files
          .list('queries')
          .flatMap((file) => (file.endsWith('.sql') ? [file.slice(0, -'.sql'.length)] : [])),
      };
    },
  });
}
