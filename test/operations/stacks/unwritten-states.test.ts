import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Stack } from '../../../src/operations/stacks/stacks.js';
import {
  keepingStates,
  keepUnwrittenStates,
  pushUnwrittenStates,
  warnOfUnwrittenStates,
} from '../../../src/operations/stacks/unwritten-states.js';
import type { Steps } from '../../../src/operations/events.js';
import { failureOf, madeBy } from '../collect.js';
import { terraformStack } from './terraform-stack.js';

/** A backend of Terraform's kind `http` that keeps one state, and can be out of order. */
class StateServer {
  state = '';
  works = true;
  private readonly server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(this.state === '' ? 204 : 200).end(this.state);
      return;
    }
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      if (this.works) this.state = body;
      response.writeHead(this.works ? 200 : 400).end();
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/state`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe('a state that terraform could not write', function () {
  let parent: string;
  let server: StateServer;
  let stack: Stack;
  beforeEach(async () => {
    parent = mkdtempSync(join(tmpdir(), 'dataplat-unwritten-'));
    server = new StateServer();
    const address = await server.start();
    stack = await terraformStack(parent, 'data', {
      terraform: { backend: { http: { address } } },
      resource: { terraform_data: { first: {} } },
    });
  });
  afterEach(async () => {
    await server.stop();
    rmSync(parent, { recursive: true });
  });

  const applied = async function* (): Steps<void> {
    await stack.terraform.init();
    await madeBy(stack.terraform.apply(await madeBy(stack.terraform.plan())));
    yield* [];
  };
  const said = async (steps: Steps<unknown>): Promise<string[]> => {
    const texts: string[] = [];
    for await (const event of steps) if ('text' in event) texts.push(event.text);
    return texts;
  };

  it('is kept, told of, written by the next change, and then forgotten', async () => {
    server.works = false;
    const heard: string[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const event of keepingStates([stack], applied()))
          if ('text' in event) heard.push(event.text);
      })(),
    );
    expect(failure).to.have.property('code', 'DP5001');
    expect(heard).to.deep.equal([
      'the state of dev-data could not be written: the next deploy writes it first',
    ]);
    expect(existsSync(stack.terraform.unwrittenState)).to.equal(false);
    expect([...warnOfUnwrittenStates([stack])]).to.have.length(1);

    server.works = true;
    expect(await said(pushUnwrittenStates([stack]))).to.deep.equal([
      'an earlier change of dev-data could not write its state: it is written now',
    ]);
    const { resources } = JSON.parse(server.state) as { resources: { name: string }[] };
    expect(resources.map(({ name }) => name)).to.include('first');
    expect(await keepUnwrittenStates([stack])).to.deep.equal([]);
    expect([...warnOfUnwrittenStates([stack])]).to.deep.equal([]);
    expect(await said(pushUnwrittenStates([stack]))).to.deep.equal([]);
  });

  it('that does not follow what is there by now is not written, and says how to go on', async () => {
    server.works = false;
    await failureOf(said(keepingStates([stack], applied())));
    server.works = true;
    // Somebody's else, who began anew: terraform writes over an empty state only.
    const resource = {
      mode: 'managed',
      type: 'terraform_data',
      name: 'other',
      provider: 'provider["terraform.io/builtin/terraform"]',
      instances: [{ schema_version: 0, attributes: { id: 'x' } }],
    };
    const another = {
      version: 4,
      terraform_version: '1.0.0',
      serial: 9,
      lineage: 'another',
      outputs: {},
      resources: [resource],
    };
    server.state = JSON.stringify(another);
    const failure = await failureOf(said(pushUnwrittenStates([stack])));
    expect(failure).to.have.property('code', 'DP5010');
    expect(JSON.parse(server.state)).to.deep.equal(another);
    expect([...warnOfUnwrittenStates([stack])]).to.have.length(1);
  });
});
