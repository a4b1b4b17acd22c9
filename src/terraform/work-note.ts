import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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

/** That a terraform is at work on a stack, or was when it was last heard of. It lies beside what terraform says. */
export type WorkNote = z.infer<typeof noteSchema>;

/**
 * Notes a terraform that changes a stack and has just been started. Written at once, for we may be killed the next moment;
 * it appears whole or not at all.
 */
export function noteWork(dataDirectory: string, pid: number): void {
  note(join(dataDirectory, workFile), pid);
}

/** The same of one that only looks, as a plan does, of which several processes may have one: it too locks the state. */
export function noteLook(dataDirectory: string, pid: number): void {
  note(lookFile(dataDirectory), pid);
}

/** What is noted; undefined where the last change came to an end that was seen. */
export function notedWork(dataDirectory: string): WorkNote | undefined {
  return noteIn(join(dataDirectory, workFile));
}

/** Those that look, of all processes, or did when they were last heard of. */
export function notedLooks(dataDirectory: string): WorkNote[] {
  return namesIn(dataDirectory)
    .filter((name) => lookName.test(name))
    .flatMap((name) => noteIn(join(dataDirectory, name)) ?? []);
}

export function forgetWork(dataDirectory: string): void {
  rmSync(join(dataDirectory, workFile), { force: true });
}

/** @param by process id of the dataplat that started it. Default: this one */
export function forgetLook(dataDirectory: string, by = process.pid): void {
  rmSync(lookFile(dataDirectory, by), { force: true });
}

/** Whether that terraform works on although whoever started it is gone. */
export function isLeftAtWork({ terraform, by }: WorkNote): boolean {
  return isProcess(terraform) && !isProcess(by);
}

/** Whether it was ended before it could say that it was done. */
export function isCutOff({ terraform }: WorkNote): boolean {
  return !isProcess(terraform);
}

const workFile = 'at-work.json';
const lookName = /^looking-\d+\.json$/;

function lookFile(dataDirectory: string, by = process.pid): string {
  return join(dataDirectory, `looking-${by}.json`);
}

function note(file: string, pid: number): void {
  const noted: WorkNote = {
    terraform: { pid, processStart: processStartOf(pid) },
    by: { pid: process.pid, processStart: processStartOf(process.pid) },
    since: new Date().toISOString(),
  };
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(noted));
  renameSync(`${file}.${process.pid}`, file);
}

function noteIn(file: string): WorkNote | undefined {
  try {
    return noteSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
