import { createHash, randomBytes } from 'node:crypto';
import { ServiceError } from '../service.js';

export type ApplicationState =
  | 'CREATING'
  | 'CREATED'
  | 'STARTING'
  | 'STARTED'
  | 'STOPPING'
  | 'STOPPED'
  | 'TERMINATED';

export interface Configuration {
  readonly classification: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly configurations?: readonly Configuration[];
}

export interface MonitoringConfiguration {
  readonly s3MonitoringConfiguration?: { readonly logUri?: string };
  readonly [other: string]: unknown;
}

/** Workers that are kept ready while the application is started. */
export interface ReadyWorkers {
  readonly workerCount: number;
  /** For example `2 vCPU` and `8 GB`. */
  readonly workerConfiguration?: { readonly cpu?: string; readonly memory?: string };
}

/** What a request may say of an application; all of it is given back as it came. */
export interface ApplicationSettings {
  readonly releaseLabel: string;
  readonly architecture: string;
  readonly autoStartConfiguration: { readonly enabled?: boolean };
  readonly autoStopConfiguration: { readonly enabled?: boolean; readonly idleTimeoutMinutes?: number };
  readonly schedulerConfiguration?: {
    readonly maxConcurrentRuns?: number;
    readonly queueTimeoutMinutes?: number;
  };
  readonly monitoringConfiguration?: MonitoringConfiguration;
  readonly runtimeConfiguration?: readonly Configuration[];
  readonly initialCapacity?: Readonly<Record<string, ReadyWorkers>>;
  readonly maximumCapacity?: { readonly cpu?: string };
  readonly networkConfiguration?: unknown;
  readonly [other: string]: unknown;
}

/** An application as GetApplication answers it; times are seconds since 1970. */
export interface Application extends ApplicationSettings {
  readonly applicationId: string;
  readonly arn: string;
  readonly name?: string;
  readonly type: string;
  readonly state: ApplicationState;
  readonly stateDetails: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** How an application is kept. */
export interface ApplicationRecord {
  readonly application: Application;
  /** Of the request that made it, so that a repeated request makes no second one. */
  readonly clientToken: string;
  readonly requestDigest: string;
}

const settable = [
  'initialCapacity',
  'maximumCapacity',
  'autoStartConfiguration',
  'autoStopConfiguration',
  'networkConfiguration',
  'architecture',
  'imageConfiguration',
  'workerTypeSpecifications',
  'runtimeConfiguration',
  'monitoringConfiguration',
  'diskEncryptionConfiguration',
  'interactiveConfiguration',
  'schedulerConfiguration',
  'identityCenterConfiguration',
  'jobLevelCostAllocationConfiguration',
] as const;

const releaseLabel = /^emr-\d+\.\d+\.\d+(-latest|-\d{8})?$/;

/** Checks a CreateApplication request and makes the application that it asks for. */
export function newApplication(
  request: Readonly<Record<string, unknown>>,
  place: { readonly account: string; readonly region: string },
  now: number,
): Application {
  if (typeof request.releaseLabel !== 'string' || !releaseLabel.test(request.releaseLabel)) {
    throw invalid(`Invalid release label: ${String(request.releaseLabel)}.`);
  }
  if (typeof request.type !== 'string' || request.type.toUpperCase() !== 'SPARK') {
    throw invalid(
      `Invalid application type: ${String(request.type)}. The local endpoint runs applications of type SPARK.`,
    );
  }
  const name = textOf(request, 'name');
  if (name !== undefined && !/^[A-Za-z0-9._/#-]{1,64}$/.test(name)) throw invalid(`Invalid name: ${name}.`);
  const id = newId();
  return {
    architecture: 'X86_64',
    autoStartConfiguration: { enabled: true },
    autoStopConfiguration: { enabled: true, idleTimeoutMinutes: 15 },
    ...checkedSettings(request),
    releaseLabel: request.releaseLabel,
    type: request.type,
    ...(name === undefined ? {} : { name }),
    applicationId: id,
    arn: `arn:aws:emr-serverless:${place.region}:${place.account}:/applications/${id}`,
    state: 'CREATED',
    stateDetails: '',
    createdAt: now,
    updatedAt: now,
    tags: tagsOf(request.tags),
  };
}

/** Checks an UpdateApplication request and applies it. */
export function updatedApplication(
  application: Application,
  request: Readonly<Record<string, unknown>>,
  now: number,
): Application {
  requireState(application, ['CREATED', 'STOPPED'], 'updated');
  const label = textOf(request, 'releaseLabel');
  if (label !== undefined && !releaseLabel.test(label)) throw invalid(`Invalid release label: ${label}.`);
  return {
    ...application,
    ...checkedSettings(request),
    ...(label === undefined ? {} : { releaseLabel: label }),
    updatedAt: now,
  };
}

/** Throws AWS's ValidationException where the application is in none of these states. */
export function requireState(
  application: Application,
  states: readonly ApplicationState[],
  whatFor: string,
): void {
  if (!states.includes(application.state)) {
    throw invalid(
      `Application ${application.applicationId} must be in one of the following statuses ` +
        `[${states.join(', ')}] to be ${whatFor}. Current status: ${application.state}`,
    );
  }
}

/** What ListApplications says of an application. */
export function applicationSummary(application: Application): Record<string, unknown> {
  const { applicationId: id, name, arn, releaseLabel, type, state, stateDetails } = application;
  const { createdAt, updatedAt, architecture } = application;
  return { id, name, arn, releaseLabel, type, state, stateDetails, createdAt, updatedAt, architecture };
}

/** Ids as EMR Serverless makes them: sixteen lower-case characters, `00` first. */
export function newId(): string {
  return `00${randomBytes(7).toString('hex')}`;
}

/** The same for two requests that say the same but for their client token. */
export function digestOf(request: Readonly<Record<string, unknown>>): string {
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : value !== null && typeof value === 'object'
        ? Object.fromEntries(
            Object.entries(value)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, item]) => [key, sorted(item)]),
          )
        : value;
  return createHash('sha256')
    .update(JSON.stringify(sorted({ ...request, clientToken: undefined })))
    .digest('hex');
}

/** Tags as a request gives them. */
export function tagsOf(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object') throw invalid('tags must be a map of strings.');
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]));
}

/** A member of a request that must be text where it is given. */
export function textOf(request: Readonly<Record<string, unknown>>, member: string): string | undefined {
  const value = request[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalid(`${member} must be a string.`);
  return value;
}

export function invalid(message: string): ServiceError {
  return new ServiceError(400, 'ValidationException', message);
}

function checkedSettings(request: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const settings = Object.fromEntries(
    settable
      .filter((key) => request[key] !== undefined && request[key] !== null)
      .map((key) => [key, request[key]]),
  );
  const architecture = textOf(settings, 'architecture');
  if (architecture !== undefined && !['ARM64', 'X86_64'].includes(architecture)) {
    throw invalid(`Invalid architecture: ${architecture}.`);
  }
  const { maxConcurrentRuns, queueTimeoutMinutes } = (settings.schedulerConfiguration ?? {}) as NonNullable<
    ApplicationSettings['schedulerConfiguration']
  >;
  if (maxConcurrentRuns !== undefined && !(maxConcurrentRuns >= 1 && maxConcurrentRuns <= 1000)) {
    throw invalid('maxConcurrentRuns must be between 1 and 1000.');
  }
  if (queueTimeoutMinutes !== undefined && !(queueTimeoutMinutes >= 15 && queueTimeoutMinutes <= 720)) {
    throw invalid('queueTimeoutMinutes must be between 15 and 720.');
  }
  return settings;
}
