import type { Athena } from '@aws-sdk/client-athena';
import type { CloudWatch } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import type { EMRServerless } from '@aws-sdk/client-emr-serverless';
import type { Glue } from '@aws-sdk/client-glue';
import type { KMS } from '@aws-sdk/client-kms';
import type { LakeFormation } from '@aws-sdk/client-lakeformation';
import type { S3 } from '@aws-sdk/client-s3';
import type { SecretsManager } from '@aws-sdk/client-secrets-manager';
import type { ServiceQuotas } from '@aws-sdk/client-service-quotas';
import type { SNS } from '@aws-sdk/client-sns';
import type { SSM } from '@aws-sdk/client-ssm';
import type { STS } from '@aws-sdk/client-sts';
import { translated } from './failures.js';
import type { AwsSettings } from './settings.js';
import { takingOn } from './taken-role.js';

/** How many calls of S3 go side by side. It is built for many; the SDK's own default are 50 connections. */
export const s3Connections = 96;

/** The SDK's clients, each loaded (0.1 s) at its first use and made once. Their failures are DataplatErrors. */
export interface AwsClients {
  readonly settings: AwsSettings;
  readonly athena: () => Promise<Athena>;
  readonly cloudWatch: () => Promise<CloudWatch>;
  readonly cloudWatchLogs: () => Promise<CloudWatchLogs>;
  readonly emrServerless: () => Promise<EMRServerless>;
  readonly glue: () => Promise<Glue>;
  /** Of the environment's region, or of another. */
  readonly kms: (region?: string) => Promise<KMS>;
  readonly lakeFormation: () => Promise<LakeFormation>;
  /** Of the environment's region, or of another. */
  readonly s3: (region?: string) => Promise<S3>;
  readonly secretsManager: () => Promise<SecretsManager>;
  readonly serviceQuotas: () => Promise<ServiceQuotas>;
  readonly sns: () => Promise<SNS>;
  readonly ssm: () => Promise<SSM>;
  readonly sts: () => Promise<STS>;
}

/** The one factory of SDK clients: region, endpoint, retries, credentials and the shape of failures. */
export function awsClients(settings: AwsSettings): AwsClients {
  // The floor of this package is Node 20; the SDK's versions are pinned to those that run on it.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const common = {
    region: settings.region,
    // `adaptive` counts by the clock of the wall: where that jumps back, it waits for as long as the jump was.
    retryMode: 'standard',
    maxAttempts: settings.endpoint === undefined ? 8 : 2,
    requestHandler: { connectionTimeout: 5_000 },
    // Neither the shell nor the shared files say where an environment is.
    ignoreConfiguredEndpointUrls: true,
    ...(settings.profile !== undefined && { profile: settings.profile }),
    ...(settings.role !== undefined && { credentials: takingOn(settings.role, settings) }),
    ...(settings.endpoint !== undefined && {
      endpoint: settings.endpoint,
      useFipsEndpoint: false,
      useDualstackEndpoint: false,
      // A host such as `api.127.0.0.1` does not resolve.
      disableHostPrefix: true,
      // The endpoint takes any access key of twelve digits as the account.
      credentials: { accessKeyId: settings.account, secretAccessKey: 'local' },
    }),
  };
  const translating = <Client extends Translatable>(client: Client): Client =>
    translateFailures(client, settings);
  return {
    settings,
    athena: once(async () => {
      const { Athena } = await import('@aws-sdk/client-athena');
      return translating(new Athena(common));
    }),
    cloudWatch: once(async () => {
      const { CloudWatch } = await import('@aws-sdk/client-cloudwatch');
      return translating(new CloudWatch(common));
    }),
    cloudWatchLogs: once(async () => {
      const { CloudWatchLogs } = await import('@aws-sdk/client-cloudwatch-logs');
      return translating(new CloudWatchLogs(common));
    }),
    emrServerless: once(async () => {
      const { EMRServerless } = await import('@aws-sdk/client-emr-serverless');
      return translating(new EMRServerless(common));
    }),
    glue: once(async () => {
      const { Glue } = await import('@aws-sdk/client-glue');
      return translating(new Glue(common));
    }),
    kms: oncePer(async (region = settings.region) => {
      const { KMS } = await import('@aws-sdk/client-kms');
      return translating(new KMS({ ...common, region }));
    }),
    lakeFormation: once(async () => {
      const { LakeFormation } = await import('@aws-sdk/client-lakeformation');
      return translating(new LakeFormation(common));
    }),
    s3: oncePer(async (region = settings.region) => {
      const { S3 } = await import('@aws-sdk/client-s3');
      const local = settings.endpoint !== undefined;
      const { requestHandler } = common;
      const agent = { maxSockets: s3Connections };
      return translating(
        new S3({
          ...common,
          ...{ region, forcePathStyle: local, followRegionRedirects: !local },
          requestHandler: { ...requestHandler, httpAgent: agent, httpsAgent: agent },
        }),
      );
    }),
    secretsManager: once(async () => {
      const { SecretsManager } = await import('@aws-sdk/client-secrets-manager');
      return translating(new SecretsManager(common));
    }),
    serviceQuotas: once(async () => {
      const { ServiceQuotas } = await import('@aws-sdk/client-service-quotas');
      return translating(new ServiceQuotas(common));
    }),
    sns: once(async () => {
      const { SNS } = await import('@aws-sdk/client-sns');
      return translating(new SNS(common));
    }),
    ssm: once(async () => {
      const { SSM } = await import('@aws-sdk/client-ssm');
      return translating(new SSM(common));
    }),
    sts: once(async () => {
      const { STS } = await import('@aws-sdk/client-sts');
      return translating(new STS(common));
    }),
  };
}

/** As far as every client's middleware stack is alike. */
interface Translatable {
  readonly middlewareStack: {
    add(middleware: never, options: { step: 'initialize'; priority: 'high'; name: string }): void;
  };
}

type Handler = (args: unknown) => Promise<unknown>;

/** Wraps every call, its retries included, so that no caller meets the SDK's own errors. */
function translateFailures<Client extends Translatable>(client: Client, settings: AwsSettings): Client {
  const middleware =
    (next: Handler, context: { clientName?: string; commandName?: string }): Handler =>
    async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const service = context.clientName?.replace(/Client$/, '') ?? 'AWS';
        const operation = context.commandName?.replace(/Command$/, '') ?? 'call';
        throw translated(error, `${service} ${operation}`, settings);
      }
    };
  client.middlewareStack.add(middleware as never, {
    step: 'initialize',
    priority: 'high',
    name: 'translateFailures',
  });
  return client;
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => (made ??= make());
}

function oncePer<Value>(make: (key?: string) => Promise<Value>): (key?: string) => Promise<Value> {
  const made = new Map<string | undefined, Promise<Value>>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}
