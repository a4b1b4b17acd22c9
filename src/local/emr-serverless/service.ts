import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { endStates, runStates } from '../../model/run-states.js';
import { JsonFiles } from '../json-files.js';
import { pageAfter, type Page } from '../pages.js';
import type {
  EndpointSettings,
  Service,
  ServiceContext,
  ServiceRequest,
  ServiceResponse,
} from '../service.js';
import { ServiceError } from '../service.js';
import type { Application, ApplicationRecord, ApplicationState } from './applications.js';
import {
  applicationSummary,
  digestOf,
  invalid,
  newApplication,
  requireState,
  tagsOf,
  textOf,
  updatedApplication,
} from './applications.js';
import { ClassData } from './class-data.js';
import { tail } from './driver.js';
import { findInstallation } from './installation.js';
import type { JobRun, RunFilter } from './job-runs.js';
import { attemptSummary, jobRunSummary, matches, newJobRun } from './job-runs.js';
import { ObjectStore } from './object-store.js';
import { ReadyDrivers } from './ready-drivers.js';
import type { RunnerTuning } from './runner.js';
import { Runner, defaultTuning } from './runner.js';
import { sharedFolder } from './shared-folder.js';
import { stateEvent } from './state-events.js';
import { Staging } from './staging.js';

type Body = Readonly<Record<string, unknown>>;

/** The most that EMR Serverless lists at once. */
const largestPage = 50;

/** How long an application takes to start or to stop here; long enough to be seen. */
const transitionMilliseconds = 150;
const idleCheckMilliseconds = 5000;
/** Fetched files that no run used for so long are dropped at the start. */
const stagedFilesKeptDays = 14;
const defaultGraceSeconds = 5;
/** Path on the endpoint, below which a driver's output is served as text. */
export const dashboardPath = '/_emr-serverless/';

/**
 * EMR Serverless as the local endpoint answers it: applications with their states, and job runs that really run, with
 * this machine's Spark.
 */
export async function createEmrServerlessService(
  context: ServiceContext,
  settings: EndpointSettings,
  tuning: Partial<RunnerTuning> = {},
): Promise<Service> {
  const installation = await findInstallation(settings);
  const folder = (name: string): string => path.join(context.stateDirectory, name);
  mkdirSync(folder('runs'), { recursive: true });
  const store = new ObjectStore(context);
  const staging = new Staging(
    store,
    sharedFolder(installation, 'staged', context.stateDirectory),
    settings.jobsPython,
  );
  await staging.clean(stagedFilesKeptDays);
  const applied = {
    ...defaultTuning,
    ...(settings.vcpuQuota !== undefined && { vcpuQuota: settings.vcpuQuota }),
    ...tuning,
  };
  const classData = new ClassData(
    { installation, place: context, directory: context.stateDirectory, log: context.log },
    applied.classData,
  );
  const ready = new ReadyDrivers({
    ...{ installation, place: context, classData, log: context.log },
    directory: folder('ready'),
  });
  const runner = new Runner(
    folder('runs'),
    new JsonFiles(folder('job-runs')),
    {
      installation,
      place: context,
      store,
      staging,
      classData,
      ready,
      log: context.log,
      logIntervalMilliseconds: applied.logIntervalMilliseconds,
    },
    applied,
  );
  return new EmrServerless(context, new JsonFiles(folder('applications')), runner, store);
}

class EmrServerless implements Service {
  readonly scope = 'emr-serverless';
  readonly #context: ServiceContext;
  readonly #files: JsonFiles<ApplicationRecord>;
  readonly #runner: Runner;
  readonly #store: ObjectStore;
  readonly #applications = new Map<string, ApplicationRecord>();
  /** When an application last had something to do, by its id; in milliseconds. */
  readonly #lastBusy = new Map<string, number>();
  readonly #idleTimer: NodeJS.Timeout;
  readonly #transitions = new Set<NodeJS.Timeout>();

  constructor(
    context: ServiceContext,
    files: JsonFiles<ApplicationRecord>,
    runner: Runner,
    store: ObjectStore,
  ) {
    this.#context = context;
    this.#files = files;
    this.#runner = runner;
    this.#store = store;
    for (const record of files.all()) {
      this.#applications.set(record.application.applicationId, record);
      const { state } = record.application;
      if (state === 'STARTING') this.#setState(record.application.applicationId, 'STARTED');
      if (state === 'STOPPING') this.#setState(record.application.applicationId, 'STOPPED');
      this.#lastBusy.set(record.application.applicationId, Date.now());
    }
    runner.onEnd = (run) => this.#lastBusy.set(run.applicationId, Date.now());
    runner.onState = (run, previous) => context.announce?.(stateEvent(run, previous));
    this.#idleTimer = setInterval(() => this.#stopIdle(), idleCheckMilliseconds);
    this.#idleTimer.unref();
  }

