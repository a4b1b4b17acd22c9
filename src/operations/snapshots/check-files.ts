import { checksumOf, type Copies } from '../../aws/object-copies.js';
import { uriOf, type ObjectPlace } from '../../aws/objects.js';
import type { KeptFile } from '../../model/snapshots/manifest.js';

/** A file and where it has to be. */
export interface PlacedFile {
  readonly place: ObjectPlace;
  readonly file: KeptFile;
}

/** Reads a file and compares it with what was copied. @returns what is wrong with it, as a line; undefined: nothing */
export async function problemOf({ place, file }: PlacedFile, copies: Copies): Promise<string | undefined> {
  const content = await copies.read(place);
  if (!content) return `${uriOf(place)}  is not there`;
  const { sha256, size } = await checksumOf(content as AsyncIterable<Uint8Array>, file.partBytes);
  if (size !== file.size) return `${uriOf(place)}  has ${size} bytes, not ${file.size}`;
  return sha256 === file.sha256 ? undefined : `${uriOf(place)}  is not what was copied: its checksum differs`;
}
