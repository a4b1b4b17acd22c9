import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DataplatError } from '../model/errors.js';
import type { Environment } from '../model/environment.js';
import type { AwsClients } from './clients.js';

export interface Identity {
  readonly account: string;
  readonly arn: string;
}

/** Whose credentials these are. @throws DataplatError DP4001 where there are none */
export async function whoAmI(clients: AwsClients): Promise<Identity> {
  const found = await (await clients.sts()).getCallerIdentity({});
  return { account: found.Account ?? '', arn: found.Arn ?? '' };
}

/**
 * Refuses credentials of another account than the environment's, before anything is planned or changed. An
 * environment on the local endpoint brings its own.
 * @throws DataplatError DP4001 without credentials, DP4002 for another account's
 */
export async function assertAccount(
  clients: AwsClients,
  environment: Pick<Environment, 'name' | 'account'>,
  who: () => Promise<Identity> = () => whoAmI(clients),
  profiles: () => Promise<string[]> = () => profilesOf(environment.account),
): Promise<void> {
  if (clients.settings.endpoint !== undefined) return;
  const identity = await who();
  if (identity.account === environment.account) return;
  const fitting = await profiles();
  throw new DataplatError(
    'DP4002',
    `the credentials are for account ${identity.account} (${identity.arn}), environment "${environment.name}" is account ${environment.account}`,
    {
      left: 'nothing was planned or changed',
      next:
        fitting.length > 0
          ? fitting.map((profile) => `… --profile ${profile}`)
          : [`… --profile <a profile of account ${environment.account}>`],
      data: { account: identity.account, expected: environment.account },
    },
  );
}

/** The profiles in the shared AWS configuration that name an account. */
export async function profilesOf(
  account: string,
  file: string = process.env['AWS_CONFIG_FILE'] ?? join(homedir(), '.aws', 'config'),
): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const profiles = new Set<string>();
  let section: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[\s*(?:profile\s+)?([^\]]+?)\s*\]/.exec(line);
    if (heading) section = heading[1];
    else if (
      section !== undefined &&
      /^\s*(sso_account_id|role_arn)\s*=/.test(line) &&
      line.includes(account)
    )
      profiles.add(section);
  }
  return [...profiles];
}
