import { DataplatError } from '../model/errors.js';
import { withoutSecrets } from '../model/without-secrets.js';
import type { AwsSettings } from './settings.js';

/** The parts of the SDK's errors that tell what happened; they come as several classes. */
interface SdkError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly $metadata?: { readonly requestId?: string; readonly httpStatusCode?: number };
  /** What was answered, where the SDK could make nothing of it. */
  readonly $response?: {
    readonly statusCode?: number;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

const unreachable = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'ETIMEDOUT', 'EAI_AGAIN'];
const withoutCredentials = [
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidAccessKeyId',
];

/**
 * What went wrong in a call, as users are told: no credentials DP4001, the local endpoint is not there DP3004, all
 * else DP4003 with the operation, AWS's code and message and the request's id. The message comes without the secrets
 * that are known here: it is kept, in ledgers for one.
 */
export function translated(error: unknown, operation: string, settings: AwsSettings): unknown {
  if (error instanceof DataplatError || !(error instanceof Error)) return error;
  const found = error as SdkError;
  if (found.name === 'AbortError') return error;
  const reason = found.code !== undefined && unreachable.includes(found.code) ? found.code : undefined;
  if (reason !== undefined && settings.endpoint !== undefined) {
    return new DataplatError('DP3004', `nothing answers at ${settings.endpoint} (${operation}: ${reason})`, {
      next: ['dataplat local up'],
      cause: error,
    });
  }
  if (withoutCredentials.includes(found.name)) return noCredentials(found, settings);
  if (found.message.includes('Deserialization error')) return notAws(found, operation, settings);
  const code = reason ?? found.name;
  const request = found.$metadata?.requestId;
  return new DataplatError(
    'DP4003',
    `${operation}: ${code}${found.message ? `: ${withoutSecrets(found.message, process.env)}` : ''}${request === undefined ? '' : ` (request ${request})`}`,
    {
      data: {
        operation,
        awsCode: code,
        ...(found.$metadata?.httpStatusCode !== undefined && { status: found.$metadata.httpStatusCode }),
        ...(request !== undefined && { requestId: request }),
      },
      ...(/AccessDenied|Unauthorized/.test(code) && { next: ['dataplat doctor', '… --profile <name>'] }),
      cause: error,
    },
  );
}

/** Something in between has answered: a proxy, a page to log in at, another program at the endpoint's port. */
function notAws(error: SdkError, operation: string, { endpoint }: AwsSettings): DataplatError {
  const { $response: response } = error;
  const status = response?.statusCode ?? error.$metadata?.httpStatusCode;
  const type = response?.headers?.['content-type'];
  const what = [...(status === undefined ? [] : [`HTTP ${status}`]), ...(type === undefined ? [] : [type])];
  const where =
    endpoint === undefined
      ? 'what answered is not AWS'
      : `what answers at ${endpoint} is not the local endpoint`;
  return new DataplatError(
    'DP4003',
    `${operation}: ${where}${what.length > 0 ? ` (${what.join(', ')})` : ''}`,
    {
      data: { operation, ...(status !== undefined && { status }) },
      // The SDK's own words say how what came begins.
      excerpt: error.message.split('\n').slice(0, 1),
      next:
        endpoint === undefined
          ? [
              'env | grep -i proxy # something between here and AWS: a proxy, or a page to log in at',
              'dataplat doctor',
            ]
          : ['dataplat local status'],
      cause: error,
    },
  );
}

function noCredentials(error: SdkError, { profile }: AwsSettings): DataplatError {
  const whose = profile === undefined ? '' : ` in profile "${profile}"`;
  const why =
    error.name === 'CredentialsProviderError' && error.message.startsWith('Could not load')
      ? `no AWS credentials found${whose}`
      : `the AWS credentials${whose} do not work: ${error.message}`;
  return new DataplatError('DP4001', why, {
    left: 'nothing was changed',
    next: [
      `aws sso login${profile === undefined ? ' --profile <name>' : ` --profile ${profile}`}`,
      ...(profile === undefined
        ? ['… --profile <name>, or export AWS_PROFILE=<name>']
        : ['aws configure list-profiles']),
      '… --env local, which needs no account',
    ],
    cause: error,
  });
}

/** Whether a call failed with one of AWS's error codes. */
export function isAws(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof DataplatError && codes.includes(String(error.details.data?.['awsCode']));
}
