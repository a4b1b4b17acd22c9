import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isProcess, processStartOf } from '../toolchain/file-lock.js';

const processSchema = z.strictObject({ pid: z.int().positive(), processStart: z.string().nullable() });

const noteSchema = z.strictObject({
  terraform: processSchema,
  /** The dataplat that started it, which it may outlive. */
  by: processSchema,
  since: z.iso.datetime(),
});

/** That a terraform changes a stack, or did when it was last heard of. It lies beside what terraform says. */
export type WorkNote = z.infer<typeof noteSchema>;

/**
 * Notes a terraform that has just been started. Written at once, for we may be killed the next moment; it appears whole
 * or not at all.
 */
export function noteWork(dataDirectory: string, pid: number): void {
  const note: WorkNote = {
    terraform: { pid, processStart: processStartOf(pid) },
    by: { pid: process.pid, processStart: processStartOf(process.pid) },
    since: new Date().toISOString(),
  };
  const file = fileIn(dataDirectory);
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(note));
  renameSync(`${file}.${process.pid}`, file);
}

/** What is noted; undefined where the last change came to an end that was seen. */
export function notedWork(dataDirectory: string): WorkNote | undefined {
  try {
    return noteSchema.parse(JSON.parse(readFileSync(fileIn(dataDirectory), 'utf8')));
  } catch {
    return undefined;
  }
}

export function forgetWork(dataDirectory: string): void {
  rmSync(fileIn(dataDirectory), { force: true });
}

/** Whether that terraform works on although whoever started it is gone. */
export function isLeftAtWork({ terraform, by }: WorkNote): boolean {
  return isProcess(terraform) && !isProcess(by);
}

/** Whether it was ended before it could say that it was done. */
export function isCutOff({ terraform }: WorkNote): boolean {
  return !isProcess(terraform);
}

function fileIn(dataDirectory: string): string {
  return join(dataDirectory, 'at-work.json');
}
