import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';

/** A file is looked at so often while somebody writes it: of a network's file nothing tells that it has grown. */
const pauseMilliseconds = 100;

/**
 * The lines of a file that somebody else writes, as they come, to the last one.
 * @param ended resolves when nothing more is written
 */
export async function* saidLines(file: string, ended: Promise<unknown>): AsyncGenerator<string, void, void> {
  let over = false;
  const waking = new AbortController();
  const noteEnd = (): void => {
    over = true;
    waking.abort();
  };
  ended.then(noteEnd, noteEnd);
  const reading = await open(file, 'r');
  const decoder = new StringDecoder('utf8');
  const buffer = Buffer.alloc(64 * 1024);
  let rest = '';
  try {
    for (;;) {
      // What is written before the end is known is read behind it.
      const last = over;
      const { bytesRead } = await reading.read(buffer, 0, buffer.length, null);
      if (bytesRead > 0) {
        const lines = (rest + decoder.write(buffer.subarray(0, bytesRead))).split('\n');
        rest = lines.pop() ?? '';
        yield* lines;
      } else if (last) {
        break;
      } else if (!over) {
        await sleep(pauseMilliseconds, undefined, { signal: waking.signal }).catch(() => undefined);
      }
    }
    if (rest !== '') yield rest;
  } finally {
    await reading.close();
  }
}
