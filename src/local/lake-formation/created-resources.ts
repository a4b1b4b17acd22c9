import { partsOf } from './governed.js';
import type { PrincipalPermissions, Resource } from './shapes.js';
import type { LakeFormationState, LakeFormationStore } from './state.js';

/** A database or a table that the Data Catalog has made. */
export interface CreatedResource {
  readonly database: string;
  readonly table?: string;
  /** What the database says its tables get; else the settings of its time decide. */
  readonly tableDefaults?: readonly PrincipalPermissions[];
}

/**
 * Grants what is new what the settings say: a database theirs, a table what its database took on when it was made.
 * That is how IAM_ALLOWED_PRINCIPALS comes onto everything in an account that nobody has closed.
 */
export function recordCreated(
  store: LakeFormationStore,
  { database, table, tableDefaults }: CreatedResource,
  account: string,
): void {
  store.change((state) => {
    if (table !== undefined) {
      const defaults = state.tableDefaults[database] ?? [];
      give(state, { Table: { DatabaseName: database, Name: table } }, defaults, account);
      return;
    }
    state.tableDefaults[database] = [
      ...(tableDefaults ?? state.settings.CreateTableDefaultPermissions ?? []),
    ];
    const defaults = state.settings.CreateDatabaseDefaultPermissions ?? [];
    give(state, { Database: { Name: database } }, defaults, account);
  });
}

function give(
  state: LakeFormationState,
  to: Resource,
  defaults: readonly PrincipalPermissions[],
  account: string,
): void {
  for (const { Principal: principal, Permissions: permissions = [] } of defaults) {
    if (!principal) continue;
    for (const part of partsOf(to, permissions, account)) {
      state.grants.push({
        principal,
        resource: part.resource,
        permissions: part.permissions,
        grantable: [],
        lastUpdated: Date.now() / 1000,
        lastUpdatedBy: `arn:aws:iam::${account}:root`,
      });
    }
  }
}
