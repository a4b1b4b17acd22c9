import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { EndpointStatus } from '../../src/local/status.js';
import { said } from '../said.js';
import { StubAws } from '../operations/backfill/stub-aws.js';
import { StubProject } from '../operations/backfill/stub-project.js';
import { restoreVariables } from '../variables.js';
import { smallPlatform } from '../small-platform.js';

/** Stands in every secret that is planted, and nowhere else. */
const canary = 'CanaryThatNobodyMayHear';
const planted = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: `${canary}/key+0`,
  AWS_SESSION_TOKEN: `${canary}/token==`,
  PGPASSWORD: `${canary}-pg`,
  SNOWFLAKE_PASSWORD: `${canary}-snow`,
  SF_CLIENT_SECRET: `${canary}-sales`,
};
const secrets = Object.values(planted).slice(1);
const local = 'config/environments/local.yaml';

describe('a secret', () => {
  let directory: string;
  let project: string;
  let service: Server;
  const variables = { ...process.env };

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'dataplat-canary-'));
    project = join(directory, 'project');
    // Whatever is asked of it, it refuses, with all that it knows.
    service = createServer((request, response) => {
      request.resume();
      if (request.url === '/_dataplat/status') {
        response.end(JSON.stringify(status()));
        return;
      }
      const address = `jdbc:redshift://b:5439/db?user=u;password=${canary} https://u:${canary}@h/`;
      const told = `${secrets.join(' ')} ${address}`;
      response.writeHead(400, { 'x-amzn-errortype': 'ValidationException' });
      response.end(
        /\/(s3|sts|sns)\//.test(request.headers.authorization ?? '')
          ? `<Error><Code>Refused</Code><Message>${told}</Message></Error>`
          : JSON.stringify({ __type: 'ValidationException', message: told }),
      );
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    Object.assign(process.env, planted, { DATAPLAT_LOCAL_PORT: String(port()) });
  });

  function port(): number {
    return (service.address() as AddressInfo).port;
  }

  /** What an endpoint that is ready says of itself. */
  function status(): Partial<EndpointStatus> {
    return {
      ...{ phase: 'ready', pid: process.pid, port: port(), endpoint: `http://127.0.0.1:${port()}` },
      directory: join(project, '.dataplat', 'local'),
      instance: { id: 'one', createdAt: '', directory: join(project, '.dataplat', 'one'), began: 'resumed' },
    };
  }

  beforeEach(() => {
    rmSync(project, { recursive: true, force: true });
    cpSync(smallPlatform, project, { recursive: true });
    rmSync(join(project, 'queries'), { recursive: true }); // to read them takes a process of Python's
    const running = join(project, '.dataplat', 'local');
    mkdirSync(running, { recursive: true });
    writeFileSync(join(running, 'endpoint.json'), JSON.stringify(status()));
  });

  after(() => {
    restoreVariables(variables);
    service.closeAllConnections();
    service.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** All that a command writes, into the project too, but for the file that a mistake was made in. */
  async function writtenBy(words: readonly string[], mistaken?: string): Promise<string> {
    const { out, err } = await said(['-C', project, ...words]);
    const files = readdirSync(project, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => mistaken === undefined || file !== join(project, mistaken));
    return [out, err, ...files.map((file) => readFileSync(file, 'latin1'))].join('\n');
  }

  for (const words of [
    ['submit', 'shops', '--date', '2026-01-05'],
    ['runs'],
    ['status'],
    ['logs', 'latest'],
    ['cancel', 'latest'],
    ['query', '-e', 'SELECT 1'],
    ['backfill', 'shops', '--date', '2026-01-05'],
    ['backfills', 'list'],
    ['outputs'],
    ['dag', 'list'],
    ['glue', 'register', '--dry-run'],
    ['lf', 'seed-tags', '--dry-run'],
    ['lineage', 'emit', '--url', `http://u:${canary}@127.0.0.1:9/`],
    ['sla', 'check'],
    ['metrics', 'emit'],
    ['dr', 'list'],
  ])
    it(`is in nothing that \`${words.slice(0, 2).join(' ')}\` writes of a service that tells it`, async () => {
      for (const how of [['--verbose'], ['--json']]) {
        const written = await writtenBy([...words, ...how]);
        expect(written).to.contain('***'); // it was told of
        expect(written.includes(canary), written.slice(0, 3000)).to.equal(false);
      }
    });

  it('is in no ledger of a backfill whose runs and calls tell it, and in nothing that is said of it', async () => {
    const told = `${secrets.join(' ')} jdbc:redshift://b:5439/db?user=u;password=${canary}`;
    const stub = await StubAws.start({
      ...{ jobMilliseconds: 1, concurrentRuns: 10 },
      outcome: () => ({ state: 'FAILED', details: `the job said ${told}` }),
      fault: (call) =>
        call === 'StartJobRun' && (stub.calls.get(call) ?? 0) === 1
          ? { kind: 'error', status: 400, code: 'ValidationException', message: `refused, for ${told}` }
          : undefined,
    });
    const backfill = new StubProject(stub);
    try {
      const asked = ['backfill', 'shops', '--date', '2026-01-05', '--retries', '0', '--json', '--verbose'];
      const first = await backfill.run(asked);
      expect(first.said).to.contain('refused, for ***');
      const again = await backfill.run([...asked, '--reprocess', 'failed']);
      expect(again.said).to.contain('the job said ***');
      const shown = await backfill.run(['backfills', 'show']);
      const runs = await backfill.run(['runs', '--json']);
      const kept = [...stub.objects.values()].map(({ body }) => body.toString('latin1'));
      const files = readdirSync(backfill.directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
      expect(kept.join('\n')).to.contain('the job said ***');
      const written = [first.said, again.said, shown.said, runs.said, ...kept, ...files].join('\n');
      const at = written.indexOf(canary);
      expect(at, written.slice(Math.max(0, at - 1000), at + 200)).to.equal(-1);
    } finally {
      backfill.remove();
      await stub.stop();
    }
  });

  it('is in no Terraform that is made beside it', async () => {
    const written = await writtenBy(['synth', '--env', 'prod']);
    expect(written).to.contain('"terraform"');
    expect(written.includes(canary)).to.equal(false);
  });

  const mistakes: readonly (readonly [what: string, from: string, to: string, expected: string])[] = [
    ['an address', 'kind: files', `kind: http, url: 'https://u:${canary}@h/'`, 'without user and password'],
    [
      'an address of a database',
      'kind: files',
      `kind: jdbc, url: 'jdbc:redshift://h/d?user=u&password=${canary}', secret: a, partitions: 1`,
      'without user and password',
    ],
    [
      'an address of a database, before its host',
      'kind: files',
      `kind: jdbc, url: 'jdbc:redshift://u:${canary}@h/d', secret: a, partitions: 1`,
      'without a user',
    ],
    [
      'the place of its name',
      'kind: files',
      `kind: kafka, bootstrapServers: 'h:1', secret: ${canary}`,
      'lower-case letters',
    ],
    ['a webhook', 'webhooks: []', `webhooks: ['https://u:${canary}@h/']`, 'without user and password'],
    [
      'YAML that is none',
      'webhooks: []',
      `webhooks: ['https://u:${canary}@h/' password=${canary}]`,
      'DP2002',
    ],
    ['a key too much', 'webhooks: []', `webhooks: []\n  password: ${canary}`, 'unknown key'],
  ];
  for (const [what, from, to, expected] of mistakes)
    it(`is not told of again where somebody puts it into ${what}`, async () => {
      const before = readFileSync(join(project, local), 'utf8');
      expect(before).to.contain(from);
      writeFileSync(join(project, local), before.replace(from, to));
      for (const how of ['--verbose', '--json'])
        for (const verb of ['validate', 'synth']) {
          const written = await writtenBy([verb, how], local);
          expect(written).to.contain(expected);
          expect(written.includes(canary), written.slice(0, 2000)).to.equal(false);
        }
    });
});
