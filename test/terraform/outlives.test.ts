import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Stack } from '../../src/operations/stacks/stacks.js';
import { waitForLeftAtWork } from '../../src/operations/stacks/left-at-work.js';
import { isProcess } from '../../src/toolchain/file-lock.js';
import { Terraform } from '../../src/terraform/terraform.js';
import { locateTerraform } from '../../src/toolchain/locate-toolchain.js';
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
    applying = startApplying(stack);
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
  const release = (): void => writeFileSync(join(parent, 'held'), 'on\n');

  it('goes on to its end when whoever started it is killed, and is waited for', async () => {
    await kill(applying);
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
    await kill(applying);
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

describe('a terraform that only plans', () => {
  let parent: string;
  let server: Server;
  let asked: Promise<ServerResponse>;
  let stack: Stack;
  beforeEach(async () => {
    parent = mkdtempSync(join(tmpdir(), 'dataplat-outlives-'));
    // A plan reads another state, and is in the middle of it until somebody answers.
    server = createServer();
    asked = once(server, 'request').then(([, response]) => response as ServerResponse);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    stack = await terraformStack(parent, 'data', {
      data: {
        terraform_remote_state: {
          other: { backend: 'http', config: { address: `http://127.0.0.1:${port}/state` } },
        },
      },
    });
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(parent, { recursive: true });
  });

  const isLocked = (): boolean => existsSync(join(stack.terraform.directory, '.terraform.tfstate.lock.info'));

  it('is ended where whoever wanted the plan was killed, so that the state is free', async () => {
    const planning = startApplying(stack);
    const response = await asked;
    expect(isLocked()).to.equal(true);
    // Somebody may still want it.
    expect(stack.terraform.leftLooking()).to.deep.equal([]);
    await kill(planning);
    expect(stack.terraform.leftAtWork()).to.equal(undefined);
    const [left] = stack.terraform.leftLooking();
    expect(left?.by.pid).to.equal(planning.pid);
    const steps: string[] = [];
    for await (const event of waitForLeftAtWork([stack])) {
      if (event.type !== 'started') continue;
      steps.push(event.title);
      const said = join(stack.terraform.dataDirectory, `plan-${planning.pid}.said`);
      void (async () => {
        while (!readFileSync(said, 'utf8').includes('Interrupt received')) await moment();
        response.writeHead(404).end();
      })();
    }
    expect(steps).to.deep.equal(['End a plan of dev-data that nobody waits for any more']);
    expect(left && isProcess(left.terraform)).to.equal(false);
    expect(isLocked()).to.equal(false);
    expect(stack.terraform.leftLooking()).to.deep.equal([]);
    expect(stack.terraform.wasCutOff()).to.equal(false);
  });

  it('does not wait for another one where both only look', async () => {
    const planning = startApplying(stack);
    await asked;
    expect(isLocked()).to.equal(true);
    // Each later one is answered.
    server.on('request', (_, response: ServerResponse) =>
      response.end('{"version":4,"terraform_version":"1.11.4","serial":1,"lineage":"a","outputs":{}}'),
    );
    const looking = new Terraform({
      ...(await locateTerraform()),
      directory: stack.terraform.directory,
      dataDirectory: stack.terraform.dataDirectory,
      backendConfig: {},
      variables: {},
      withoutLock: true,
    });
    const { changes } = await madeBy(looking.plan());
    expect(changes).to.deep.equal([]);
    expect(isLocked()).to.equal(true);
    await kill(planning);
    server.closeAllConnections();
    await madeBy(waitForLeftAtWork([stack]));
  });
});

function moment(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Plans and applies a stack in a process of its own. */
function startApplying({ terraform }: Stack): ChildProcess {
  const applying = spawn(process.execPath, [program, terraform.directory, terraform.dataDirectory], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  applying.stdout?.resume();
  return applying;
}

/** Kills a process and what is in its session. */
async function kill(running: ChildProcess): Promise<void> {
  const ended = once(running, 'exit');
  process.kill(-(running.pid ?? 0), 'SIGKILL');
  await ended;
}
