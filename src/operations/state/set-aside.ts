import { DataplatError } from '../../model/errors.js';
import type { Records } from '../../aws/records.js';
import { brokenText, type BrokenState } from './broken-states.js';

/** A state that was put out of the way, to be put back where nothing comes of what was begun. */
export interface SetAside {
  readonly stack: string;
  readonly name: string;
  /** What it is called now. */
  readonly kept: string;
}

/**
 * Keeps broken states by another name, so that Terraform begins new ones and nobody loses what can be read of the old.
 * @throws DataplatError DP5003 where somebody has written one meanwhile
 */
export async function setAside(
  records: Records,
  broken: readonly BrokenState[],
  now = new Date(),
): Promise<SetAside[]> {
  const kept: SetAside[] = [];
  for (const state of broken) {
    const { stack, name, version } = state;
    if (version === undefined) continue;
    const aside = `${name}.broken-${now.toISOString().slice(0, 19).replaceAll(':', '')}Z`;
    if (!(await records.move(name, aside, version))) {
      await putBack(records, kept);
      throw new DataplatError('DP5003', `somebody else has written ${name} at this moment`, {
        excerpt: [brokenText(state)],
        left: 'the states, as they are',
        next: ['the same command again'],
      });
    }
    kept.push({ stack, name, kept: aside });
  }
  return kept;
}

/** Puts back what was set aside, where nothing new has taken its place. */
export async function putBack(records: Records, aside: readonly SetAside[]): Promise<void> {
  for (const { name, kept } of aside) {
    const found = await records.read(kept);
    // Terraform makes an empty file when it locks a state that is not there.
    const text = (await records.read(name))?.text ?? '';
    if (found && text === '') await records.move(kept, name, found.version);
  }
}
