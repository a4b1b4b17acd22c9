import { openAws, type Aws } from '../aws/aws.js';
import { assertAccount } from '../aws/identity.js';
import type { Platform } from '../model/platform.js';
import { locateRuntime } from '../toolchain/locate-toolchain.js';
import type { OpenOptions } from './environment-access.js';
import { info, step, type Steps } from './events.js';
import { ensureLocalEndpoint } from './local-endpoint.js';

/** An environment's account, for what needs no terraform. */
export interface AccountAccess {
  readonly platform: Platform;
  readonly projectDirectory: string;
  readonly aws: Aws;
}

/**
 * Opens an environment's account: checks whose the credentials are, or starts the local endpoint where it does not run.
 * @throws DataplatError DP4001 no credentials, DP4002 another account's, DP3002 to DP3006 for this machine
 */
export async function* openAccount({
  platform,
  projectDirectory,
  profile,
}: OpenOptions): Steps<AccountAccess> {
  const { environment } = platform;
  const aws = openAws(environment, profile);
  if (environment.endpoint) {
    const { account, region, endpoint } = environment;
    const runtime = await locateRuntime();
    const local = yield* ensureLocalEndpoint({
      projectDirectory,
      port: endpoint.port,
      account,
      region,
      ...runtime,
    });
    if (local.note !== undefined) yield info(local.note);
  } else {
    yield* step('account', `Check the account (${environment.account})`, () =>
      assertAccount(aws.clients, environment),
    );
  }
  return { platform, projectDirectory, aws };
}
