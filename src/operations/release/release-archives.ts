import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { zipSync, type Zippable } from 'fflate';
import { pack } from 'tar-stream';
import type { ReleaseFile } from './release.js';

/** ZIP knows no time before 1980, and no zone: this is local time on every machine, hence the same bytes. */
const zipEpoch = new Date(1980, 0, 1);

/** A zip archive of files that are given in order; the same files give the same bytes. */
export function zip(files: readonly ReleaseFile[]): Uint8Array {
  const entries: Zippable = {};
  for (const { path, content } of files) entries[path] = [content, { mtime: zipEpoch, os: 3 }];
  return zipSync(entries, { level: 6 });
}

/** A gzipped tar archive of files that are given in order; the same files give the same bytes. */
export async function tarGzip(files: readonly ReleaseFile[]): Promise<Uint8Array> {
  const archive = pack();
  for (const { path, content } of files) {
    archive.entry({ name: path, mtime: new Date(0), mode: 0o644, uid: 0, gid: 0 }, Buffer.from(content));
  }
  archive.finalize();
  return gzipSync(await buffer(archive), { level: 6 });
}
