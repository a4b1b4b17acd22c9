import { DataplatError } from '../model/errors.js';
import type { AwsSettings } from './settings.js';

/** The parts of the SDK's errors that tell what happened; they come as several classes. */
interface SdkError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly $metadata?: { readonly requestId?: string; readonly httpStatusCode?: number };
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
 * else DP4003 with the operation, AWS's code and message and the request's id.
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
  const code = reason ?? found.name;
  const request = found.$metadata?.requestId;
  return new DataplatError(
    'DP4003',
    `${operation}: ${code}${found.message ? `: ${found.message}` : ''}${request === undefined ? '' : ` (request ${request})`}`,
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
