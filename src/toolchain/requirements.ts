import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageDirectory } from '../project/project-directory.js';

/** A pinned list under requirements/, for example `jobs.txt`. */
export function requirementsFile(name: string): string {
  return join(packageDirectory, 'requirements', name);
}

/**
 * `jobs`: Spark and what the jobs import. `local`: the emulators, duckdb, deltalake, sqlglot and the AWS CLI.
 * `airflow`: Airflow as MWAA has it. `review`: what the tests hold the synthesized infrastructure against. `dbt`: a client of
 * Athena that the tests run.
 */
export type EnvironmentName = 'jobs' | 'local' | 'airflow' | 'review' | 'dbt';

/** What each virtual environment holds. The checks' tools are in the repository alone, not in an installed package. */
export function requirementsOf(environment: EnvironmentName): readonly string[] {
  const checks = new Map<EnvironmentName, string>([
    ['jobs', 'dev.txt'],
    ['airflow', 'airflow-dev.txt'],
  ]).get(environment);
  const names = [`${environment}.txt`, ...(checks === undefined ? [] : [checks])];
  return names.map(requirementsFile).filter((file) => existsSync(file));
}

/** The version of a package that a list pins. */
export function pinnedVersion(list: string, name: string): string {
  const pinned = new RegExp(`^${name}==(\\S+)`, 'm').exec(readFileSync(requirementsFile(list), 'utf8'));
  if (pinned?.[1] === undefined) throw new Error(`${list} does not pin ${name}`);
  return pinned[1];
}

/** Names a content: sixteen hexadecimal digits of its SHA-256. */
export function shortHash(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
}

export function hashOfFiles(files: readonly string[], ...more: readonly string[]): string {
  return shortHash(...files.map((file) => readFileSync(file)), ...more);
}
