import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { TextDecoder } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type { SourceOptions } from '../../model/source-options.js';
import { unreadable } from './unreadable.js';

const atOnce = 1 << 20;
/** What stands for no letter in Windows-1252. */
const noLetters = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

/** A file as it was delivered, read line by line however long it is. */
export class DeliveredFile {
  readonly encoding: NonNullable<SourceOptions['encoding']>;
  private readonly decoding: string;
  private readonly lineEnd: string;

  /** @throws DataplatError DP2013 where it cannot be read */
  constructor(readonly path: string) {
    const begin = this.begin();
    if (begin.length === 0) throw unreadable(path, 'it is empty', 'a contract is inferred from rows');
    const mark = begin.length > 1 ? begin.readUInt16BE(0) : 0;
    this.decoding = mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : this.decodingOfBytes();
    this.encoding = this.decoding === 'utf-8' || this.decoding === 'windows-1252' ? this.decoding : 'utf-16';
    const text = new TextDecoder(this.decoding).decode(begin);
    this.lineEnd = text.includes('\r') && !text.includes('\n') ? '\r' : '\n';
  }

  /** Its lines without the letter that ends them; a CR before it stays. */
  *lines(): Generator<string> {
    const decoder = new TextDecoder(this.decoding, { fatal: true });
    let rest = '';
    for (const chunk of this.chunks()) {
      const parts = (rest + this.decode(decoder, chunk)).split(this.lineEnd);
      rest = parts.pop() ?? '';
      yield* parts;
    }
    rest += this.decode(decoder);
    if (rest !== '') yield rest;
  }

  private decode(decoder: TextDecoder, chunk?: Uint8Array): string {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch (error) {
      throw unreadable(
        this.path,
        `it has bytes that are not ${this.encoding.toUpperCase()}`,
        undefined,
        error,
      );
    }
  }

  /** UTF-8 where all of it is, else Windows-1252, which nearly every other file is that comes without a mark. */
  private decodingOfBytes(): string {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    let isUtf8 = true;
    let wrong: number | undefined;
    for (const chunk of this.chunks()) {
      if (chunk.includes(0))
        throw unreadable(
          this.path,
          'it has bytes that are zero: it is UTF-16 without a mark, or no text',
          'deliver it as UTF-8',
        );
      wrong ??= noLetters.find((byte) => chunk.includes(byte));
      if (isUtf8) {
        try {
          decoder.decode(chunk, { stream: true });
        } catch {
          isUtf8 = false;
        }
      }
      if (!isUtf8 && wrong !== undefined) break;
    }
    if (isUtf8) {
      try {
        decoder.decode();
        return 'utf-8';
      } catch {
        // It ends within a letter.
      }
    }
    if (wrong === undefined) return 'windows-1252';
    throw unreadable(
      this.path,
      `it is neither UTF-8 nor Windows-1252, which has no letter 0x${wrong.toString(16)}`,
      'deliver it as UTF-8',
    );
  }

  private begin(): Buffer {
    for (const chunk of this.chunks()) return Buffer.from(chunk);
    return Buffer.alloc(0);
  }

  private *chunks(): Generator<Uint8Array> {
    if (/\.gz$/i.test(this.path)) {
      const whole = this.read(() => gunzipSync(readFileSync(this.path)));
      for (let at = 0; at < whole.length; at += atOnce) yield whole.subarray(at, at + atOnce);
      return;
    }
    const file = this.read(() => openSync(this.path, 'r'));
    try {
      for (;;) {
        const chunk = Buffer.allocUnsafe(atOnce);
        const length = this.read(() => readSync(file, chunk));
        if (length === 0) return;
        yield chunk.subarray(0, length);
      }
    } finally {
      closeSync(file);
    }
  }

  private read<Value>(work: () => Value): Value {
    try {
      return work();
    } catch (error) {
      throw unreadable(this.path, error instanceof Error ? error.message : String(error), undefined, error);
    }
  }
}
