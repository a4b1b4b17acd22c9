import { join } from 'node:path';
import { openAws, type Aws } from '../aws/aws.js';
import { assertAccount, whoAmI } from '../aws/identity.js';
import type { Platform } from '../model/platform.js';
import { locateRuntime, locateTerraform, type TerraformTools } from '../toolchain/locate-toolchain.js';
import { info, step, type Steps } from './events.js';
import { ensureLocalEndpoint } from './local-endpoint.js';

/** An environment that is open: its account has been checked, or its endpoint answers. */
export interface EnvironmentAccess {
  readonly platform: Platform;
  readonly projectDirectory: string;
  readonly terraform: TerraformTools;
  readonly aws: Aws;
  /** ARN of whoever acts. */
  readonly caller: string;
  /** Where terraform keeps what it needs between two commands; with the endpoint's instance where there is one. */
  readonly terraformDirectory: string;
  /** What a terraform process finds in its environment: region, credentials, endpoint. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export interface OpenOptions {
  readonly platform: Platform;
  readonly projectDirectory: string;
  /** AWS profile. Default: the SDK's own search. */
  readonly profile?: string;
}

/**
 * Opens an environment: checks whose account the credentials are for, or starts the local endpoint where it does not run.
 * @throws DataplatError DP4001 no credentials, DP4002 another account's, DP3001 to DP3006 for this machine
 */
export async function* openEnvironment({
  platform,
  projectDirectory,
  profile,
}: OpenOptions): Steps<EnvironmentAccess> {
  const { environment } = platform;
  const terraform = await locateTerraform({ pluginMirror: environment.terraform?.pluginMirror });
  const aws = openAws(environment, profile);
  const base = { platform, projectDirectory, terraform, aws };
  if (!environment.endpoint) {
    const identity = yield* step('account', `Check the account (${environment.account})`, async () => {
      const found = await whoAmI(aws.clients);
      await assertAccount(aws.clients, environment, () => Promise.resolve(found));
      return found;
    });
    return {
      ...base,
      caller: identity.arn,
      terraformDirectory: join(projectDirectory, '.dataplat', 'terraform', environment.name),
      variables: { AWS_REGION: environment.region, ...(profile !== undefined && { AWS_PROFILE: profile }) },
    };
  }
  const { account, region } = environment;
  const local = yield* ensureLocalEndpoint({
    projectDirectory,
    port: environment.endpoint.port,
    account,
    region,
    ...(await locateRuntime()),
  });
  if (local.note !== undefined) yield info(local.note);
  return {
    ...base,
    caller: (await whoAmI(aws.clients)).arn,
    terraformDirectory: join(local.instanceDirectory, 'terraform'),
    variables: {
      AWS_ENDPOINT_URL: local.endpoint,
      // MWAA's calls go to the host `api.<endpoint>`, which nothing resolves: the endpoint is the proxy for it.
      HTTP_PROXY: local.endpoint,
      NO_PROXY: undefined,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: account,
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_SESSION_TOKEN: undefined,
      AWS_PROFILE: undefined,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    },
  };
}
