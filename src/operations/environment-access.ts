import { join } from 'node:path';
import { whoAmI } from '../aws/identity.js';
import { accountVariables, endpointVariables } from '../aws/shell-variables.js';
import { steeringVariables } from '../terraform/shell-variables.js';
import { locateTerraform, type TerraformTools } from '../toolchain/locate-toolchain.js';
import { openAccount, type AccountAccess, type OpenOptions } from './account-access.js';
import { warning, type Steps } from './events.js';

/** An account that is open, with all that terraform needs to work on it. */
export interface EnvironmentAccess extends AccountAccess {
  readonly terraform: TerraformTools;
  /** ARN of whoever acts. */
  readonly caller: string;
  /** Where terraform keeps what it needs between two commands; with the endpoint's instance where there is one. */
  readonly terraformDirectory: string;
  /** What a terraform process finds in its environment: region, credentials, endpoint. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Opens an environment for terraform. @throws DataplatError as `openAccount`, and DP3001, DP3006 for terraform itself */
export async function* openEnvironment(options: OpenOptions): Steps<EnvironmentAccess> {
  const { environment } = options.platform;
  const steering = steeringVariables(process.env);
  if (steering.length > 0)
    yield warning(`${steering.join(', ')}: set in the shell, and not passed on to Terraform`);
  const terraform = await locateTerraform({ pluginMirror: environment.terraform?.pluginMirror });
  const account = yield* openAccount(options);
  const { localEndpoint, projectDirectory } = account;
  const base = { ...account, terraform, caller: (await whoAmI(account.aws.clients)).arn };
  if (!localEndpoint) {
    return {
      ...base,
      terraformDirectory: join(projectDirectory, '.dataplat', 'terraform', environment.name),
      variables: {
        ...accountVariables(process.env),
        AWS_REGION: environment.region,
        ...(options.profile !== undefined && { AWS_PROFILE: options.profile }),
      },
    };
  }
  return {
    ...base,
    // Several environments may live in one instance.
    terraformDirectory: join(localEndpoint.instanceDirectory, 'terraform', environment.name),
    variables: {
      ...endpointVariables(localEndpoint.endpoint, environment.account),
      // MWAA's calls go to the host `api.<endpoint>`, which nothing resolves: the endpoint is the proxy for it.
      HTTP_PROXY: localEndpoint.endpoint,
      AWS_REGION: environment.region,
    },
  };
}
