import { gunzipSync } from 'node:zlib';
import {
  CreateApplicationCommand,
  type CreateApplicationCommandInput,
  EMRServerlessClient,
  GetJobRunCommand,
  StartJobRunCommand,
  StopApplicationCommand,
  type JobRun,
  type StartJobRunCommandInput,
} from '@aws-sdk/client-emr-serverless';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createEmrServerlessService } from '../../../src/local/emr-serverless/service.js';
import { TinyEndpoint, account, eventually, region } from '../tiny-endpoint.js';

const role = `arn:aws:iam::${account}:role/job`;
/** A minute of the service's timeouts in these tests. */
const minuteMilliseconds = 100;

/** The service beside buckets for code, logs and a lake, and what its tests ask of it over and over. */
export class TinyEmr {
  readonly endpoint = new TinyEndpoint((context, settings) =>
    createEmrServerlessService(context, settings, {
      minuteMilliseconds,
      logIntervalMilliseconds: 300,
      hostSlots: 2,
      classData: false,
    }),
  );
  private clients: { readonly emr: EMRServerlessClient; readonly s3: S3Client } | undefined;

  get emr(): EMRServerlessClient {
    return this.started().emr;
  }

  get s3(): S3Client {
    return this.started().s3;
  }

  async start(): Promise<void> {
    await this.endpoint.start();
    const credentials = { accessKeyId: account, secretAccessKey: 'local' };
    const { url } = this.endpoint;
    this.clients = {
      emr: new EMRServerlessClient({ endpoint: url, region, credentials, maxAttempts: 1 }),
      s3: new S3Client({ endpoint: url, region, credentials, forcePathStyle: true }),
    };
    for (const Bucket of ['code', 'logs', 'lake']) await this.s3.send(new CreateBucketCommand({ Bucket }));
  }

  async stop(): Promise<void> {
    this.clients?.emr.destroy();
    this.clients?.s3.destroy();
    await this.endpoint.stop();
  }

  readonly put = async (Key: string, Body: string | Buffer): Promise<string> => {
    await this.s3.send(new PutObjectCommand({ Bucket: 'code', Key, Body }));
    return `s3://code/${Key}`;
  };
  /** @param queueTimeoutMinutes the most that EMR takes, unless the test is about it: nobody else waits in vain */
  readonly application = async (
    maxConcurrentRuns = 2,
    queueTimeoutMinutes = 720,
    initialCapacity?: CreateApplicationCommandInput['initialCapacity'],
  ): Promise<string> => {
    const made = await this.emr.send(
      new CreateApplicationCommand({
        type: 'SPARK',
        releaseLabel: 'emr-7.12.0',
        schedulerConfiguration: { maxConcurrentRuns, queueTimeoutMinutes },
        initialCapacity,
        monitoringConfiguration: { s3MonitoringConfiguration: { logUri: 's3://logs/emr/' } },
        runtimeConfiguration: [
          {
            classification: 'spark-defaults',
            properties: { 'spark.emr-serverless.driverEnv.FROM_APPLICATION': 'yes' },
          },
        ],
      }),
    );
    return made.applicationId ?? '';
  };
  readonly stopApplication = (applicationId: string): Promise<unknown> =>
    this.emr.send(new StopApplicationCommand({ applicationId }));
  readonly submit = async (
    applicationId: string,
    entryPoint: string,
    more: Partial<StartJobRunCommandInput> & { arguments?: string[]; parameters?: string } = {},
  ): Promise<string> => {
    const { arguments: entryPointArguments, parameters: sparkSubmitParameters, ...rest } = more;
    const started = await this.emr.send(
      new StartJobRunCommand({
        applicationId,
        executionRoleArn: role,
        jobDriver: { sparkSubmit: { entryPoint, entryPointArguments, sparkSubmitParameters } },
        ...rest,
      }),
    );
    return started.jobRunId ?? '';
  };
  readonly get = async (applicationId: string, jobRunId: string): Promise<JobRun> => {
    const { jobRun } = await this.emr.send(new GetJobRunCommand({ applicationId, jobRunId }));
    if (jobRun === undefined) throw new Error('no job run in the answer');
    return jobRun;
  };
  readonly reaches = (applicationId: string, jobRunId: string, ...states: string[]): Promise<JobRun> =>
    eventually(async () => {
      const run = await this.get(applicationId, jobRunId);
      return states.includes(run.state ?? '') ? run : undefined;
    });
  readonly ended = (applicationId: string, jobRunId: string): Promise<JobRun> =>
    this.reaches(applicationId, jobRunId, 'SUCCESS', 'FAILED', 'CANCELLED');
  readonly log = async (
    applicationId: string,
    jobRunId: string,
    name: string,
    base = '',
  ): Promise<string> => {
    const Key = `emr/applications/${applicationId}/jobs/${jobRunId}/${base}SPARK_DRIVER/${name}.gz`;
    const object = await this.s3.send(new GetObjectCommand({ Bucket: 'logs', Key }));
    return gunzipSync((await object.Body?.transformToByteArray()) ?? Buffer.alloc(0)).toString();
  };

  private started(): { readonly emr: EMRServerlessClient; readonly s3: S3Client } {
    if (this.clients === undefined) throw new Error('it has not been started');
    return this.clients;
  }
}
