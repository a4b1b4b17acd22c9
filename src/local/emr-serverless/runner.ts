import os from 'node:os';
import path from 'node:path';
import { freshVcpus } from '../../model/quotas.js';
import { endStates, type RunState } from '../../model/run-states.js';
import type { JsonFiles } from '../json-files.js';
import { traceOf } from '../message-of.js';
import type { Application } from './applications.js';
import type { DriverSurroundings, EndRequest, Outcome } from './driver.js';
import { Driver, outcomeOf } from './driver.js';
import { propertiesOfRun } from './driver-launch.js';
import type { Attempt, JobRun, JobRunRecord } from './job-runs.js';
import { requestedWorkers, utilization } from './utilization.js';

/** What AWS allows an application that sets nothing. */
const defaultConcurrency = 15;
const defaultQueueTimeoutMinutes = 360;
/** A streaming run is given up when this many of its attempts failed within an hour, unless it says otherwise. */
const defaultFailedAttemptsPerHour = 5;

export interface RunnerTuning {
  /** How long a minute of a timeout is; tests make it short. */
  readonly minuteMilliseconds: number;
  /** Drivers that this machine runs at once; more wait as SCHEDULED. */
  readonly hostSlots: number;
  readonly logIntervalMilliseconds: number;
  /** The vCPUs of an account's workers at once. Default: an application's maximum, else what a new account has. */
  readonly vcpuQuota?: number;
  /** Whether an archive of Spark's classes is made for drivers to start with. */
  readonly classData: boolean;
}

export const defaultTuning: RunnerTuning = {
  minuteMilliseconds: 60_000,
  hostSlots: os.availableParallelism(),
  logIntervalMilliseconds: 3000,
  classData: true,
};

/** A run that has not ended. */
interface Active {
  readonly application: () => Application;
  driver?: Driver;
  queueTimer?: NodeJS.Timeout;
  ending?: EndRequest;
  /** Gives up waiting for one of the machine's slots. */
  stopWaiting?: () => void;
}

/** What became of an attempt, and when: the moment up to which it is billed is the one that is recorded as its end. */
type Ended = Outcome & {
  /** Seconds since 1970. */
  readonly at: number;
};

/** Takes runs through their states: queues them, executes them, counts what they used, keeps them on disk. */
export class Runner {
  readonly #directory: string;
  readonly #files: JsonFiles<JobRunRecord>;
  readonly #around: DriverSurroundings;
  readonly #tuning: RunnerTuning;
  readonly #records = new Map<string, JobRunRecord>();
  readonly #active = new Map<string, Active>();
  readonly #executing = new Set<Promise<void>>();
  readonly #hostQueue: (() => void)[] = [];
  #hostBusy = 0;
  #stopped = false;
  /** Called when a run has ended. */
  onEnd: (run: JobRun) => void = () => undefined;
  /** Called when a run has entered another state. */
  onState: (run: JobRun, previous: RunState) => void = () => undefined;

  constructor(
    directory: string,
    files: JsonFiles<JobRunRecord>,
    around: DriverSurroundings,
    tuning: RunnerTuning,
  ) {
    this.#directory = directory;
    this.#files = files;
    this.#around = around;
    this.#tuning = tuning;
    for (const record of files.all()) this.#records.set(record.run.jobRunId, this.#recovered(record));
  }

  get records(): ReadonlyMap<string, JobRunRecord> {
    return this.#records;
  }

