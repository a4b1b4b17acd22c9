import type { RunState } from '../../model/run-states.js';
import { ServiceError } from '../service.js';
import type { Application, Configuration, MonitoringConfiguration } from './applications.js';
import { invalid, newId, tagsOf, textOf } from './applications.js';
import { parseSubmitParameters } from './submit-parameters.js';
import type { ResourceUtilization } from './utilization.js';

export interface SparkSubmit {
  readonly entryPoint: string;
  readonly entryPointArguments?: readonly string[];
  readonly sparkSubmitParameters?: string;
}

/** A job run as GetJobRun answers it; times are seconds since 1970. */
export interface JobRun {
  readonly applicationId: string;
  readonly jobRunId: string;
  readonly arn: string;
  readonly name?: string;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly executionRole: string;
  readonly executionIamPolicy?: unknown;
  readonly state: RunState;
  readonly stateDetails: string;
  readonly releaseLabel: string;
  readonly configurationOverrides?: {
    readonly applicationConfiguration?: readonly Configuration[];
    readonly monitoringConfiguration?: MonitoringConfiguration;
  };
  readonly jobDriver: { readonly sparkSubmit: SparkSubmit };
  readonly tags: Readonly<Record<string, string>>;
  readonly networkConfiguration?: unknown;
  readonly executionTimeoutMinutes: number;
  readonly mode: 'BATCH' | 'STREAMING';
  readonly retryPolicy?: { readonly maxAttempts?: number; readonly maxFailedAttemptsPerHour?: number };
  readonly attempt: number;
  readonly attemptCreatedAt: number;
  readonly attemptUpdatedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly queuedDurationMilliseconds?: number;
  readonly totalExecutionDurationSeconds: number;
  readonly totalResourceUtilization: ResourceUtilization;
  readonly billedResourceUtilization: ResourceUtilization;
}

/** One try at a run. */
export interface Attempt {
  readonly attempt: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly state: RunState;
  readonly stateDetails: string;
}

/** How a run is kept. */
export interface JobRunRecord {
  readonly run: JobRun;
  readonly attempts: readonly Attempt[];
  readonly clientToken: string;
  readonly requestDigest: string;
  /** Process group of its driver while it has one. */
  readonly processGroup?: number;
}

