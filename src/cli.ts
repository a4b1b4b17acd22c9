import { Command, CommanderError } from 'commander';
import { verbs } from './commands/verbs.js';
import { errorCodes } from './model/errors.js';
import { withoutSecrets } from './model/without-secrets.js';
import { addGlobalOptions, globalOptionsWithValue } from './commands/global-options.js';
import { settleHome } from './toolchain/home-directory.js';
import { codeOfLostOutput, watchOutput } from './ui/output.js';

/** Runs one command line. Only the module of the verb that is named is loaded. @returns the exit code (docs/CLI.md) */
export async function main(argv: readonly string[]): Promise<number> {
  watchOutput();
  const code = await run(argv);
  // Whether the last of it arrived is known once it was handed over.
  await Promise.all([process.stdout, process.stderr].map(handedOver));
  return codeOfLostOutput() || code;
}

/** Resolves when a stream has taken all that was written to it, or has said that it cannot. */
function handedOver(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) setImmediate(resolve);
    else stream.write('', () => resolve());
  });
}

async function run(argv: readonly string[]): Promise<number> {
  const json = asksForJson(argv);
  const program = new Command('dataplat')
    .description(
      "A data team's own AWS lakehouse: declared once in config/, run the same way on a laptop and on AWS.",
    )
    .usage('<verb> [object] [flags]')
    .helpCommand(false)
    .version(await version(), '-V, --version', 'print the version')
    .addHelpText(
      'after',
      '\nThe environment is --env, else $DATAPLAT_ENV, else local.\ndataplat <verb> --help says more of a verb.',
    )
    .showSuggestionAfterError()
    .configureOutput({ outputError: usageErrors(json) })
    .exitOverride();
  addGlobalOptions(program);
  const named = verbOf(argv);
  for (const verb of verbs) {
    const command = program.command(verb.name).summary(verb.summary).description(verb.summary);
    if (verb.alias) command.alias(verb.alias);
    if (named !== undefined && (named === verb.name || named === verb.alias)) {
      const define = await verb.load();
      define(command);
      inherit(command, json);
    }
  }
  try {
    settleHome();
    if (named === undefined && !argv.some((word) => ['-h', '--help', '-V', '--version'].includes(word))) {
      program.outputHelp({ error: true });
      if (json) usageErrors(json)('no verb is named', () => undefined);
      return 2;
    }
    await program.parseAsync(argv, { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      // Its help is all that was said, to people.
      if (json && error.code === 'commander.help')
        usageErrors(json)('what the verb is to do is not named; its --help lists it', () => undefined);
      return 2;
    }
    const { showError } = await import('./ui/show-error.js');
    return showError(error, {
      json,
      verbose: argv.includes('-v') || argv.includes('--verbose'),
    });
  }
}

/** What every command of a verb has: the global flags, and usage errors that end in exit code 2. */
function inherit(command: Command, json: boolean): void {
  command
    .exitOverride()
    .helpCommand(false)
    .showSuggestionAfterError()
    .configureOutput({ outputError: usageErrors(json) });
  if (command.commands.length === 0) addGlobalOptions(command);
  for (const child of command.commands) inherit(child, json);
}

/** Wrong usage in the shape of every other failure: a line, or a document where programs read. */
function usageErrors(json: boolean): (text: string, write: (text: string) => void) => void {
  return (text, write) => {
    const message = withoutSecrets(
      text
        .trim()
        .replace(/^error: /, '')
        .split('\n')
        .join(' '),
      process.env,
    );
    if (!json) write(`error  ${message}  [DP1001]\n`);
    else {
      const error = { code: 'DP1001', title: errorCodes.DP1001.title, message };
      process.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`);
    }
  };
}

/** Before the flags are read: `--json`, or `--output json` in one of its spellings. */
function asksForJson(argv: readonly string[]): boolean {
  return argv.some(
    (word, index) =>
      word === '--json' ||
      word === '--output=json' ||
      word === '-ojson' ||
      ((word === '--output' || word === '-o') && argv[index + 1] === 'json'),
  );
}

/** The first word that is neither a flag nor a flag's value. */
function verbOf(argv: readonly string[]): string | undefined {
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') return argv[index + 1];
    if (!word.startsWith('-')) return word;
    if (globalOptionsWithValue.includes(word)) index += 1;
  }
  return undefined;
}

async function version(): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