  /** Runs of an application that have not ended, queued ones included. */
  activeRuns(applicationId: string): JobRun[] {
    return [...this.#active.keys()]
      .map((id) => this.#run(id))
      .filter((run) => run.applicationId === applicationId);
  }

  directoryOf(run: JobRun, attempt = run.attempt): string {
    return path.join(this.#directory, run.jobRunId, String(attempt));
  }

  /** Takes a new run on; it begins as soon as the application's concurrency lets it. */
  submit(record: JobRunRecord, application: () => Application): void {
    this.#records.set(record.run.jobRunId, record);
    this.#files.write(record.run.jobRunId, record);
    this.#active.set(record.run.jobRunId, { application });
    // The answer to StartJobRun goes out first.
    setImmediate(() => this.advance(record.run.applicationId));
  }

  /** Starts what waits, oldest first, as far as the application's concurrency allows; queues the rest. */
  advance(applicationId: string): void {
    if (this.#stopped) return;
    const runs = this.activeRuns(applicationId).sort((a, b) => a.createdAt - b.createdAt);
    const first = runs[0];
    if (first === undefined) return;
    const application = this.#active.get(first.jobRunId)?.application();
    if (application?.state !== 'STARTED') return;
    const limit = application.schedulerConfiguration?.maxConcurrentRuns ?? defaultConcurrency;
    const waiting = runs.filter((run) => run.state === 'SUBMITTED' || run.state === 'QUEUED');
    let free = limit - (runs.length - waiting.length);
    for (const run of waiting) {
      if (free > 0) {
        free--;
        this.#begin(run.jobRunId);
      } else if (run.state === 'SUBMITTED') {
        this.#queue(run.jobRunId, application);
      }
    }
  }

  /** Asks a run to end. Answers once that is written down; the run ends a little later. */
  cancel(jobRunId: string, graceSeconds: number): void {
    this.#end(jobRunId, { reason: 'cancelled', detail: 'Job run cancelled by user.', graceSeconds });
  }

  tag(jobRunId: string, tags: Readonly<Record<string, string>>): void {
    const record = this.#record(jobRunId);
    this.#keep({ ...record, run: { ...record.run, tags } });
  }

  /** Ends every driver and waits until their records are written. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const detail = 'The local endpoint was stopped while this job run was active. Submit it again.';
    for (const id of [...this.#active.keys()]) {
      this.#end(id, { reason: 'endpoint stops', detail, graceSeconds: 3 });
    }
    await Promise.all(this.#executing);
    await this.#around.classData.stop();
    await this.#around.ready.stop();
  }

  /** The application is no longer started: nothing is kept ready for it. */
  release(applicationId: string): void {
    void this.#around.ready.end(applicationId);
  }

  #end(jobRunId: string, request: EndRequest): void {
    const active = this.#active.get(jobRunId);
    if (active === undefined || active.ending !== undefined) return;
    active.ending = request;
    const waiting = ['SUBMITTED', 'QUEUED'].includes(this.#run(jobRunId).state);
    if (waiting) {
      this.#finish(jobRunId, outcomeOf(request));
      return;
    }
    this.#change(jobRunId, { state: 'CANCELLING', stateDetails: request.detail });
    active.stopWaiting?.();
    void active.driver?.end(request);
  }

  #queue(jobRunId: string, application: Application): void {
    const active = this.#active.get(jobRunId);
    if (active === undefined) return;
    this.#change(jobRunId, {
      state: 'QUEUED',
      stateDetails: 'Waiting for a concurrent run of the application to end.',
    });
    const minutes = application.schedulerConfiguration?.queueTimeoutMinutes ?? defaultQueueTimeoutMinutes;
    active.queueTimer = setTimeout(() => {
      this.#finish(jobRunId, {
        state: 'CANCELLED',
        detail: `Job run timed out in the queue: it was queued longer than queueTimeoutMinutes (${minutes}).`,
      });
    }, minutes * this.#tuning.minuteMilliseconds);
    active.queueTimer.unref();
  }

