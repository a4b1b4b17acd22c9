import type { Command } from 'commander';

/** Adds a verb's flags, help and action to its command. */
export type DefineVerb = (command: Command) => void;

export interface Verb {
  readonly name: string;
  readonly alias?: string;
  readonly summary: string;
  /** Loads the verb's own module, which nothing else needs. */
  readonly load: () => Promise<DefineVerb>;
}

/** Every verb, in the order of the help page. */
export const verbs: readonly Verb[] = [
  {
    name: 'validate',
    summary: 'check the whole declaration',
    load: async () => (await import('./validate.js')).validate,
  },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    load: async () => (await import('./completion.js')).completion,
  },
];