  async handle(request: ServiceRequest): Promise<ServiceResponse> {
    const parts = request.path.split('/').slice(1).map(decodeURIComponent);
    if (request.path.startsWith(dashboardPath)) return this.#driverOutput(parts[1] ?? '', parts[2] ?? '');
    const body = readBody(request);
    const answer = (): object => {
      const [kind, id, part, runId, detail] = parts;
      const operation = `${request.method} ${kind ?? ''}${parts.length > 1 ? '/id' : ''}`;
      if (operation === 'POST applications') return this.#create(body);
      if (operation === 'GET applications') return this.#listApplications(request.query);
      if (kind === 'tags') return this.#tags(request.method, parts.slice(1).join('/'), body, request.query);
      if (kind === 'applications' && id !== undefined) {
        const application = this.#application(id);
        const below = `${request.method} ${part ?? ''}${runId === undefined ? '' : '/id'}${detail === undefined ? '' : `/${detail}`}`;
        if (below === 'GET ') return { application: application };
        if (below === 'PATCH ') return { application: this.#update(application, body) };
        if (below === 'DELETE ') return this.#delete(application);
        if (below === 'POST start') return this.#start(application);
        if (below === 'POST stop') return this.#stop(application);
        if (below === 'POST jobruns') return this.#startJobRun(application, body);
        if (below === 'GET jobruns') return this.#listJobRuns(application, request.query);
        if (below === 'GET jobruns/id') return { jobRun: this.#jobRun(id, runId) };
        if (below === 'DELETE jobruns/id') return this.#cancel(this.#jobRun(id, runId), request.query);
        if (below === 'GET jobruns/id/dashboard') return this.#dashboard(this.#jobRun(id, runId));
        if (below === 'GET jobruns/id/attempts')
          return this.#attempts(this.#jobRun(id, runId), request.query);
      }
      throw new ServiceError(
        404,
        'UnknownOperationException',
        `The local endpoint does not answer ${request.method} ${request.path} of EMR Serverless.`,
      );
    };
    return { status: 200, body: answer() };
  }

  active(): readonly string[] {
    return [...this.#applications.keys()]
      .flatMap((id) => this.#runner.activeRuns(id))
      .map(
        (run) =>
          `job run ${run.jobRunId} (${run.name ?? run.jobDriver.sparkSubmit.entryPoint}), ${run.state}`,
      );
  }

  async stop(): Promise<void> {
    clearInterval(this.#idleTimer);
    for (const timer of this.#transitions) clearTimeout(timer);
    await this.#runner.stop();
    this.#store.close();
  }

  #create(body: Body): object {
    const clientToken = textOf(body, 'clientToken') ?? '';
    const requestDigest = digestOf(body);
    const earlier = [...this.#applications.values()].find(
      (record) => clientToken !== '' && record.clientToken === clientToken,
    );
    if (earlier !== undefined) sameRequest(earlier.requestDigest, requestDigest, clientToken);
    const application = earlier?.application ?? newApplication(body, this.#context, seconds());
    if (earlier === undefined) this.#keep({ application, clientToken, requestDigest });
    return { applicationId: application.applicationId, name: application.name, arn: application.arn };
  }

  #listApplications(query: URLSearchParams): object {
    const states = query.getAll('states');
    const found = [...this.#applications.values()]
      .map((record) => record.application)
      .filter((application) => states.length === 0 || states.includes(application.state))
      .sort((a, b) => b.createdAt - a.createdAt);
    const { items, next } = page(found, (application) => application.applicationId, query);
    return { applications: items.map(applicationSummary), nextToken: next };
  }

  #update(application: Application, body: Body): Application {
    return this.#replace(updatedApplication(application, body, seconds()));
  }

  #delete(application: Application): object {
    requireState(application, ['CREATED', 'STOPPED'], 'deleted');
    this.#setState(application.applicationId, 'TERMINATED');
    return {};
  }

  #start(application: Application): object {
    if (application.state === 'STARTED' || application.state === 'STARTING') return {};
    requireState(application, ['CREATED', 'STOPPED'], 'started');
    this.#lastBusy.set(application.applicationId, Date.now());
    this.#setState(application.applicationId, 'STARTING');
    this.#later(() => {
      this.#setState(application.applicationId, 'STARTED');
      this.#runner.advance(application.applicationId);
    });
    return {};
  }

  #stop(application: Application): object {
    if (application.state === 'STOPPED' || application.state === 'STOPPING') return {};
    requireState(application, ['CREATED', 'STARTED'], 'stopped');
    const active = this.#runner.activeRuns(application.applicationId);
    if (active.length > 0) {
      throw invalid(
        `Application ${application.applicationId} has ${active.length} job run(s) that have not ended. ` +
          'All scheduled and running jobs must be completed or cancelled before the application can be stopped.',
      );
    }
    this.#setState(application.applicationId, 'STOPPING');
    this.#runner.release(application.applicationId);
    this.#later(() => this.#setState(application.applicationId, 'STOPPED'));
    return {};
  }

