import { openAws, type Aws } from '../aws/aws.js';
import { assertAccount, whoAmI } from '../aws/identity.js';
import { endpointsOfTheShell } from '../aws/shell-variables.js';
import { DataplatError, type ErrorCode } from '../model/errors.js';
import type { Platform } from '../model/platform.js';
import { locateRuntime } from '../toolchain/locate-toolchain.js';
import { info, step, warning, type Operation, type Steps } from './events.js';
import { ensureLocalEndpoint, localStatus, type LocalEndpoint } from './local-endpoint.js';

/** An environment's account: its credentials have been checked, or its endpoint answers. */
export interface AccountAccess {
  readonly platform: Platform;
  readonly projectDirectory: string;
  readonly aws: Aws;
  /** There where the environment lives on this machine. */
  readonly localEndpoint?: LocalEndpoint;
}

export interface OpenOptions {
  readonly platform: Platform;
  readonly projectDirectory: string;
  /** AWS profile. Default: the SDK's own search. */
  readonly profile?: string;
}

/**
 * Opens an environment's account: checks whose the credentials are, or starts the local endpoint where it does not run.
 * @throws DataplatError DP4001 no credentials, DP4002 another account's, DP3002 to DP3006 for this machine
 */
export async function* openAccount(options: OpenOptions): Steps<AccountAccess> {
  const { platform, projectDirectory, profile } = options;
  const { environment } = platform;
  const aws = openAws(environment, profile);
  if (!environment.endpoint) {
    const elsewhere = endpointsOfTheShell(process.env);
    if (elsewhere.length > 0) {
      yield warning(
        `${elsewhere.join(', ')}: set in the shell, and not followed: environment "${environment.name}" names no endpoint`,
      );
    }
    yield* step('account', `Check the account (${environment.account})`, async () => {
      const identity = await whoAmI(aws.clients);
      await assertAccount(aws.clients, environment, () => Promise.resolve(identity));
    });
    return { platform, projectDirectory, aws };
  }
  const { account, region, endpoint } = environment;
  const runtime = await locateRuntime();
  const localEndpoint = yield* ensureLocalEndpoint({
    projectDirectory,
    port: endpoint.port,
    account,
    region,
    ...runtime,
  });
  if (localEndpoint.note !== undefined) yield info(localEndpoint.note);
  return { platform, projectDirectory, aws, localEndpoint };
}

const whereAnEndpointIsMissed: readonly ErrorCode[] = ['DP4003', 'DP5001', 'DP5002'];

/**
 * Follows an operation; where it fails because the local endpoint was killed under it, says so instead of what its
 * clients met.
 * @throws DataplatError DP3004
 */
export async function* noticingLostEndpoint<Result>(
  { localEndpoint, projectDirectory, platform }: AccountAccess,
  operation: Operation<Result>,
): Operation<Result> {
  try {
    yield* operation;
  } catch (error) {
    if (!localEndpoint || !(error instanceof DataplatError) || !whereAnEndpointIsMissed.includes(error.code))
      throw error;
    const now = await localStatus({ projectDirectory });
    if (now.running && now.status?.phase === 'ready' && now.status.instance?.id === localEndpoint.instanceId)
      throw error;
    throw new DataplatError('DP3004', 'the local endpoint was stopped or killed while it was needed', {
      ...(now.note !== undefined && { excerpt: [now.note] }),
      left: 'what it held: the next start takes it up, or begins anew, and says which',
      next: [`dataplat local up`, `and then the same command again, with --env ${platform.environment.name}`],
      cause: error,
    });
  }
}
