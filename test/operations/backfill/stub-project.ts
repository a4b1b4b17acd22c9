import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageDirectory } from '../../../src/project/project-directory.js';
import { smallPlatform } from '../../small-platform.js';
import type { StubAws } from './stub-aws.js';

/** A project of its own, whose command line takes a stub for its local endpoint. */
export class StubProject {
  readonly directory = mkdtempSync(join(tmpdir(), 'dataplat-stub-'));

  constructor(private readonly stub: StubAws) {
    for (const name of ['cdktf.json', 'config', 'jobs', 'dags', 'queries'])
      if (existsSync(join(smallPlatform, name)))
        cpSync(join(smallPlatform, name), join(this.directory, name), { recursive: true });
    stub.standInFor(this.directory);
  }

  start(words: readonly string[], nodeWords: readonly string[] = []): ChildProcess {
    const program = join(packageDirectory, 'bin', 'dataplat.js');
    return spawn(
      process.execPath,
      [...nodeWords, program, ...words, '-C', this.directory, '--env', 'local'],
      {
        env: { ...process.env, DATAPLAT_LOCAL_PORT: String(this.stub.port), CI: '1' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
  }

  /** @returns its exit code, null where it was killed, and what it said */
  run(
    words: readonly string[],
    nodeWords: readonly string[] = [],
  ): Promise<{ code: number | null; said: string }> {
    return ended(this.start(words, nodeWords));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export async function ended(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, said };
}
