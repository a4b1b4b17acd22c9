import { type Construct, type GlueCatalogDatabase, LakeformationPermissions } from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { layers, type Layer } from '../src/model/layers.js';
import { idByPrincipal } from './id-by-name.js';

/** A principal that Lake Formation can be told of: no pattern, and not the account as a whole. */
function isOne(arn: string): boolean {
  return !arn.includes('*') && !arn.endsWith(':root');
}

/**
 * What each deployer may do with databases and tables that another one made: to administer Lake Formation lets nobody
 * alter or drop what somebody else created. docs/decisions/stacks-by-lifecycle.md says why by grants.
 */
export function deployerGrants(
  scope: Construct,
  { access, account }: Environment,
  databases: Readonly<Record<Layer, GlueCatalogDatabase>>,
): LakeformationPermissions[] {
  return access.deployers.filter(isOne).flatMap((principal) => {
    const id = `deployer_${idByPrincipal(principal, account)}`;
    return layers.flatMap((layer) => [
      new LakeformationPermissions(scope, `${id}_${layer}`, {
        principal,
        permissions: ['ALTER', 'CREATE_TABLE', 'DESCRIBE', 'DROP'],
        database: { name: databases[layer].name },
      }),
      new LakeformationPermissions(scope, `${id}_${layer}_tables`, {
        principal,
        permissions: ['ALTER', 'DESCRIBE', 'DROP'],
        table: { databaseName: databases[layer].name, wildcard: true },
      }),
    ]);
  });
}
