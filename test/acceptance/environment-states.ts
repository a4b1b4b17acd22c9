import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../../src/toolchain/file-lock.js';
import { AcceptanceProject } from './acceptance-project.js';
import { settled } from './settled.js';

/**
 * The states of a local environment that cases begin with. Each is a folder with a `script` that makes it, beginning with the
 * state that its file `from` names or with nothing; what the script leaves is kept as a checkpoint. A state is made once a
 * run of the tests, when the first case asks for it, and is a case itself: its script must print its `output.txt`. Processes
 * that share DATAPLAT_TEST_STATES, a folder, share what they make.
 */
export class EnvironmentStates {
  private readonly shared = process.env['DATAPLAT_TEST_STATES'];
  private readonly directory = this.shared ?? mkdtempSync(join(tmpdir(), 'dataplat-states-'));

  /** @param folder that holds a folder a state */
  constructor(private readonly folder: string) {}

  get names(): string[] {
    return readdirSync(this.folder).sort();
  }

  /** A project whose environment is in a state; in none, where no name is given. */
  async project(state?: string): Promise<AcceptanceProject> {
    const project = await AcceptanceProject.make();
    if (state === undefined) return project;
    try {
      await this.make(state);
      await this.checkpoint(project, 'load', state);
      return project;
    } catch (error) {
      await project.remove();
      throw error;
    }
  }

  remove(): void {
    if (this.shared === undefined) rmSync(this.directory, { recursive: true, force: true });
  }

  /** Makes a state unless it is there. @returns what its script printed */
  async make(state: string): Promise<string> {
    const [printed, failed] = ['printed', 'failed'].map((end) => join(this.directory, `${state}.${end}`)) as [
      string,
      string,
    ];
    return withLock(join(this.directory, `${state}.lock`), async () => {
      // One that could not be made is not tried for each case that begins with it.
      if (existsSync(failed)) throw new Error(readFileSync(failed, 'utf8'));
      if (!existsSync(printed)) {
        const said = await this.makeNow(state).catch((error: Error) => {
          writeFileSync(failed, `${state} could not be made: ${error.message}`);
          throw error;
        });
        // Comes last: with it the state is whole.
        writeFileSync(`${printed}.part`, said);
        renameSync(`${printed}.part`, printed);
      }
      return readFileSync(printed, 'utf8');
    });
  }

  private async makeNow(state: string): Promise<string> {
    const folder = join(this.folder, state);
    if (!existsSync(folder)) throw new Error(`no state ${state}; there is ${this.names.join(', ')}`);
    const project = await this.project(stateNamedIn(folder));
    try {
      const printed = settled(await project.run(folder), project);
      await this.checkpoint(project, 'save', state);
      return printed;
    } finally {
      await project.remove();
    }
  }

  private async checkpoint(project: AcceptanceProject, verb: 'save' | 'load', name: string): Promise<void> {
    const line = `dataplat local ${verb} ${name} --quiet --checkpoints-dir '${this.directory}'`;
    const { code, printed } = await project.bash(line);
    if (code !== 0) throw new Error(`${line} ended with ${code}:\n${printed}`);
  }
}

/** The state that a case or another state begins with. */
export function stateNamedIn(folder: string): string | undefined {
  const file = join(folder, 'from');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
