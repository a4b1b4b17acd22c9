import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { endStates, type RunState } from '../../../src/model/run-states.js';

/** A run of the stub: it does nothing, and takes the milliseconds that it was given. */
export interface StubRun {
  readonly id: string;
  readonly name: string;
  tags: Readonly<Record<string, string>>;
  readonly token: string;
  readonly digest: string;
  readonly createdAt: number;
  /** Both by the clock of the process, which no test moves. */
  readonly from: number;
  readonly milliseconds: number;
  end: RunState;
  details: string;
  cancelledAt?: number;
  /** When a look first saw it ended; what a look has seen does not change. */
  endedAt?: number;
}

/** What goes wrong with one request. */
export type Fault =
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly code: string;
      /** Default: injected. */
      readonly message?: string;
    }
  /** It is done, and the answer gets lost. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'slow'; readonly milliseconds: number };

export interface StubOptions {
  readonly jobMilliseconds: number;
  readonly concurrentRuns: number;
  /** Whether runs go on beyond their milliseconds. Default: they do not. */
  readonly held?: () => boolean;
  /** How a run ends. Default: SUCCESS. */
  readonly outcome?: (run: { job: string; date: string; attempt: number; nth: number }) => {
    state: RunState;
    details?: string;
  };
  /** The calls by name, `StartJobRun`, `ListJobRuns`, `GetJobRun`, `PutObject` and so on. */
  readonly fault?: (call: string) => Fault | undefined;
}

const account = '123456789012';

/**
 * The calls that a backfill makes, over HTTP and in memory: EMR Serverless whose jobs take milliseconds, S3 with its
 * conditional writes, and the two that it begins with. It can fail on the way in and on the way out.
 */
export class StubAws {
  readonly runs: StubRun[] = [];
  readonly calls = new Map<string, number>();
  mostActive = 0;
  private project = '/nowhere';
  private readonly byToken = new Map<string, StubRun>();
  private readonly byId = new Map<string, StubRun>();
  private readonly active = new Set<StubRun>();
  readonly objects = new Map<string, { body: Buffer; etag: string }>();
  private readonly server: Server;

  private constructor(readonly options: { -readonly [Name in keyof StubOptions]: StubOptions[Name] }) {
    this.server = createServer((request, response) => void this.handle(request, response));
    this.server.keepAliveTimeout = 60_000;
  }

