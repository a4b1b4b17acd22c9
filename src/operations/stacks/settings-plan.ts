import type { StackKind } from '../../model/names.js';
import type { Steps } from '../events.js';

/** Something that a deploy sets itself, for Terraform cannot. */
export interface Setting {
  /** The stack that holds what it is about. */
  readonly stack: StackKind;
  /** What it is about, for example `EMR application dataplat-dev`. */
  readonly of: string;
  /** What becomes of it. */
  readonly text: string;
}

/** Settings that are not as declared, and how they become so. */
export interface SettingsPlan {
  readonly settings: readonly Setting[];
  /** @returns whether anything was changed */
  readonly apply: () => Steps<boolean>;
}

/** A plan that has nothing to do. */
export const noSettings: SettingsPlan = {
  settings: [],
  // oxlint-disable-next-line require-yield -- there is nothing to tell
  apply: async function* () {
    return Promise.resolve(false);
  },
};