const roleArn = /^arn:aws[a-zA-Z0-9-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;
/** What AWS gives a batch run that names no timeout: twelve hours. A streaming run has none. */
const defaultTimeoutMinutes = 720;
const nothing: ResourceUtilization = { vCPUHour: 0, memoryGBHour: 0, storageGBHour: 0 };

/** Checks a StartJobRun request and makes the run that it asks for. */
export function newJobRun(
  request: Readonly<Record<string, unknown>>,
  application: Application,
  account: string,
  now: number,
): JobRun {
  const role = request.executionRoleArn;
  if (typeof role !== 'string' || !roleArn.test(role)) {
    throw invalid(`Invalid execution role ARN: ${String(role)}.`);
  }
  if (role.split(':')[4] !== account) {
    throw new ServiceError(
      403,
      'AccessDeniedException',
      `Cross-account pass role is not allowed: ${role} is not a role of account ${account}.`,
    );
  }
  const driver = (request.jobDriver ?? {}) as { sparkSubmit?: SparkSubmit; hive?: unknown };
  if (driver.sparkSubmit === undefined) {
    throw invalid(
      driver.hive === undefined
        ? 'jobDriver must hold sparkSubmit.'
        : 'Job driver hive does not fit an application of type SPARK.',
    );
  }
  const { entryPoint, sparkSubmitParameters, entryPointArguments } = driver.sparkSubmit;
  if (typeof entryPoint !== 'string' || entryPoint.trim() === '') {
    throw invalid('jobDriver.sparkSubmit.entryPoint must not be empty.');
  }
  if (sparkSubmitParameters !== undefined) parseSubmitParameters(sparkSubmitParameters);
  if (entryPointArguments?.some((argument) => typeof argument !== 'string') === true) {
    throw invalid('jobDriver.sparkSubmit.entryPointArguments must be strings.');
  }
  const mode = request.mode ?? 'BATCH';
  if (mode !== 'BATCH' && mode !== 'STREAMING') throw invalid(`Invalid mode: ${JSON.stringify(mode)}.`);
  const timeout = request.executionTimeoutMinutes ?? (mode === 'BATCH' ? defaultTimeoutMinutes : 0);
  if (typeof timeout !== 'number' || !(timeout >= 0 && timeout <= 1_000_000)) {
    throw invalid('executionTimeoutMinutes must be between 0 and 1000000.');
  }
  const retryPolicy = request.retryPolicy as JobRun['retryPolicy'];
  if (
    retryPolicy?.maxAttempts !== undefined &&
    !(retryPolicy.maxAttempts >= 1 && retryPolicy.maxAttempts <= 10)
  ) {
    if (mode === 'BATCH') throw invalid('retryPolicy.maxAttempts must be between 1 and 10 for a batch run.');
  }
  const name = textOf(request, 'name');
  const jobRunId = newId();
  return {
    applicationId: application.applicationId,
    jobRunId,
    arn: `${application.arn}/jobruns/${jobRunId}`,
    ...(name === undefined ? {} : { name }),
    createdBy: `arn:aws:iam::${account}:root`,
    createdAt: now,
    updatedAt: now,
    executionRole: role,
    ...(request.executionIamPolicy === undefined ? {} : { executionIamPolicy: request.executionIamPolicy }),
    state: 'SUBMITTED',
    stateDetails: '',
    releaseLabel: application.releaseLabel,
    ...(request.configurationOverrides === undefined || request.configurationOverrides === null
      ? {}
      : { configurationOverrides: request.configurationOverrides }),
    jobDriver: { sparkSubmit: driver.sparkSubmit },
    tags: tagsOf(request.tags),
    ...(application.networkConfiguration === undefined
      ? {}
      : { networkConfiguration: application.networkConfiguration }),
    executionTimeoutMinutes: timeout,
    mode,
    ...(retryPolicy === undefined ? {} : { retryPolicy }),
    attempt: 1,
    attemptCreatedAt: now,
    attemptUpdatedAt: now,
    totalExecutionDurationSeconds: 0,
    totalResourceUtilization: nothing,
    billedResourceUtilization: nothing,
  };
}

/** What ListJobRuns says of a run. */
export function jobRunSummary(run: JobRun): Record<string, unknown> {
  const {
    applicationId,
    jobRunId: id,
    name,
    mode,
    arn,
    createdBy,
    createdAt,
    updatedAt,
    executionRole,
  } = run;
  const { state, stateDetails, releaseLabel, attempt, attemptCreatedAt, attemptUpdatedAt } = run;
  return {
    ...{
      applicationId,
      id,
      name,
      mode,
      arn,
      createdBy,
      createdAt,
      updatedAt,
      executionRole,
      state,
      stateDetails,
    },
    ...{ releaseLabel, type: 'SPARK', attempt, attemptCreatedAt, attemptUpdatedAt },
  };
}

/** What ListJobRunAttempts says of one attempt. */
export function attemptSummary(run: JobRun, attempt: Attempt): Record<string, unknown> {
  return { ...jobRunSummary(run), jobCreatedAt: run.createdAt, ...attempt };
}

/** Which runs a ListJobRuns request asks for. */
export interface RunFilter {
  readonly states: readonly string[];
  readonly createdAtAfter?: number;
  readonly createdAtBefore?: number;
  readonly mode?: string;
}

export function matches(run: JobRun, filter: RunFilter): boolean {
  return (
    (filter.states.length === 0 || filter.states.includes(run.state)) &&
    (filter.createdAtAfter === undefined || run.createdAt >= filter.createdAtAfter) &&
    (filter.createdAtBefore === undefined || run.createdAt <= filter.createdAtBefore) &&
    (filter.mode === undefined || run.mode === filter.mode)
  );
}