  static async start(options: StubOptions): Promise<StubAws> {
    const stub = new StubAws({ ...options });
    await new Promise<void>((resolve) => stub.server.listen(0, '127.0.0.1', resolve));
    stub.put('roastery-local-123456789012-artifacts/releases/current.json', '{"release":"0123456789abcdef"}');
    return stub;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Lets a project's command line find this process where it looks for the local endpoint. */
  standInFor(project: string): void {
    this.project = project;
    const directory = join(project, '.dataplat', 'local');
    mkdirSync(directory, { recursive: true });
    const record = { pid: process.pid, port: this.port, phase: 'ready', startedAt: '', version: 'stub' };
    writeFileSync(join(directory, 'endpoint.json'), JSON.stringify({ ...record, instanceId: 'stub' }));
  }

  put(key: string, text: string | Buffer): string {
    const body = Buffer.from(text);
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    this.objects.set(key, { body, etag });
    return etag;
  }

  stateOf(run: StubRun): RunState {
    if (run.endedAt !== undefined) return run.end;
    const now = performance.now();
    if (run.cancelledAt !== undefined) {
      if (now < run.cancelledAt + 20) return 'CANCELLING';
      run.end = 'CANCELLED';
    } else if (now < run.from + run.milliseconds || this.options.held?.()) return 'RUNNING';
    run.endedAt = now;
    this.active.delete(run);
    return run.end;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const call = nameOf(request, url, body);
    this.calls.set(call, (this.calls.get(call) ?? 0) + 1);
    const fault = call === 'Status' ? undefined : this.options.fault?.(call);
    if (fault?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.milliseconds));
    if (fault?.kind === 'error') {
      const message = fault.message ?? 'injected';
      const json = { message, __type: fault.code };
      const xml = `<Error><Code>${fault.code}</Code><Message>${message}</Message></Error>`;
      response.writeHead(fault.status, { 'x-amzn-errortype': fault.code });
      response.end(/Object/.test(call) ? xml : JSON.stringify(json));
      return;
    }
    const answer = this.answer(call, request, url, body);
    if (fault?.kind === 'lost') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, answer.headers);
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  }

  private answer(call: string, request: IncomingMessage, url: URL, body: Buffer): Answer {
    const parts = url.pathname.split('/').slice(1).map(decodeURIComponent);
    switch (call) {
      case 'Status':
        return json({
          phase: 'ready',
          pid: process.pid,
          port: this.port,
          directory: join(this.project, '.dataplat', 'local'),
          endpoint: `http://127.0.0.1:${this.port}`,
          instance: { id: 'stub', directory: '/nowhere', began: 'resumed', createdAt: '' },
        });
      case 'GetCallerIdentity':
        return {
          status: 200,
          headers: { 'content-type': 'text/xml' },
          body: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::${account}:root</Arn><UserId>u</UserId><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
        };
      case 'GetParameter':
        return json({ Parameter: { Name: 'x', Value: `arn:aws:kms:eu-central-1:${account}:key/0f` } });
      case 'ListApplications':
        return json({ applications: [{ id: 'app', name: 'roastery-local', state: 'STARTED' }] });
      case 'GetApplication':
        return json({
          application: {
            applicationId: 'app',
            state: 'STARTED',
            schedulerConfiguration: { maxConcurrentRuns: this.options.concurrentRuns },
          },
        });
      case 'StartJobRun':
        return this.startRun(JSON.parse(body.toString()) as StartBody);
      case 'ListJobRuns':
        return this.listRuns(url.searchParams);
      case 'GetJobRun': {
        const run = this.byId.get(parts[3] ?? '');
        return run ? json({ jobRun: this.describe(run) }) : failed(404, 'ResourceNotFoundException');
      }
      case 'TagResource': {
        const run = this.byId.get(parts.at(-1)?.split('/').at(-1) ?? '');
        if (!run) return failed(404, 'ResourceNotFoundException');
        run.tags = { ...run.tags, ...(JSON.parse(body.toString()) as { tags: Record<string, string> }).tags };
        return json({});
      }
      case 'CancelJobRun': {
        const run = this.byId.get(parts[3] ?? '');
        if (!run || endStates.includes(this.stateOf(run))) return failed(400, 'ValidationException');
        run.cancelledAt ??= performance.now();
        return json({ applicationId: 'app', jobRunId: run.id });
      }
      default:
        return this.s3(call, request, url, body);
    }
  }

  private startRun(asked: StartBody): Answer {
    const digest = createHash('md5').update(JSON.stringify(asked)).digest('hex');
    const earlier = this.byToken.get(asked.clientToken);
    if (earlier) {
      if (earlier.digest !== digest) return failed(409, 'ConflictException');
      return json({ applicationId: 'app', jobRunId: earlier.id, arn: '' });
    }
    const [job = '', date = ''] = asked.name.split(' ');
    const nth = this.options.outcome ? this.runs.filter(({ name }) => name === asked.name).length + 1 : 1;
    const attempt = Number(asked.tags['dataplat.attempt']);
    const end = this.options.outcome?.({ job, date, attempt, nth }) ?? { state: 'SUCCESS' as const };
    const run: StubRun = {
      id: `00stub${String(this.runs.length + 1).padStart(10, '0')}`,
      ...{ name: asked.name, tags: asked.tags, token: asked.clientToken, digest },
      ...{ createdAt: Date.now(), from: performance.now(), milliseconds: this.options.jobMilliseconds },
      ...{ end: end.state, details: end.details ?? '' },
    };
    this.runs.push(run);
    this.byToken.set(run.token, run);
    this.byId.set(run.id, run);
    this.active.add(run);
    for (const one of this.active) this.stateOf(one);
    this.mostActive = Math.max(this.mostActive, this.active.size);
    return json({ applicationId: 'app', jobRunId: run.id, arn: '' });
  }

  private listRuns(query: URLSearchParams): Answer {
    const states = query.getAll('states');
    const onlyActive = states.length > 0 && !states.some((state) => endStates.includes(state as RunState));
    const after = query.get('createdAtAfter');
    const since = after === null ? 0 : Date.parse(after) || Number(after) * 1000;
    const begin = Number(query.get('nextToken') ?? 0);
    const from = onlyActive ? [...this.active] : this.runs;
    const found = from
      .filter((run) => run.createdAt >= since && (states.length === 0 || states.includes(this.stateOf(run))))
      .reverse();
    const size = Number(query.get('maxResults') ?? 50);
    return json({
      jobRuns: found.slice(begin, begin + size).map((run) => this.describe(run)),
      ...(begin + size < found.length && { nextToken: String(begin + size) }),
    });
  }

  private describe(run: StubRun): object {
    const state = this.stateOf(run);
    const seconds = run.milliseconds / 1000;
    return {
      ...{
        applicationId: 'app',
        jobRunId: run.id,
        id: run.id,
        arn: arnOf(run),
        name: run.name,
        tags: run.tags,
      },
      ...{ createdBy: '', createdAt: run.createdAt / 1000, updatedAt: run.createdAt / 1000 + seconds },
      ...{ executionRole: '', releaseLabel: '', state, stateDetails: run.details },
      ...{ jobDriver: { sparkSubmit: { entryPoint: 'x' } }, totalExecutionDurationSeconds: 1 },
      ...(state === 'SUCCESS' && {
        billedResourceUtilization: { vCPUHour: 0.5, memoryGBHour: 2, storageGBHour: 0 },
      }),
    };
  }

  private s3(call: string, request: IncomingMessage, url: URL, body: Buffer): Answer {
    const key = decodeURIComponent(url.pathname.slice(1));
    const found = this.objects.get(key);
    const ifMatch = request.headers['if-match'];
    switch (call) {
      case 'ListObjects': {
        const prefix = url.searchParams.get('prefix') ?? '';
        const bucket = `${key.replace(/\/$/, '')}/`;
        const names = [...this.objects.keys()]
          .filter((name) => name.startsWith(`${bucket}${prefix}`))
          .map((name) => name.slice(bucket.length))
          .sort();
        const begin = Number(url.searchParams.get('continuation-token') ?? 0);
        const page = names.slice(begin, begin + 1000);
        const more = begin + 1000 < names.length;
        return {
          status: 200,
          headers: { 'content-type': 'application/xml' },
          body: `<ListBucketResult><IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${begin + 1000}</NextContinuationToken>` : ''}${page.map((name) => `<Contents><Key>${name}</Key><Size>1</Size></Contents>`).join('')}</ListBucketResult>`,
        };
      }
      case 'GetObject':
      case 'HeadObject':
        return found
          ? {
              status: 200,
              headers: { etag: found.etag, 'content-length': String(found.body.length) },
              body: found.body,
            }
          : xmlError(404, 'NoSuchKey');
      case 'PutObject': {
        if (request.headers['if-none-match'] === '*' && found) return xmlError(412, 'PreconditionFailed');
        if (ifMatch !== undefined && !found) return xmlError(404, 'NoSuchKey');
        if (ifMatch !== undefined && found?.etag !== ifMatch) return xmlError(412, 'PreconditionFailed');
        return { status: 200, headers: { etag: this.put(key, body) }, body: '' };
      }
      case 'DeleteObject':
        if (ifMatch !== undefined && !found) return xmlError(404, 'NoSuchKey');
        if (ifMatch !== undefined && found?.etag !== ifMatch) return xmlError(412, 'PreconditionFailed');
        this.objects.delete(key);
        return { status: 204, headers: {}, body: '' };
      default:
        return failed(404, 'UnknownOperationException');
    }
  }
}

interface StartBody {
  readonly clientToken: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
}

function arnOf({ id }: StubRun): string {
  return `arn:aws:emr-serverless:eu-central-1:${account}:/applications/app/jobruns/${id}`;
}

function json(value: object): Answer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

function failed(status: number, code: string): Answer {
  return { status, headers: { 'x-amzn-errortype': code }, body: JSON.stringify({ message: code }) };
}

function xmlError(status: number, code: string): Answer {
  return { status, headers: {}, body: `<Error><Code>${code}</Code><Message>${code}</Message></Error>` };
}

function nameOf({ method, headers }: IncomingMessage, url: URL, body: Buffer): string {
  const path = url.pathname;
  if (path === '/_dataplat/status') return 'Status';
  if (headers['x-amz-target'] === 'AmazonSSM.GetParameter') return 'GetParameter';
  if (path === '/' && body.includes('GetCallerIdentity')) return 'GetCallerIdentity';
  if (path.startsWith('/tags/')) return 'TagResource';
  const below = /^\/applications(?:\/[^/]+(\/jobruns(\/[^/]+)?)?)?$/.exec(path);
  if (below) {
    if (path === '/applications') return 'ListApplications';
    if (below[1] === undefined) return 'GetApplication';
    if (below[2] === undefined) return method === 'POST' ? 'StartJobRun' : 'ListJobRuns';
    return method === 'DELETE' ? 'CancelJobRun' : 'GetJobRun';
  }
  if (method === 'GET' && url.searchParams.has('list-type')) return 'ListObjects';
  return (
    { GET: 'GetObject', HEAD: 'HeadObject', PUT: 'PutObject', DELETE: 'DeleteObject' }[method ?? ''] ?? '?'
  );
}
