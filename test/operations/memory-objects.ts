import { createHash } from 'node:crypto';
import type { Objects } from '../../src/aws/objects.js';

/** Objects in memory, with a record of the calls; for tests of operations. */
export class MemoryObjects implements Objects {
  readonly stored = new Map<string, Buffer>();
  readonly calls: string[] = [];
  /** When every object was written. */
  modified: Date | undefined;

  head: Objects['head'] = ({ bucket, key }) => {
    this.calls.push(`head ${bucket}/${key}`);
    const found = this.stored.get(`${bucket}/${key}`);
    return Promise.resolve(found && { size: found.length, etag: `"${found.length}"` });
  };

  get: Objects['get'] = ({ bucket, key }) => {
    this.calls.push(`get ${bucket}/${key}`);
    return Promise.resolve(this.stored.get(`${bucket}/${key}`));
  };

  put: Objects['put'] = ({ bucket, key }, body) => {
    this.calls.push(`put ${bucket}/${key}`);
    this.stored.set(`${bucket}/${key}`, Buffer.from(body as Uint8Array));
    return Promise.resolve();
  };

  copy: Objects['copy'] = (from, to) => {
    this.calls.push(`copy ${from.bucket}/${from.key}`);
    const found = this.stored.get(`${from.bucket}/${from.key}`);
    if (!found) return Promise.reject(new Error(`no object ${from.key}`));
    this.stored.set(`${to.bucket}/${to.key}`, found);
    return Promise.resolve();
  };

  list: Objects['list'] = (bucket, prefix, most = Infinity) => {
    this.calls.push(`list ${bucket}/${prefix}`);
    const start = `${bucket}/${prefix}`;
    const found = [...this.stored]
      .filter(([name]) => name.startsWith(start))
      .map(([name, content]) => ({
        key: name.slice(bucket.length + 1),
        size: content.length,
        etag: etagOf(content),
        ...(this.modified && { modified: this.modified }),
      }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    return Promise.resolve(found.slice(0, most));
  };

  folders: Objects['folders'] = (bucket) => {
    const keys = [...this.stored.keys()].filter((name) => name.startsWith(`${bucket}/`));
    const tops = keys.flatMap((name) => /^[^/]+\/([^/]+\/)/.exec(name)?.[1] ?? []);
    return Promise.resolve(keys.length > 0 ? [...new Set(tops)].sort() : undefined);
  };

  remove: Objects['remove'] = (bucket, keys) => {
    for (const key of keys) this.stored.delete(`${bucket}/${key}`);
    return Promise.resolve();
  };
}

/** As S3 makes it of a small object that is not encrypted. */
export function etagOf(content: Buffer): string {
  return createHash('md5').update(content).digest('hex');
}
