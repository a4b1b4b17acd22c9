import type { Aws } from '../../aws/aws.js';
import { s3Records, type Records } from '../../aws/records.js';
import type { Environment } from '../../model/environment.js';
import { names } from '../../model/names.js';

/** Where it is noted what was told, so that another machine knows: the artifacts bucket. */
export function slaRecords(environment: Environment, { clients }: Pick<Aws, 'clients'>): Records {
  return s3Records(clients, names.bucket(environment, 'artifacts'), environment.account);
}