  #begin(jobRunId: string): void {
    const active = this.#active.get(jobRunId);
    if (active === undefined) return;
    clearTimeout(active.queueTimer);
    this.#around.classData.interrupt();
    this.#around.ready.interrupt();
    const run = this.#run(jobRunId);
    const queued =
      run.state === 'QUEUED'
        ? { queuedDurationMilliseconds: Math.round(1000 * (now() - run.createdAt)) }
        : {};
    this.#change(jobRunId, { state: 'PENDING', stateDetails: '', ...queued });
    const execution = this.#attempts(jobRunId, active).catch((error: unknown) => {
      this.#around.log(`job run ${jobRunId}: ${traceOf(error)}`);
      this.#finish(jobRunId, {
        state: 'FAILED',
        detail: `Internal failure: ${String(error)}`.slice(0, 256),
        retryable: false,
      });
    });
    this.#executing.add(execution);
    void execution.finally(() => this.#executing.delete(execution));
  }

  async #attempts(jobRunId: string, active: Active): Promise<void> {
    const failures: number[] = [];
    for (;;) {
      const outcome = await this.#attempt(jobRunId, active);
      if (outcome.state !== 'FAILED' || !outcome.retryable || !this.#mayRetry(jobRunId, failures)) {
        this.#finish(jobRunId, outcome, outcome.at);
        return;
      }
      this.#endAttempt(jobRunId, 'FAILED', outcome.detail);
      const attempt = this.#run(jobRunId).attempt + 1;
      const at = now();
      this.#change(jobRunId, { state: 'PENDING', stateDetails: '', attempt, attemptCreatedAt: at });
    }
  }

  async #attempt(jobRunId: string, active: Active): Promise<Ended> {
    if (!(await this.#takeSlot(active))) return { ...outcomeOf(active.ending ?? stopping), at: now() };
    let timeout: NodeJS.Timeout | undefined;
    let begun: number | undefined;
    try {
      if (active.ending !== undefined) return { ...outcomeOf(active.ending), at: now() };
      this.#change(jobRunId, { state: 'SCHEDULED', stateDetails: '' });
      const refusal = this.#lacksCapacity(active);
      if (refusal !== undefined) return { ...refusal, at: now() };
      const run = this.#run(jobRunId);
      const driver = new Driver(run, active.application(), this.directoryOf(run), this.#around);
      active.driver = driver;
      const outcome = await driver.execute((processGroup) => {
        begun = now();
        const minutes = run.executionTimeoutMinutes;
        if (minutes > 0) {
          timeout = setTimeout(
            () => {
              const detail = `Job run timed out: it ran longer than executionTimeoutMinutes (${minutes}).`;
              this.#end(jobRunId, { reason: 'timed out', detail, graceSeconds: 5 });
            },
            Math.min(minutes * this.#tuning.minuteMilliseconds, 2 ** 31 - 1),
          );
        }
        if (active.ending !== undefined) return;
        this.#change(jobRunId, { state: 'RUNNING', startedAt: run.startedAt ?? begun }, processGroup);
      });
      const at = now();
      if (begun !== undefined) this.#count(jobRunId, active.application(), at - begun);
      return { ...outcome, at };
    } finally {
      clearTimeout(timeout);
      delete active.driver;
      this.#releaseSlot();
    }
  }

  /** Adds an attempt's time to what the run used. */
  #count(jobRunId: string, application: Application, seconds: number): void {
    const run = this.#run(jobRunId);
    const workers = requestedWorkers(propertiesOfRun(run, application).properties);
    const [used, billed] = [utilization(workers, seconds, false), utilization(workers, seconds, true)];
    const sum = (a: JobRun['totalResourceUtilization'], b: typeof used): typeof used => ({
      vCPUHour: Math.round((a.vCPUHour + b.vCPUHour) * 1000) / 1000,
      memoryGBHour: Math.round((a.memoryGBHour + b.memoryGBHour) * 1000) / 1000,
      storageGBHour: Math.round((a.storageGBHour + b.storageGBHour) * 1000) / 1000,
    });
    this.#change(jobRunId, {
      totalExecutionDurationSeconds: run.totalExecutionDurationSeconds + Math.round(seconds),
      totalResourceUtilization: sum(run.totalResourceUtilization, used),
      billedResourceUtilization: sum(run.billedResourceUtilization, billed),
    });
  }

  /**
   * What AWS says where the least that a run begins with, its driver and one executor, does not fit beside what works
   * already (User Guide, "Troubleshooting"). Undefined where it fits.
   */
  #lacksCapacity(active: Active): Outcome | undefined {
    const application = active.application();
    const beginning = (run: JobRun): number =>
      requestedWorkers(propertiesOfRun(run, application).properties)
        .slice(0, 2)
        .reduce((sum, { vCpu }) => sum + vCpu, 0);
    const working = ([...this.#active.keys()].map((id) => this.#run(id)) as readonly JobRun[]).filter((run) =>
      ['SCHEDULED', 'RUNNING', 'CANCELLING'].includes(run.state),
    );
    const vcpus = (runs: readonly JobRun[]): number => runs.reduce((sum, run) => sum + beginning(run), 0);
    const own = Number.parseFloat(application.maximumCapacity?.cpu ?? '') || undefined;
    const fail = (detail: string): Outcome => ({ state: 'FAILED', detail, retryable: false });
    if (
      own !== undefined &&
      vcpus(working.filter((run) => run.applicationId === application.applicationId)) > own
    ) {
      return fail(`Job failed as application has exceeded maximumCapacity settings: [cpu: ${own} vCPU].`);
    }
    const quota = this.#tuning.vcpuQuota ?? (own === undefined ? freshVcpus : Infinity);
    return vcpus(working) > quota
      ? fail(
          'Job failed as account has reached the service limit on the maximum vCPU it can use concurrently.',
        )
      : undefined;
  }

  #mayRetry(jobRunId: string, failures: number[]): boolean {
    const run = this.#run(jobRunId);
    if (this.#stopped || this.#active.get(jobRunId)?.ending !== undefined) return false;
    if (run.mode === 'BATCH') return run.attempt < (run.retryPolicy?.maxAttempts ?? 1);
    const at = now();
    failures.push(at);
    const recent = failures.filter((failure) => failure > at - 3600).length;
    return recent < (run.retryPolicy?.maxFailedAttemptsPerHour ?? defaultFailedAttemptsPerHour);
  }

  #finish(jobRunId: string, outcome: Outcome, at = now()): void {
    const active = this.#active.get(jobRunId);
    if (active === undefined) return;
    clearTimeout(active.queueTimer);
    this.#change(jobRunId, { state: outcome.state, stateDetails: outcome.detail, endedAt: at });
    this.#endAttempt(jobRunId, outcome.state, outcome.detail);
    this.#active.delete(jobRunId);
    const run = this.#run(jobRunId);
    this.#around.log(
      `job run ${jobRunId}: ${outcome.state}${outcome.detail === '' ? '' : `: ${outcome.detail}`}`,
    );
    this.onEnd(run);
    if (outcome.state === 'SUCCESS' && this.#active.size === 0) {
      this.#around.classData.idle(run.jobDriver.sparkSubmit.entryPoint);
      this.#around.ready.idle(run, active.application);
    }
    this.advance(run.applicationId);
  }

  #endAttempt(jobRunId: string, state: RunState, stateDetails: string): void {
    const record = this.#record(jobRunId);
    const { attempt, attemptCreatedAt: createdAt } = record.run;
    const ended: Attempt = { attempt, createdAt, updatedAt: now(), state, stateDetails };
    this.#keep({ ...record, attempts: [...record.attempts.filter((one) => one.attempt !== attempt), ended] });
  }

  #change(jobRunId: string, change: Partial<JobRun>, processGroup?: number): void {
    const { processGroup: before, ...record } = this.#record(jobRunId);
    const at = now();
    const run = { ...record.run, ...change, updatedAt: at, attemptUpdatedAt: at };
    const group = processGroup ?? before;
    this.#keep({
      ...record,
      run,
      ...(group === undefined || endStates.includes(run.state) ? {} : { processGroup: group }),
    });
    if (run.state !== record.run.state) this.onState(run, record.run.state);
  }

  #keep(record: JobRunRecord): void {
    this.#records.set(record.run.jobRunId, record);
    this.#files.write(record.run.jobRunId, record);
  }

  #record(jobRunId: string): JobRunRecord {
    const record = this.#records.get(jobRunId);
    if (record === undefined) throw new Error(`no job run ${jobRunId}`);
    return record;
  }

  #run(jobRunId: string): JobRun {
    return this.#record(jobRunId).run;
  }

  /** A run that was active when the endpoint died has failed: its driver died with the endpoint. */
  #recovered(record: JobRunRecord): JobRunRecord {
    if (endStates.includes(record.run.state)) return record;
    const at = now();
    const detail =
      'The local endpoint died while this job run was active, and its driver with it. Submit it again.';
    const run: JobRun = { ...record.run, state: 'FAILED', stateDetails: detail, updatedAt: at, endedAt: at };
    const failed: JobRunRecord = { ...record, run };
    this.#files.write(run.jobRunId, failed);
    this.#around.log(`job run ${run.jobRunId}: FAILED: ${detail}`);
    return failed;
  }

  /** Waits for one of the machine's slots; false if the run is ended meanwhile. */
  async #takeSlot(active: Active): Promise<boolean> {
    if (active.ending !== undefined) return false;
    if (this.#hostBusy < this.#tuning.hostSlots) {
      this.#hostBusy++;
      return true;
    }
    return new Promise<boolean>((resolve) => {
      const taken = (): void => resolve(true);
      this.#hostQueue.push(taken);
      active.stopWaiting = () => {
        const place = this.#hostQueue.indexOf(taken);
        if (place < 0) return;
        this.#hostQueue.splice(place, 1);
        resolve(false);
      };
    });
  }

  #releaseSlot(): void {
    const next = this.#hostQueue.shift();
    if (next === undefined) this.#hostBusy--;
    else next();
  }
}

const stopping: EndRequest = {
  reason: 'endpoint stops',
  detail: 'The local endpoint was stopped.',
  graceSeconds: 0,
};

function now(): number {
  return Date.now() / 1000;
}
