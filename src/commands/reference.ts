import { Command, type Option } from 'commander';
import { addGlobalOptions } from './global-options.js';
import { verbs } from './verbs.js';

/** The reference of the command line as Markdown, made from the commands themselves. */
export async function commandLineReference(): Promise<string> {
  const everywhere = new Command('dataplat');
  addGlobalOptions(everywhere);
  const sections = await Promise.all(
    verbs.map(async (verb) => {
      const command = new Command(verb.name).summary(verb.summary);
      if (verb.alias !== undefined) command.alias(verb.alias);
      (await verb.load())(command);
      return [command, ...command.commands]
        .map((one) => section(one, one === command ? [] : [verb.name]))
        .join('\n');
    }),
  );
  return [
    '# The command line',
    '',
    'Made from the program by `npm run generate`; a test says when it is stale.',
    '',
    '`dataplat <verb> [object] [flags]`. The environment is `--env`, else `$DATAPLAT_ENV`, else `local`. Precedence everywhere: flag, then',
    'environment variable, then file. The result goes to stdout, everything else to stderr.',
    '',
    '## On every verb',
    '',
    ...everywhere.options.filter((option) => !option.hidden).map(line),
    '',
    '## Exit codes',
    '',
    '| code | meaning |',
    '| --- | --- |',
    '| 0 | done |',
    '| 1 | the operation failed |',
    '| 2 | wrong usage, or an invalid declaration; with `diff --detailed-exitcode`: there are changes |',
    '| 3 | partly done |',
    '| 4 | refused by a guard: protected environment, wrong account, data loss, nobody agreed |',
    '| 130 | interrupted |',
    '| 141 | whoever read the output has stopped reading |',
    '',
    'A failure says what happened, what was left as it was, and what to type next; [ERRORS.md](ERRORS.md) lists the codes in brackets.',
    'With `--json`, a short verb prints one document; a long one an event a line, the last of them `{"type":"result",…}`.',
    'No failure and no event shows a password of an address or the value of a variable such as `AWS_SECRET_ACCESS_KEY`: `***` stands for it.',
    '',
    ...sections,
  ].join('\n');
}

function section(command: Command, parents: readonly string[]): string {
  const words = ['dataplat', ...parents, command.name()];
  const usage = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}${argument.variadic ? '...' : ''}]`,
  );
  return [
    `${parents.length > 0 ? '###' : '##'} ${words.slice(1).join(' ')}`,
    '',
    `\`${[...words, ...usage].join(' ')}\`${command.alias() ? ` (also \`${command.alias()}\`)` : ''}`,
    '',
    command.description().replaceAll('\n', ' '),
    '',
    ...command.registeredArguments.map((argument) => `- \`${argument.name()}\`: ${argument.description}`),
    ...command.options.filter((option) => !option.hidden).map(line),
    ...(command.registeredArguments.length + command.options.length > 0 ? [''] : []),
  ].join('\n');
}

function line(option: Option): string {
  return `- \`${option.flags}\`: ${option.description}${option.argChoices ? ` (${option.argChoices.join(', ')})` : ''}`;
}
