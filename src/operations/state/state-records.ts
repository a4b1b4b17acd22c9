import { awsClients } from '../../aws/clients.js';
import { s3Records, type Records } from '../../aws/records.js';
import { names, stackKinds, type StackKind } from '../../model/names.js';
import type { EnvironmentAccess } from '../environment-access.js';
import { fileRecords } from './file-records.js';

/** What lies beside Terraform's states, by its name in the bucket or the folder. */
export const recordNames = {
  /** Who is changing the environment. */
  lock: (environment: string): string => `locks/${environment}.json`,
  /** That a change was cut off, and nobody has looked yet whether it made what no state knows. */
  cutOff: (environment: string): string => `cut-off/${environment}.json`,
  /** Each breaking of a lock, one after the other. */
  unlocks: (environment: string): string => `unlocks/${environment}/`,
} as const;

/** The records where an environment's state is kept: in its bucket, or beside the local endpoint's instance. */
export function stateRecords({
  platform,
  aws,
  terraformDirectory,
}: Pick<EnvironmentAccess, 'platform' | 'aws' | 'terraformDirectory'>): Records {
  const { state, region, account } = platform.environment;
  if (state.backend === 'local') return fileRecords(terraformDirectory);
  const { clients } = aws;
  const inRegion = (state.region ?? region) === clients.settings.region;
  return s3Records(
    inRegion ? clients : awsClients({ ...clients.settings, region: state.region ?? region }),
    state.bucket,
    account,
  );
}

/** Where each stack's state is, among the records. */
export function stateNames({ platform }: Pick<EnvironmentAccess, 'platform'>): Record<StackKind, string> {
  const { environment } = platform;
  const name = (kind: StackKind): string =>
    environment.state.backend === 's3' ? names.stateKey(environment, kind) : names.localState(kind);
  return { data: name('data'), platform: name('platform'), observability: name('observability') };
}

/** Where Terraform itself notes who holds a stack's state. Source: Terraform's backends `s3` and `local`. */
export function terraformLockNames({
  platform,
}: Pick<EnvironmentAccess, 'platform'>): { kind: StackKind; name: string }[] {
  const { environment } = platform;
  return stackKinds.map((kind) => ({
    kind,
    name:
      environment.state.backend === 's3'
        ? `${names.stateKey(environment, kind)}.tflock`
        : `.${names.localState(kind)}.lock.info`,
  }));
}
