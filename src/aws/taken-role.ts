import type { AwsSettings } from './settings.js';

/** As the SDK's clients take them; they ask again shortly before these end. */
export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** What STS answers, as far as it is used here. */
type Assume = (request: { RoleArn: string; RoleSessionName: string; DurationSeconds: number }) => Promise<{
  Credentials?:
    | {
        AccessKeyId: string | undefined;
        SecretAccessKey: string | undefined;
        SessionToken: string | undefined;
        Expiration: Date | undefined;
      }
    | undefined;
}>;

/** The longest that AWS allows for a role that was taken on by another role. Source: AWS, "Role chaining". */
const chainedSeconds = 3600;

/** Less than five minutes before the end the SDK's clients want new ones. */
const renewedBeforeMilliseconds = 10 * 60_000;

/**
 * Credentials of a role, for all clients the same ones. They end after an hour, however long the work takes, so whoever
 * asks gets new ones in time.
 */
export function takingOn(
  role: string,
  settings: Pick<AwsSettings, 'region' | 'profile'>,
  assume: Assume = assumeBySts(settings),
  now: () => number = Date.now,
): () => Promise<RoleCredentials> {
  let held: Promise<RoleCredentials> | undefined;
  return async () => {
    const before = held;
    const present = await before?.catch(() => undefined);
    if (present && present.expiration.getTime() - now() > renewedBeforeMilliseconds) return present;
    // Another one that waited may have asked already.
    if (held === before || held === undefined) held = taken(role, assume);
    return held;
  };
}

async function taken(role: string, assume: Assume): Promise<RoleCredentials> {
  const { Credentials: found } = await assume({
    RoleArn: role,
    RoleSessionName: 'dataplat',
    DurationSeconds: chainedSeconds,
  });
  if (!found?.AccessKeyId || !found.SecretAccessKey || !found.SessionToken || !found.Expiration)
    throw new Error(`STS lent no credentials of ${role}`);
  return {
    accessKeyId: found.AccessKeyId,
    secretAccessKey: found.SecretAccessKey,
    sessionToken: found.SessionToken,
    expiration: found.Expiration,
  };
}

function assumeBySts({ region, profile }: Pick<AwsSettings, 'region' | 'profile'>): Assume {
  return async (request) => {
    const { STS } = await import('@aws-sdk/client-sts');
    const sts = new STS({
      region,
      ignoreConfiguredEndpointUrls: true,
      ...(profile !== undefined && { profile }),
    });
    return sts.assumeRole(request);
  };
}
