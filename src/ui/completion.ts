import type { Command, Option } from 'commander';
import { layers } from '../model/layers.js';

/** What the declaration has to offer for completion. */
export interface DeclaredNames {
  readonly environments: readonly string[];
  readonly jobs: readonly { readonly id: string; readonly group: string }[];
  readonly datasets: readonly string[];
  readonly queries: readonly string[];
}

export interface CompletionSource {
  readonly verbs: readonly string[];
  /** Flags of every verb that a value follows: they may stand before the verb. */
  readonly globalFlagsWithValue: readonly string[];
  /** A verb with its flags and sub-commands; undefined where there is none of that name. */
  readonly defined: (verb: string) => Promise<Command | undefined>;
  /** Read only where a name is asked for; a declaration that is wrong completes nothing rather than failing. */
  readonly names: () => Promise<DeclaredNames>;
}

/** The words that may stand in the place of the last, unfinished one. */
export async function candidates(words: readonly string[], source: CompletionSource): Promise<string[]> {
  const unfinished = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  return (await possible(before, unfinished, source)).filter((word) => word.startsWith(unfinished)).sort();
}

async function possible(
  before: readonly string[],
  unfinished: string,
  source: CompletionSource,
): Promise<string[]> {
  const previous = before.at(-1) ?? '';
  if (['-e', '--env', '-t', '--target'].includes(previous))
    return namesOf(source, (names) => names.environments);
  const [name] = withoutFlags(before, source.globalFlagsWithValue);
  if (name === undefined) {
    if (!unfinished.startsWith('-')) return [...source.verbs];
    return source.globalFlagsWithValue.filter((flag) => flag.startsWith('--'));
  }
  const verb = await source.defined(name);
  if (!verb) return [];
  const plain = withoutFlags(before, flagsWithValue(verb));
  const command = verb.commands.find((one) => one.name() === plain[1]) ?? verb;
  const taking = command.options.find(
    (option) => previous !== '' && [option.short, option.long].includes(previous),
  );
  if (taking && (taking.required || taking.optional))
    return taking.argChoices ? [...taking.argChoices] : forFlag(taking, source);
  if (unfinished.startsWith('-'))
    return command.options.flatMap((option) => (option.hidden ? [] : [option.long ?? option.short ?? '']));
  if (command === verb && verb.commands.length > 0) return verb.commands.map((one) => one.name());
  const position = plain.length - (command === verb ? 1 : 2);
  const argument = command.registeredArguments[Math.min(position, command.registeredArguments.length - 1)];
  if (argument?.argChoices) return argument.argChoices.filter((choice) => choice !== 'candidates');
  return forArgument(verb.name(), plain.slice(1), source);
}

/** The words that are neither flags nor what flags are given. */
function withoutFlags(words: readonly string[], withValue: readonly string[]): string[] {
  return words.filter((word, index) => {
    const previous = words[index - 1];
    return !word.startsWith('-') && (previous === undefined || !withValue.includes(previous));
  });
}

function flagsWithValue(verb: Command): string[] {
  return [verb, ...verb.commands].flatMap((one) =>
    one.options.flatMap(({ required, short, long }) => (required ? [short ?? [], long ?? []].flat() : [])),
  );
}

function forFlag(option: Option, source: CompletionSource): Promise<string[]> {
  if (option.long === '--job') return namesOf(source, (names) => names.jobs.map(({ id }) => id));
  return Promise.resolve([]);
}

function forArgument(verb: string, given: readonly string[], source: CompletionSource): Promise<string[]> {
  switch (verb) {
    case 'backfill':
      return given.length > 1
        ? Promise.resolve([])
        : namesOf(source, ({ jobs }) => [...layers, ...jobs.map(({ id }) => id)]);
    case 'submit':
      return namesOf(source, ({ jobs }) =>
        given[0] === undefined
          ? [...new Set(jobs.map(({ group }) => group)), ...jobs.map(({ id }) => id)]
          : jobs.filter(({ group }) => group === given[0]).map(({ id }) => id),
      );
    case 'query':
      return namesOf(source, ({ queries }) => queries);
    case 'glue':
      return namesOf(source, ({ datasets }) => datasets);
    default:
      return Promise.resolve([]);
  }
}

async function namesOf(
  source: CompletionSource,
  pick: (names: DeclaredNames) => readonly string[],
): Promise<string[]> {
  try {
    return [...pick(await source.names())];
  } catch {
    return [];
  }
}
