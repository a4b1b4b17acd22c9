import { DataplatError } from '../model/errors.js';
import { setUp } from './finding.js';

export interface ProgramRun {
  /** What the program is run for, as the end of the sentence "could not …". */
  readonly purpose: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly variables?: NodeJS.ProcessEnv;
  readonly directory?: string;
  /** Given each line that the program says. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a program of the set-up to its end. @returns its stdout
 * @throws DataplatError DP3005 where the disk is full, else DP3001 with the last lines it said
 */
export async function runProgram(run: ProgramRun): Promise<string> {
  const { execa } = await import('execa');
  const child = execa(run.command, [...run.args], {
    ...(run.directory !== undefined && { cwd: run.directory }),
    env: run.variables ?? process.env,
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  if (run.onLine) {
    const { onLine } = run;
    void (async () => {
      for await (const line of child.iterable({ from: 'all' })) onLine(line);
    })().catch(() => undefined);
  }
  const { failed, exitCode, stdout, all, originalMessage } = await child;
  if (!failed) return stdout;
  throw failure(run, exitCode, all.trim() || (originalMessage ?? ''));
}

/** What went wrong, from what the program said: a full disk and a missing network are the usual reasons. */
export function failure(
  run: Pick<ProgramRun, 'purpose' | 'command'>,
  exitCode: number | undefined,
  said: string,
): DataplatError {
  const excerpt = said
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
    .slice(-15);
  const left = 'what was complete before stays; the incomplete part was removed';
  if (/No space left on device|ENOSPC|Disk quota exceeded/i.test(said)) {
    return new DataplatError('DP3005', `could not ${run.purpose}: the disk is full`, {
      left,
      excerpt,
      next: ['df -h', setUp],
    });
  }
  const offline =
    /dns error|failed to lookup|name resolution|Name or service not known|getaddrinfo|Connection refused|Network is unreachable|UnknownHost|Failed to establish a new connection|error sending request|Failed to fetch|Server access error|SSLHandshake/i.test(
      said,
    );
  const why = offline
    ? 'a package registry could not be reached (network, proxy or certificate)'
    : `${run.command} ended with ${exitCode === undefined ? 'no exit code' : `exit code ${exitCode}`}`;
  return new DataplatError('DP3001', `could not ${run.purpose}: ${why}`, { left, excerpt, next: [setUp] });
}
