import { InvalidArgumentError, Option } from 'commander';
import type { DataplatError } from '../model/errors.js';
import type { Decisions, Question } from '../model/infer/decisions.js';
import { inferenceText, writtenText } from '../ui/inference.js';
import { invoke } from './invocation.js';
import type { DefineVerb } from './verbs.js';

interface Flags {
  readonly name?: string;
  readonly system: string;
  readonly path?: string;
  readonly owner?: string;
  readonly key?: readonly string[];
  readonly delimiter?: string;
  readonly header?: boolean;
  readonly columns?: readonly string[];
  readonly format?: Readonly<Record<string, string>>;
  readonly decimal?: Readonly<Record<string, string>>;
  readonly timezone?: string;
  readonly overlap?: 'earlier' | 'later';
  readonly sheet?: string;
  readonly skipRows?: number;
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

export const contract: DefineVerb = (command) => {
  const infer = command.command('infer');
  command.description('Data contracts.');
  infer
    .description(
      'Writes a contract, a source and its job for a delivered file: CSV, JSON with an object a line, also packed as .gz, Parquet, Avro, or a sheet of a workbook (.xlsx). Types are those that the file declares, else as narrow as every value allows. What can be read in two ways is never guessed: it is asked at a terminal, else all of it is named and nothing is written.',
    )
    .argument('<file>', 'a delivered file, on this machine')
    .option('--name <table>', "what the table is called (default: by the file's name)")
    .option('--system <system>', 'the system that delivers it', 'files')
    .option('--path <folder>', 'where it is delivered, with {date} (default: <system>/<table>/{date}/)')
    .option('--owner <e-mail>', 'whose data it is')
    .option('--key <columns>', 'columns that tell rows apart', names)
    .option('--delimiter <letter>', 'what stands between fields; tab for a tab', delimiter)
    .option('--header', 'the first record names the fields')
    .option('--no-header', 'files begin with their rows')
    .option('--sheet <name>', 'which sheet of a workbook is delivered')
    .option('--skip-rows <count>', 'rows of a sheet above its header', rowCount)
    .option('--columns <names>', 'the names of the fields of files without a header', names)
    .option(
      '--format <column=format>',
      'how its dates come (dd/MM/yyyy), or number or text; may be repeated',
      pair,
    )
    .option(
      '--decimal <mark>',
      'what stands before the fraction of numbers; <column=mark> of one column',
      mark,
    )
    .option('--timezone <zone>', 'the zone of times that come without one: Europe/Berlin')
    .addOption(
      new Option('--overlap <which>', 'which of both a time is that clocks showed twice').choices([
        'earlier',
        'later',
      ]),
    )
    .option('--dry-run', 'print what would be written')
    .option('--force', 'write over a contract and a source that are there')
    .addHelpText(
      'after',
      "\nExamples:\n  dataplat contract infer customers.csv --owner sales@example.com --dry-run\n  dataplat contract infer orders_2026-01-05.csv --system shop --owner shop@example.com \\\n    --timezone Europe/Berlin --format 'ordered=dd/MM/yyyy' --decimal ,",
    )
    .action((file: string, flags: Flags) =>
      invoke(infer, async ({ ui, projectDirectory }) => {
        const directory = await projectDirectory();
        const { projectFiles } = await import('../project/project-files.js');
        const { inferContract } = await import('../operations/infer/infer-contract.js');
        const { declarationWith, writeDeclaration } =
          await import('../operations/infer/write-declaration.js');
        const { answered } = await import('../model/infer/decisions.js');
        const files = projectFiles(directory);
        let decisions = decisionsOf(
          infer.getOptionValueSource('header') === 'cli' ? flags : { ...flags, header: undefined },
        );
        for (;;) {
          const found = await inferContract(files, {
            file,
            system: flags.system,
            force: flags.force === true,
            decisions,
            ...(flags.name !== undefined && { name: flags.name }),
            ...(flags.path !== undefined && { path: flags.path }),
          });
          if ('questions' in found) {
            if (!ui.interactive) throw await untold(file, found.questions);
            for (const question of found.questions) {
              const of =
                question.answers.length > 0 ? ` [${question.answers.join(' / ')}]` : ` (${question.hint})`;
              const answer = (await ui.ask(`${question.message}.\nWhich is it?${of} `)).trim();
              if (answer === '' || (question.answers.length > 0 && !question.answers.includes(answer)))
                throw await untold(file, [question]);
              decisions = answered(decisions, question, answer === 'tab' ? '\t' : answer);
            }
            continue;
          }
          const { inference } = found;
          const written = declarationWith(files, inference.files);
          if (flags.dryRun !== true) writeDeclaration(directory, written);
          const { files: _, ...seen } = inference;
          ui.say(inferenceText(ui.chalk, inference));
          ui.document({ ...seen, written: flags.dryRun !== true, files: written }, () =>
            writtenText(inference, Object.keys(written), flags.dryRun === true),
          );
          return 0;
        }
      }),
    );
};

function decisionsOf(flags: Omit<Flags, 'header'> & { readonly header?: boolean | undefined }): Decisions {
  const {
    format = {},
    decimal = {},
    delimiter: given,
    header,
    columns,
    timezone,
    overlap,
    sheet,
    skipRows,
    key,
    owner,
  } = flags;
  return {
    formats: format,
    decimals: decimal,
    ...(given !== undefined && { delimiter: given }),
    ...(header !== undefined && { header }),
    ...(columns && { columns, header: false }),
    ...(timezone !== undefined && { timezone }),
    ...(overlap !== undefined && { overlap }),
    ...(sheet !== undefined && { sheet }),
    ...(skipRows !== undefined && { skipRows }),
    ...(key && { key }),
    ...(owner !== undefined && { owner }),
  };
}

async function untold(file: string, questions: readonly Question[]): Promise<DataplatError> {
  const { DataplatError: Failure } = await import('../model/errors.js');
  const count = questions.length === 1 ? '1 thing' : `${questions.length} things`;
  return new Failure('DP2012', `${file} does not tell ${count}, and nothing is guessed`, {
    problems: questions.map(({ line, message, hint }) => ({
      code: 'DP2012',
      location: { file, line, column: 1 },
      message,
      hint,
    })),
    left: 'nothing was written',
  });
}

function names(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

function rowCount(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('expected a number of rows.');
  return Number(text);
}

function delimiter(text: string): string {
  const letter = text === 'tab' || text === '\\t' ? '\t' : text;
  if (!/^[^\r\n"]$/u.test(letter)) throw new InvalidArgumentError('expected one letter, or tab.');
  return letter;
}

function pair(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.lastIndexOf('=');
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('expected column=format.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function mark(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  if (text !== '.' && text !== ',' && !/=[.,]$/.test(text))
    throw new InvalidArgumentError('expected a point or a comma, or column= before it.');
  return { ...before, [text.slice(0, -1).replace(/=$/, '')]: text.slice(-1) };
}