  #startJobRun(application: Application, body: Body): object {
    const clientToken = textOf(body, 'clientToken') ?? '';
    const requestDigest = digestOf(body);
    const earlier = [...this.#runner.records.values()].find(
      (record) =>
        clientToken !== '' &&
        record.clientToken === clientToken &&
        record.run.applicationId === application.applicationId,
    );
    if (earlier !== undefined) {
      sameRequest(earlier.requestDigest, requestDigest, clientToken);
      return started(earlier.run);
    }
    requireState(application, ['CREATED', 'STOPPED', 'STOPPING', 'STARTING', 'STARTED'], 'given a job run');
    const run = newJobRun(body, application, this.#context.account, seconds());
    if (!['STARTED', 'STARTING'].includes(application.state)) {
      if (application.autoStartConfiguration.enabled === false) {
        throw invalid(
          `Application ${application.applicationId} is ${application.state} and its auto-start is off. ` +
            'Start the application before you submit a job run.',
        );
      }
      this.#setState(application.applicationId, 'STOPPED');
      this.#start(this.#application(application.applicationId));
    }
    this.#lastBusy.set(application.applicationId, Date.now());
    const id = application.applicationId;
    this.#runner.submit({ run, attempts: [], clientToken, requestDigest }, () => this.#application(id));
    return started(run);
  }

  #listJobRuns(application: Application, query: URLSearchParams): object {
    const states = query.getAll('states');
    const unknown = states.find((state) => !(runStates as readonly string[]).includes(state));
    if (unknown !== undefined) throw invalid(`Invalid state: ${unknown}.`);
    const after = timeOf(query.get('createdAtAfter'));
    const before = timeOf(query.get('createdAtBefore'));
    const mode = query.get('mode');
    const filter: RunFilter = {
      states,
      ...(after === undefined ? {} : { createdAtAfter: after }),
      ...(before === undefined ? {} : { createdAtBefore: before }),
      ...(mode === null ? {} : { mode }),
    };
    const found = [...this.#runner.records.values()]
      .map((record) => record.run)
      .filter((run) => run.applicationId === application.applicationId && matches(run, filter))
      .sort((a, b) => b.createdAt - a.createdAt);
    const { items, next } = page(found, (run) => run.jobRunId, query);
    return { jobRuns: items.map(jobRunSummary), nextToken: next };
  }

