import type {
  Configuration,
  GetJobRunResponse,
  JobRun as SdkJobRun,
  JobRunSummary,
  MonitoringConfiguration,
  StartJobRunCommandInput,
} from '@aws-sdk/client-emr-serverless';
import type { AwsClients } from './clients.js';
import { isAws } from './failures.js';
import { cancelTag, type RunState } from '../model/run-states.js';
import { withoutSecrets } from '../model/without-secrets.js';

export interface Application {
  readonly id: string;
  readonly name: string;
  readonly state: string;
}

/** What an application lets run at once; without a limit where it sets none. */
export interface ApplicationLimits {
  /** More are queued. */
  readonly concurrentRuns?: number;
  /** Workers wait for capacity above it. */
  readonly vcpus?: number;
}

/** What AWS bills a run for. */
export interface Billed {
  readonly vcpuHours: number;
  readonly memoryGbHours: number;
  readonly storageGbHours: number;
}

/** A run as a list shows it. */
export interface RunSummary {
  readonly id: string;
  readonly name: string;
  readonly state: RunState;
  readonly stateDetails: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** All that EMR Serverless knows of a run. */
export interface Run extends RunSummary {
  readonly tags: Readonly<Record<string, string>>;
  readonly streaming: boolean;
  /** Which try of EMR's own this is, 1 the first: a streaming run may have several. */
  readonly attempt: number;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
  /** Seconds that it ran, without the time in the queue. */
  readonly executionSeconds: number;
  /** Known some time after the end on AWS. */
  readonly billed?: Billed;
  readonly entryPoint: string;
  /** Where its logs go, as the run was started with. */
  readonly logUri?: string;
}

/** Where a run's logs go. */
export interface RunLogging {
  /** A folder in S3: everything that drivers and executors write. */
  readonly uri: string;
  /** A log group of CloudWatch: what drivers write, while they do. */
  readonly group: string;
  /** The start of the names of the group's log streams. Default: EMR's own. */
  readonly streamPrefix?: string;
  /** The KMS key of what goes into S3; the log group has its own. */
  readonly keyArn: string;
}

export interface StartRun {
  /** The same token starts one run however often it is sent. */
  readonly clientToken: string;
  readonly name: string;
  readonly roleArn: string;
  readonly entryPoint: string;
  readonly arguments: readonly string[];
  readonly submitParameters: string;
  /** Properties by classification, for example `spark-defaults`. */
  readonly configuration: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Default: where its application logs. */
  readonly logging?: RunLogging;
  readonly streaming: boolean;
  /** So many failures of a streaming run within an hour end it; before, EMR starts it again. Default: EMR's own, 5. */
  readonly failuresAnHour?: number;
  /** 0 for no limit. */
  readonly timeoutMinutes: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** What operations need of EMR Serverless. */
export interface JobRuns {
  /** The application of a name, or undefined; a terminated one does not count. */
  findApplication(name: string): Promise<Application | undefined>;
  limits(applicationId: string): Promise<ApplicationLimits>;
  start(applicationId: string, run: StartRun): Promise<string>;
  /** A run, or undefined where the application has none of that id. */
  get(applicationId: string, runId: string): Promise<Run | undefined>;
  /** Runs as they come, a page at a time, newest first. */
  list(
    applicationId: string,
    filter?: { after?: Date; states?: readonly RunState[] },
  ): AsyncIterable<RunSummary>;
  /** Ends a run; the run says from then on that its end was asked for. */
  cancel(applicationId: string, runId: string): Promise<void>;
}

/** What AWS gives an application that queues runs and names no number. Source: API reference, SchedulerConfiguration. */
const defaultConcurrentRuns = 15;

export function emrJobRuns(clients: AwsClients): JobRuns {
  return {
    findApplication: async (name) => {
      const emr = await clients.emrServerless();
      let token: string | undefined;
      do {
        const page = await emr.listApplications({
          maxResults: 50,
          ...(token !== undefined && { nextToken: token }),
        });
        const found = page.applications?.find(
          (application) => application.name === name && application.state !== 'TERMINATED',
        );
        if (found) return { id: found.id ?? '', name, state: found.state ?? '' };
        token = page.nextToken;
      } while (token !== undefined);
      return undefined;
    },
    limits: async (applicationId) => {
      const { application } = await (await clients.emrServerless()).getApplication({ applicationId });
      const { schedulerConfiguration: scheduler, maximumCapacity: most } = application ?? {};
      const vcpus = Number.parseFloat(most?.cpu ?? '');
      return {
        ...(scheduler && { concurrentRuns: scheduler.maxConcurrentRuns ?? defaultConcurrentRuns }),
        ...(vcpus > 0 && { vcpus }),
      };
    },
    start: async (applicationId, run) => {
      const started = await (await clients.emrServerless()).startJobRun(startRequest(applicationId, run));
      return started.jobRunId ?? '';
    },
    get: async (applicationId, jobRunId) => {
      let found: GetJobRunResponse;
      try {
        found = await (await clients.emrServerless()).getJobRun({ applicationId, jobRunId });
      } catch (error) {
        // An id of the wrong shape is refused as invalid, not looked for.
        if (isAws(error, 'ResourceNotFoundException', 'ValidationException')) return undefined;
        throw error;
      }
      return found.jobRun && runOf(found.jobRun);
    },
    list: async function* (applicationId, { after, states } = {}) {
      const emr = await clients.emrServerless();
      let token: string | undefined;
      do {
        const page = await emr.listJobRuns({
          applicationId,
          maxResults: 50,
          ...(after && { createdAtAfter: after }),
          ...(states && states.length > 0 && { states: [...states] }),
          ...(token !== undefined && { nextToken: token }),
        });
        for (const summary of page.jobRuns ?? []) yield summaryOf(summary);
        token = page.nextToken;
      } while (token !== undefined);
    },
    cancel: async (applicationId, jobRunId) => {
      const emr = await clients.emrServerless();
      const { jobRun } = await emr.getJobRun({ applicationId, jobRunId });
      // Where it cannot be noted it is ended all the same: better counted as a failure than left to run.
      const tags = { [cancelTag]: 'yes' };
      await emr.tagResource({ resourceArn: jobRun?.arn, tags }).catch(() => undefined);
      await emr.cancelJobRun({ applicationId, jobRunId });
    },
  };
}

/** The request that starts a run, whoever sends it. */
export function startRequest(applicationId: string, run: StartRun): StartJobRunCommandInput {
  return {
    applicationId,
    clientToken: run.clientToken,
    name: run.name,
    executionRoleArn: run.roleArn,
    mode: run.streaming ? 'STREAMING' : 'BATCH',
    ...(run.failuresAnHour !== undefined && {
      retryPolicy: { maxFailedAttemptsPerHour: run.failuresAnHour },
    }),
    ...(run.timeoutMinutes > 0 && { executionTimeoutMinutes: run.timeoutMinutes }),
    jobDriver: {
      sparkSubmit: {
        entryPoint: run.entryPoint,
        entryPointArguments: [...run.arguments],
        ...(run.submitParameters !== '' && { sparkSubmitParameters: run.submitParameters }),
      },
    },
    configurationOverrides: {
      applicationConfiguration: classifications(run.configuration),
      ...(run.logging && { monitoringConfiguration: monitoring(run.logging) }),
    },
    tags: { ...run.tags },
  };
}

/** Properties by classification, as EMR Serverless takes them. */
export function classifications(configuration: StartRun['configuration']): Configuration[] {
  return Object.entries(configuration)
    .filter(([, properties]) => Object.keys(properties).length > 0)
    .map(([classification, properties]) => ({ classification, properties: { ...properties } }));
}

/** Where logs go, as EMR Serverless takes it for a run and as an application's default. */
export function monitoring({ uri, group, streamPrefix, keyArn }: RunLogging): MonitoringConfiguration {
  return {
    s3MonitoringConfiguration: { logUri: uri, encryptionKeyArn: keyArn },
    cloudWatchLoggingConfiguration: {
      enabled: true,
      logGroupName: group,
      ...(streamPrefix !== undefined && { logStreamNamePrefix: streamPrefix }),
      // No key: the group has its own. With one here EMR Serverless would have every job's role give the group that key.
      // Executors are many and say little that an operator needs at once; S3 has them.
      logTypes: { SPARK_DRIVER: ['STDOUT', 'STDERR'] },
    },
    // Else AWS keeps a copy of its own for thirty days, in an account that is not ours. The price of it: EMR shows no Spark
    // UI, which it draws from that copy. Logs, metrics and lineage are ours and say what a run did.
    managedPersistenceMonitoringConfiguration: { enabled: false },
  };
}

function summaryOf(run: JobRunSummary): RunSummary {
  return {
    id: run.id ?? '',
    name: run.name ?? '',
    state: run.state ?? 'SUBMITTED',
    // A program's last words, which are kept in ledgers and handed on to others.
    stateDetails: withoutSecrets(run.stateDetails ?? '', process.env),
    createdAt: run.createdAt ?? new Date(0),
    updatedAt: run.updatedAt ?? new Date(0),
  };
}

function runOf(run: SdkJobRun): Run {
  const billed = run.billedResourceUtilization;
  const logUri = run.configurationOverrides?.monitoringConfiguration?.s3MonitoringConfiguration?.logUri;
  return {
    ...summaryOf({ ...run, id: run.jobRunId }),
    tags: run.tags ?? {},
    streaming: run.mode === 'STREAMING',
    attempt: run.attempt ?? 1,
    ...(run.startedAt && { startedAt: run.startedAt }),
    ...(run.endedAt && { endedAt: run.endedAt }),
    executionSeconds: run.totalExecutionDurationSeconds ?? 0,
    ...(billed && {
      billed: {
        vcpuHours: billed.vCPUHour ?? 0,
        memoryGbHours: billed.memoryGBHour ?? 0,
        storageGbHours: billed.storageGBHour ?? 0,
      },
    }),
    entryPoint: run.jobDriver?.sparkSubmit?.entryPoint ?? '',
    ...(logUri !== undefined && { logUri }),
  };
}
