import { readFile, stat } from 'node:fs/promises';
import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { messageOf } from '../message-of.js';
import type { ObjectStore } from './object-store.js';
import { s3Place } from './object-store.js';

export interface LogFile {
  /** Local file that the driver writes. */
  readonly file: string;
  /** Its name as EMR gives it: `stdout` or `stderr`. */
  readonly name: string;
}

/** Copies a driver's output to S3 while it runs, gzip as EMR writes it, and a last time at the end. */
export class DriverLogs {
  readonly #store: ObjectStore;
  readonly #prefix: string | undefined;
  readonly #files: readonly LogFile[];
  readonly #report: (line: string) => void;
  readonly #sent = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();

  /** @param prefix `s3://…/SPARK_DRIVER/`; without one nothing is copied */
  constructor(
    store: ObjectStore,
    prefix: string | undefined,
    files: readonly LogFile[],
    report: (line: string) => void,
  ) {
    this.#store = store;
    this.#prefix = prefix;
    this.#files = files;
    this.#report = report;
  }

  start(milliseconds: number): void {
    this.#timer = setInterval(() => void this.#send(false), milliseconds);
    this.#timer.unref();
  }

  /** Writes what there is for the last time. A bucket that does not take it is reported, not thrown. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    await this.#send(true);
  }

  #send(last: boolean): Promise<void> {
    this.#sending = this.#sending.then(async () => {
      for (const { file, name } of this.#files) {
        const size = await stat(file).then(
          (found) => found.size,
          () => 0,
        );
        if (this.#sent.get(name) === size || (size === 0 && !last)) continue;
        try {
          const packed = await promisify(gzip)(size === 0 ? Buffer.alloc(0) : await readFile(file), {
            level: 1,
          });
          const place = s3Place(`${this.#prefix ?? ''}${name}.gz`);
          if (place !== undefined) await this.#store.upload(place, packed, { type: 'application/x-gzip' });
          this.#sent.set(name, size);
        } catch (error) {
          this.#report(`cannot write ${name}.gz: ${messageOf(error)}`);
        }
      }
    });
    return this.#sending;
  }
}

/** Where the logs of an attempt go, under a log URI; where several attempts are allowed, each has a place of its own. */
export function logPrefix(
  logUri: string | undefined,
  run: { readonly applicationId: string; readonly jobRunId: string },
  attempt: { readonly number: number; readonly several: boolean },
): string | undefined {
  if (logUri === undefined) return undefined;
  const base = `${logUri.replace(/\/*$/, '/')}applications/${run.applicationId}/jobs/${run.jobRunId}/`;
  return `${base}${attempt.several ? `attempts/${attempt.number}/` : ''}SPARK_DRIVER/`;
}