  #cancel(run: JobRun, query: URLSearchParams): object {
    if (endStates.includes(run.state) && run.state !== 'CANCELLED') {
      throw invalid(`Job run ${run.jobRunId} is in the terminal state ${run.state} and cannot be cancelled.`);
    }
    const grace = query.get('shutdownGracePeriodInSeconds');
    this.#runner.cancel(run.jobRunId, grace === null ? defaultGraceSeconds : Number(grace));
    return { applicationId: run.applicationId, jobRunId: run.jobRunId };
  }

  #dashboard(run: JobRun): object {
    // The credential scope in the query is what the gateway routes by, as in any presigned address.
    const { endpoint, account, region } = this.#context;
    const scope = encodeURIComponent(`${account}/20260101/${region}/${this.scope}/aws4_request`);
    return {
      url: `${endpoint}${dashboardPath}${run.applicationId}/${run.jobRunId}?X-Amz-Credential=${scope}`,
    };
  }

  #attempts(run: JobRun, query: URLSearchParams): object {
    const ended = this.#runner.records.get(run.jobRunId)?.attempts ?? [];
    const { attempt, attemptCreatedAt: createdAt, attemptUpdatedAt: updatedAt, state, stateDetails } = run;
    const all = [
      ...ended.filter((one) => one.attempt !== attempt),
      ended.find((one) => one.attempt === attempt) ?? { attempt, createdAt, updatedAt, state, stateDetails },
    ];
    const { items, next } = page(all, (one) => String(one.attempt), query);
    return { jobRunAttempts: items.map((one) => attemptSummary(run, one)), nextToken: next };
  }

  #tags(method: string, arn: string, body: Body, query: URLSearchParams): object {
    const application = [...this.#applications.values()].find((record) => record.application.arn === arn);
    const run = [...this.#runner.records.values()].find((record) => record.run.arn === arn);
    const tags = application?.application.tags ?? run?.run.tags;
    if (tags === undefined)
      throw new ServiceError(404, 'ResourceNotFoundException', `Resource ${arn} does not exist.`);
    if (method === 'GET') return { tags };
    const removed = query.getAll('tagKeys');
    const changed =
      method === 'DELETE'
        ? Object.fromEntries(Object.entries(tags).filter(([key]) => !removed.includes(key)))
        : { ...tags, ...tagsOf(body.tags) };
    if (application !== undefined) this.#replace({ ...application.application, tags: changed });
    else if (run !== undefined) this.#runner.tag(run.run.jobRunId, changed);
    return {};
  }

  /** What the driver of a run has written, for a browser. */
  async #driverOutput(applicationId: string, jobRunId: string): Promise<ServiceResponse> {
    const run = this.#jobRun(applicationId, jobRunId);
    const parts = await Promise.all(
      ['stdout', 'stderr'].map(
        async (name) => `===== ${name} =====\n${await tail(path.join(this.#runner.directoryOf(run), name))}`,
      ),
    );
    const head = `job run ${jobRunId}${run.name === undefined ? '' : ` (${run.name})`}: ${run.state} ${run.stateDetails}`;
    return {
      status: 200,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: `${head.trimEnd()}\n\n${parts.join('\n')}`,
    };
  }

  /** Stops applications that have had nothing to do for as long as their auto-stop says. */
  #stopIdle(): void {
    for (const { application } of this.#applications.values()) {
      const { enabled = true, idleTimeoutMinutes = 15 } = application.autoStopConfiguration;
      const idle = Date.now() - (this.#lastBusy.get(application.applicationId) ?? 0);
      if (application.state !== 'STARTED' || !enabled || idle < idleTimeoutMinutes * 60_000) continue;
      if (this.#runner.activeRuns(application.applicationId).length === 0) this.#stop(application);
    }
  }

  #application(id: string): Application {
    const record = this.#applications.get(id);
    if (record === undefined) {
      throw new ServiceError(404, 'ResourceNotFoundException', `Application ${id} does not exist.`);
    }
    return record.application;
  }

  #jobRun(applicationId: string, jobRunId: string | undefined): JobRun {
    const run = this.#runner.records.get(jobRunId ?? '')?.run;
    if (run === undefined || run.applicationId !== applicationId) {
      throw new ServiceError(404, 'ResourceNotFoundException', `Job run ${jobRunId ?? ''} does not exist.`);
    }
    return run;
  }

  #setState(applicationId: string, state: ApplicationState): void {
    this.#replace({ ...this.#application(applicationId), state, updatedAt: seconds() });
  }

  #replace(application: Application): Application {
    const record = this.#applications.get(application.applicationId);
    if (record !== undefined) this.#keep({ ...record, application });
    return application;
  }

  #keep(record: ApplicationRecord): void {
    this.#applications.set(record.application.applicationId, record);
    this.#files.write(record.application.applicationId, record);
  }

  #later(action: () => void): void {
    const timer = setTimeout(() => {
      this.#transitions.delete(timer);
      action();
    }, transitionMilliseconds);
    this.#transitions.add(timer);
  }
}

function readBody(request: ServiceRequest): Body {
  if (request.body.length === 0) return {};
  try {
    const body: unknown = JSON.parse(request.body.toString('utf8'));
    if (body !== null && typeof body === 'object') return body as Body;
  } catch {
    // Said below.
  }
  throw new ServiceError(400, 'SerializationException', 'The request body is not a JSON object.');
}

function sameRequest(earlier: string, now: string, clientToken: string): void {
  if (earlier !== now) {
    throw new ServiceError(
      409,
      'ConflictException',
      `Client token ${clientToken} was used before, with other parameters.`,
    );
  }
}

function started(run: JobRun): object {
  return { applicationId: run.applicationId, jobRunId: run.jobRunId, arn: run.arn };
}

/** Times in a query come as ISO 8601 or as seconds since 1970. */
function timeOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  const time = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text) / 1000;
  if (Number.isNaN(time)) throw invalid(`Invalid time: ${text}.`);
  return time;
}

function seconds(): number {
  return Date.now() / 1000;
}

/** One page of a list, as the query of a request asks for it. */
function page<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  query: URLSearchParams,
): Page<Item> {
  const size = Number(query.get('maxResults') ?? largestPage);
  if (!Number.isInteger(size) || size < 1 || size > largestPage) {
    throw invalid(`maxResults must be between 1 and ${largestPage}.`);
  }
  const token = query.get('nextToken') ?? undefined;
  return pageAfter(items, idOf, { size, token }, () => invalid('Invalid nextToken.'));
}
