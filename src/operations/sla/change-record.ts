import type { Records } from '../../aws/records.js';
import { DataplatError } from '../../model/errors.js';

/**
 * Reads a record, changes it and writes it where nobody else has written meanwhile; whoever was slower looks again.
 * `edit` returns what is written, and what the caller is given.
 * @throws DataplatError DP6022 where others are always faster
 */
export async function changeRecord<Content, Made>(
  records: Records,
  name: string,
  edit: (content: Content | undefined) => { readonly content: Content; readonly made: Made },
): Promise<Made> {
  for (let tries = 0; tries < 20; tries += 1) {
    const found = await records.read(name);
    const { content, made } = edit(found && (JSON.parse(found.text) as Content));
    const text = JSON.stringify(content);
    if (text === found?.text) return made;
    const version = found
      ? await records.replace(name, text, found.version)
      : await records.create(name, text);
    if (version !== undefined) return made;
  }
  throw new DataplatError('DP6022', `${name} could not be written: others write it all the time`, {
    left: 'nothing was sent',
    next: ['the same command again'],
  });
}
