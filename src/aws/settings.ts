import type { Environment } from '../model/environment.js';

/** Whom the SDK speaks to and as whom. */
export interface AwsSettings {
  readonly region: string;
  /** The account that the environment declares. */
  readonly account: string;
  /** A named profile of the shared AWS files; without it the SDK's usual chain. */
  readonly profile?: string;
  /** The ARN of a role that is taken on, with what the SDK's chain or the profile finds. */
  readonly role?: string;
  /** Where everything answers in place of AWS: the local endpoint, for example `http://127.0.0.1:4577`. */
  readonly endpoint?: string;
}

/** The settings of an environment; one with an endpoint of its own lives on this machine's loopback address. */
export function awsSettings(
  environment: Pick<Environment, 'region' | 'account' | 'endpoint'>,
  profile?: string,
): AwsSettings {
  const { region, account, endpoint } = environment;
  if (endpoint) return { region, account, endpoint: `http://127.0.0.1:${endpoint.port}` };
  return { region, account, ...(profile !== undefined && { profile }) };
}
