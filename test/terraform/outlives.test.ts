import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Stack } from '../../src/operations/stacks/stacks.js';
import { waitForLeftAtWork } from '../../src/operations/stacks/left-at-work.js';
import { notedWork } from '../../src/terraform/work-note.js';
import { madeBy } from '../operations/collect.js';
import { terraformStack } from '../operations/stacks/terraform-stack.js';

const program = fileURLToPath(new URL('apply-stack.js', import.meta.url));

describe('a terraform that changes something', () => {
  let parent: string;
  let stack: Stack;
  let applying: ChildProcess;
  beforeEach(async () => {
    parent = mkdtempSync(join(tmpdir(), 'dataplat-outlives-'));
    // The first resource is made when somebody writes into the pipe: until then terraform is in the middle of it.
    execFileSync('mkfifo', [join(parent, 'held')]);
    const command = `touch ${parent}/begun; cat ${parent}/held`;
    stack = await terraformStack(parent, 'data', {
      resource: {
        terraform_data: {
          first: { provisioner: { 'local-exec': { command } } },
          second: { depends_on: ['terraform_data.first'] },
        },
      },
    });
    const { directory, dataDirectory } = stack.terraform;
    applying = spawn(process.execPath, [program, directory, dataDirectory], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    applying.stdout?.resume();
    const moment = () => new Promise((resolve) => setImmediate(resolve));
    while (!existsSync(join(parent, 'begun'))) {
      if (applying.exitCode !== null) throw new Error(`it ended with ${applying.exitCode}`);
      await moment();
    }
  });
  afterEach(() => {
    rmSync(parent, { recursive: true });
  });

  const inState = (): string[] => {
    const file = join(stack.terraform.directory, 'terraform.tfstate');
    const { resources } = JSON.parse(readFileSync(file, 'utf8')) as { resources: { name: string }[] };
    return resources.map(({ name }) => name).sort();
  };
  const end = async (...signals: readonly NodeJS.Signals[]): Promise<void> => {
    const ended = once(applying, 'exit');
    for (const signal of signals) process.kill(-(applying.pid ?? 0), signal);
    await ended;
  };
  const release = (): void => writeFileSync(join(parent, 'held'), 'on\n');

  it('goes on to its end when whoever started it is killed, and is waited for', async () => {
    await end('SIGKILL');
    const left = stack.terraform.leftAtWork();
    expect(left?.by.pid).to.equal(applying.pid);
    const said: string[] = [];
    for await (const event of waitForLeftAtWork([stack])) {
      if (event.type === 'message') {
        said.push(event.text);
        release();
      }
      if (event.type === 'progress') said.push(event.detail ?? '');
    }
    expect(said[0]).to.contain(
      `a change of dev-data was killed, and its terraform, process ${left?.terraform.pid}`,
    );
    expect(said.at(-1)).to.equal('terraform_data.second');
    expect(inState()).to.deep.equal(['first', 'second']);
    expect(stack.terraform.leftAtWork()).to.equal(undefined);
    // Nobody saw how it ended, so that whoever comes next looks.
    expect(stack.terraform.wasCutOff()).to.equal(true);
    stack.terraform.forgetCutOff();
    expect(stack.terraform.wasCutOff()).to.equal(false);
  });

  it('that is killed too is told of as cut off', async () => {
    const { pid = 0 } = notedWork(stack.terraform.dataDirectory)?.terraform ?? {};
    await end('SIGKILL');
    process.kill(-pid, 'SIGKILL');
    await madeBy(waitForLeftAtWork([stack]));
    expect(stack.terraform.wasCutOff()).to.equal(true);
  });

  it('that comes to its end while it is followed leaves no note', async () => {
    expect(stack.terraform.leftAtWork()).to.equal(undefined);
    const ended = once(applying, 'exit');
    release();
    expect(await ended).to.deep.equal([0, null]);
    expect(inState()).to.deep.equal(['first', 'second']);
    expect(notedWork(stack.terraform.dataDirectory)).to.equal(undefined);
  });
});
