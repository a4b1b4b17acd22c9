import { setImmediate } from 'node:timers/promises';
import type { Records } from '../../src/aws/records.js';

/** Records as S3's conditional writes keep them, in memory: each call takes its turn, and one of two writers loses. */
export class MemoryRecords implements Records {
  private readonly stored = new Map<string, { text: string; version: string }>();
  private writings = 0;

  read: Records['read'] = async (name) => {
    await setImmediate();
    return this.stored.get(name);
  };

  create: Records['create'] = async (name, text) => {
    await setImmediate();
    return this.stored.has(name) ? undefined : this.write(name, text);
  };

  replace: Records['replace'] = async (name, text, version) => {
    await setImmediate();
    return this.stored.get(name)?.version === version ? this.write(name, text) : undefined;
  };

  remove: Records['remove'] = async (name, version) => {
    await setImmediate();
    return this.stored.get(name)?.version === version && this.stored.delete(name);
  };

  move: Records['move'] = async (name, to, version) => {
    await setImmediate();
    const found = this.stored.get(name);
    if (found?.version !== version) return false;
    this.write(to, found.text);
    return this.stored.delete(name);
  };

  list: Records['list'] = (prefix) =>
    Promise.resolve([...this.stored.keys()].filter((name) => name.startsWith(prefix)).sort());

  private write(name: string, text: string): string {
    this.writings += 1;
    const version = String(this.writings);
    this.stored.set(name, { text, version });
    return version;
  }
}
