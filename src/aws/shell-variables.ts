/**
 * What of the operator's shell reaches AWS with us. Everything else that begins with `AWS_` stays outside: a variable left
 * over from another piece of work must not lead a deploy somewhere else.
 */

/** Who somebody is, and how he gets there; none of them says where AWS is. */
const ofAnAccount = [
  'AWS_PROFILE',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_SDK_LOAD_CONFIG',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_EC2_METADATA_DISABLED',
  'AWS_EC2_METADATA_SERVICE_ENDPOINT',
  'AWS_CA_BUNDLE',
  'AWS_MAX_ATTEMPTS',
  'AWS_RETRY_MODE',
  // An account that must be reached by certified or by IPv6 endpoints: they are AWS's own all the same.
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'HTTP_PROXY',
  'http_proxy',
  'NO_PROXY',
  'no_proxy',
] as const;

type Variables = Readonly<Record<string, string | undefined>>;

/** What a program of ours that works on an account inherits. It follows no endpoint that our settings do not name. */
export function accountVariables(inherited: Variables): Record<string, string> {
  return {
    ...Object.fromEntries(
      ofAnAccount.flatMap((name) => {
        const value = inherited[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
  };
}

/** What leads a program to an endpoint on this machine, and to nothing else. @param account takes the place of a key */
export function endpointVariables(endpoint: string, account: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
}

/** Variables by which the SDK would send an account's calls to somebody else, in the order of their names. */
export function endpointsOfTheShell(inherited: Variables): string[] {
  return Object.keys(inherited)
    .filter((name) => /^AWS_ENDPOINT_URL(?:_|$)/.test(name) && inherited[name] !== '')
    .sort();
}
