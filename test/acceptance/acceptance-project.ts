import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { reservePort } from '../../src/local/ports.js';
import { packageDirectory } from '../../src/project/project-directory.js';
import { locateRuntime } from '../../src/toolchain/locate-toolchain.js';
import { smallPlatform } from '../small-platform.js';

/** What a team owns: the declaration and its code, without the package. */
const declared = ['cdktf.json', 'config', 'jobs', 'dags', 'queries', 'samples'];

/** A project directory of its own, with the built command line on the PATH and a free port for its endpoint. */
export class AcceptanceProject {
  readonly directory: string;
  readonly port: number;
  /** For a second endpoint. */
  readonly otherPort: number;
  private readonly programs: string;

  private constructor(
    directory: string,
    programs: string,
    [port, otherPort]: readonly [number, number],
    private readonly awsProgram: string,
  ) {
    this.directory = directory;
    this.programs = programs;
    this.port = port;
    this.otherPort = otherPort;
  }

  /** @param project whose declaration it copies */
  static async make(project = smallPlatform): Promise<AcceptanceProject> {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'dataplat-acceptance-')));
    const directory = join(root, 'project');
    const programs = writePrograms();
    for (const name of declared) {
      const from = join(project, name);
      if (existsSync(from)) cpSync(from, join(directory, name), { recursive: true });
    }
    const { localPython } = await locateRuntime();
    const ports = [await reservePort(), await reservePort()] as const;
    return new AcceptanceProject(directory, programs, ports, join(dirname(localPython), 'aws'));
  }

  /** Runs the script of a case and returns everything that it prints. */
  async run(caseDirectory: string): Promise<string> {
    const overlay = join(caseDirectory, 'project');
    if (existsSync(overlay)) cpSync(overlay, this.directory, { recursive: true });
    const helpers = join(packageDirectory, 'test', 'acceptance', 'helpers.sh');
    const { code, printed } = await this.bash(
      `source '${helpers}'; source '${join(caseDirectory, 'script')}'`,
    );
    return code === 0 ? printed : `${printed}the script itself ended with ${code}\n`;
  }

  /** Runs a line of bash as a user of the project would. */
  async bash(line: string): Promise<{ readonly code: number | null; readonly printed: string }> {
    const child = spawn('bash', ['-c', line], {
      cwd: this.directory,
      env: this.variables(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
    }
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    return { code, printed };
  }

  async remove(): Promise<void> {
    if (existsSync(join(this.directory, '.dataplat'))) {
      await new Promise((resolve) =>
        spawn(join(this.programs, 'dataplat'), ['local', 'down', '-C', this.directory], {
          env: this.variables(),
          stdio: 'ignore',
        }).on('close', resolve),
      );
    }
    rmSync(join(this.directory, '..'), { recursive: true, force: true });
  }

  private variables(): NodeJS.ProcessEnv {
    const kept = [
      'HOME',
      'LANG',
      'JAVA_HOME',
      'DATAPLAT_CACHE_DIR',
      'DATAPLAT_PLUGIN_MIRROR',
      'XDG_CACHE_HOME',
      // The way to the package registries, where it is not the open one.
      'PIP_INDEX_URL',
      'PIP_CERT',
      'UV_DEFAULT_INDEX',
      'SSL_CERT_FILE',
      'SSL_CERT_DIR',
    ];
    return {
      ...Object.fromEntries(
        kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
      ),
      PATH: `${this.programs}:${process.env['PATH'] ?? ''}`,
      AWS_PROGRAM: this.awsProgram,
      DATAPLAT_LOCAL_PORT: String(this.port),
      OTHER_PORT: String(this.otherPort),
      ENDPOINT: `http://127.0.0.1:${this.port}`,
      // An account's credentials of the person who runs the tests must not come near them.
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
  }
}

/**
 * A folder for the PATH with the command `dataplat`, and `dbt`, which is made when it is first called. The same one for all
 * projects: what was found on this machine is remembered for a PATH.
 */
function writePrograms(): string {
  const built = join(packageDirectory, 'dist', 'test');
  const folder = join(built, 'programs');
  mkdirSync(folder, { recursive: true });
  const node = `'${process.execPath}'`;
  writeProgram(
    join(folder, 'dataplat'),
    `exec ${node} '${join(packageDirectory, 'bin', 'dataplat.js')}' "$@"`,
  );
  const whereDbtIs = `${node} '${join(built, 'acceptance', 'dbt-program.js')}'`;
  writeProgram(join(folder, 'dbt'), `dbt=$(${whereDbtIs}) && exec "$dbt" "$@"`);
  return folder;
}

function writeProgram(program: string, line: string): void {
  const whole = `${program}.${process.pid}`;
  writeFileSync(whole, `#!/bin/sh\n${line}\n`);
  chmodSync(whole, 0o755);
  renameSync(whole, program);
}
