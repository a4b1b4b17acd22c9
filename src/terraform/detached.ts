import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';

/** How a program ended: by itself, by a signal, or not started at all. */
export interface End {
  readonly exitCode: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly notStarted?: string;
}

export interface Detached {
  readonly pid: number | undefined;
  readonly ended: Promise<End>;
  readonly interrupt: () => void;
}

/**
 * Starts a program that does not depend on us: in a session of its own, which neither a Ctrl-C nor a closed terminal nor a
 * kill of our group reaches, and writing into a file. Into a pipe of ours it could not write any more once we are gone, and
 * would end in the middle of what it is about.
 * @param started told of its process id in the same moment, for we may be killed in the next
 */
export async function startDetached(
  command: string,
  words: readonly string[],
  place: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
  output: string,
  started: (pid: number) => void,
): Promise<Detached> {
  const file = await open(output, 'a', 0o600);
  try {
    const child = spawn(command, words, {
      cwd: place.cwd,
      env: place.env,
      detached: true,
      stdio: ['ignore', file.fd, file.fd],
    });
    if (child.pid !== undefined) started(child.pid);
    const ended = new Promise<End>((resolve) => {
      child.once('error', ({ message }) => {
        if (child.pid === undefined) resolve({ exitCode: null, killedBy: null, notStarted: message });
      });
      child.once('exit', (exitCode, killedBy) => resolve({ exitCode, killedBy }));
    });
    return { pid: child.pid, ended, interrupt: () => void child.kill('SIGINT') };
  } finally {
    await file.close();
  }
}
