/** Granting, revoking and listing permissions. They are kept and answered, but refuse nobody (simulated.ts). */
import { z } from 'zod';
import { operation, page, paging } from '../json-protocol.js';
import type { Operation } from '../json-protocol.js';
import { ServiceError } from '../service.js';
import type { DataCatalog } from './data-catalog.js';
import { allTables, keyOf, kindOf, partsOf, requireGoverned, requirePermissions } from './governed.js';
import { permissions, principal, resource } from './shapes.js';
import type { Resource } from './shapes.js';
import { invalid } from './state.js';
import type { Grant, LakeFormationState, LakeFormationStore } from './state.js';

const modification = {
  Principal: principal,
  Resource: resource,
  Permissions: permissions.optional(),
  PermissionsWithGrantOption: permissions.optional(),
};
const entry = z.object({ ...modification, Id: z.string().min(1).max(255) });
type Modification = Omit<z.infer<typeof entry>, 'Id'>;

const entriesABatch = 20;

const resourceTypes = [
  'CATALOG',
  'DATABASE',
  'TABLE',
  'DATA_LOCATION',
  'LF_TAG',
  'LF_TAG_POLICY',
  'LF_TAG_POLICY_DATABASE',
  'LF_TAG_POLICY_TABLE',
] as const;

const union = (one: readonly string[], other: readonly string[]): string[] => [
  ...new Set([...one, ...other]),
];
const without = (one: readonly string[], other: readonly string[]): string[] =>
  one.filter((permission) => !other.includes(permission));
const both = (one: readonly string[], other: readonly string[]): string[] =>
  one.filter((permission) => other.includes(permission));

export function permissionOperations(
  store: LakeFormationStore,
  catalog: DataCatalog,
): Record<string, Operation> {
  const checked = async (asked: Modification): Promise<void> => {
    const wanted = asked.Permissions ?? [];
    const grantable = asked.PermissionsWithGrantOption ?? [];
    if (wanted.length === 0) throw invalid('Permissions must not be empty.');
    requirePermissions(asked.Resource, asked.Principal, wanted, grantable);
    if (without(grantable, wanted).length > 0) {
      throw invalid('PermissionsWithGrantOption must be a part of Permissions.');
    }
    kindOf(asked.Resource);
    await requireGoverned(asked.Resource, store.state, catalog);
  };

  const grant = (asked: Modification, account: string): void => {
    const { Permissions: wanted = [], PermissionsWithGrantOption: grantable = [] } = asked;
    store.change((state) => {
      for (const part of partsOf(asked.Resource, wanted, account)) {
        const held = find(state, asked.Principal.DataLakePrincipalIdentifier, part.resource, account);
        const updated: Grant = {
          principal: asked.Principal,
          resource: held?.resource ?? part.resource,
          permissions: union(held?.permissions ?? [], part.permissions),
          grantable: union(held?.grantable ?? [], both(grantable, part.permissions)),
          lastUpdated: Date.now() / 1000,
          lastUpdatedBy: `arn:aws:iam::${account}:root`,
        };
        if (held) state.grants[state.grants.indexOf(held)] = updated;
        else state.grants.push(updated);
      }
    });
  };

  const revoke = (asked: Modification, account: string): void => {
    const unwanted = asked.Permissions ?? [];
    const ungrantable = asked.PermissionsWithGrantOption ?? [];
    requirePermissions(asked.Resource, asked.Principal, unwanted, ungrantable);
    store.change((state) => {
      let revoked = 0;
      for (const part of partsOf(asked.Resource, union(unwanted, ungrantable), account)) {
        const held = find(state, asked.Principal.DataLakePrincipalIdentifier, part.resource, account);
        if (!held) continue;
        // Whoever loses a permission also loses the right to grant it.
        const lost = both(held.permissions, unwanted);
        const lostOptions = both(held.grantable, union(ungrantable, lost));
        revoked += lost.length + lostOptions.length;
        const left = without(held.permissions, lost);
        const at = state.grants.indexOf(held);
        if (left.length === 0) {
          state.grants.splice(at, 1);
        } else {
          state.grants[at] = {
            ...held,
            permissions: left,
            grantable: without(held.grantable, lostOptions),
            lastUpdated: Date.now() / 1000,
          };
        }
      }
      if (revoked === 0) {
        throw invalid(
          `No permissions revoked. Grantee does not have: [${union(unwanted, ungrantable).join(', ')}]`,
        );
      }
    });
  };

  const batch =
    (
      modify: (asked: Modification, account: string) => void,
      check: (asked: Modification) => Promise<void> = () => Promise.resolve(),
    ) =>
    async (
      input: { Entries: z.infer<typeof entry>[] },
      { account }: { account: string },
    ): Promise<{ Failures: unknown[] }> => {
      const failures: unknown[] = [];
      const checks = input.Entries.map((one) => check(one));
      await Promise.allSettled(checks);
      for (const [index, one] of input.Entries.entries()) {
        try {
          await checks[index];
          modify(one, account);
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error;
          failures.push({
            RequestEntry: one,
            Error: { ErrorCode: error.type, ErrorMessage: error.message },
          });
        }
      }
      return { Failures: failures };
    };
  const entries = z.object({ Entries: z.array(entry).min(1).max(entriesABatch) });

  return {
    GrantPermissions: operation(z.object(modification), async (input, { account }) => {
      await checked(input);
      grant(input, account);
      return {};
    }),
    RevokePermissions: operation(z.object(modification), (input, { account }) => {
      revoke(input, account);
      return {};
    }),
    BatchGrantPermissions: operation(entries, batch(grant, checked)),
    BatchRevokePermissions: operation(entries, batch(revoke)),

    ListPermissions: operation(
      z.object({
        ...paging,
        Principal: principal.optional(),
        ResourceType: z.enum(resourceTypes).optional(),
        Resource: resource.optional(),
      }),
      (input, { account }) => {
        const asked = input.Resource;
        if (asked) kindOf(asked);
        const matching = store.state.grants.filter(
          (held) =>
            (!input.Principal ||
              held.principal.DataLakePrincipalIdentifier === input.Principal.DataLakePrincipalIdentifier) &&
            (!input.ResourceType || isOfType(held.resource, input.ResourceType)) &&
            (!asked || concerns(held.resource, asked, account)),
        );
        const { entries, NextToken } = page(matching, input);
        return {
          PrincipalResourcePermissions: entries.map(shown),
          ...(NextToken !== undefined && { NextToken }),
        };
      },
    ),
  };
}

function find(
  state: Readonly<LakeFormationState>,
  identifier: string,
  on: Resource,
  account: string,
): Grant | undefined {
  const key = keyOf(on, account);
  return state.grants.find(
    (held) =>
      held.principal.DataLakePrincipalIdentifier === identifier && keyOf(held.resource, account) === key,
  );
}

function shown(held: Grant): object {
  return {
    Principal: held.principal,
    Resource: held.resource,
    Permissions: held.permissions,
    PermissionsWithGrantOption: held.grantable,
    LastUpdated: held.lastUpdated,
    LastUpdatedBy: held.lastUpdatedBy,
  };
}

function isOfType(on: Resource, type: (typeof resourceTypes)[number]): boolean {
  switch (type) {
    case 'CATALOG':
      return on.Catalog !== undefined;
    case 'DATABASE':
      return on.Database !== undefined;
    case 'TABLE':
      return on.Table !== undefined || on.TableWithColumns !== undefined;
    case 'DATA_LOCATION':
      return on.DataLocation !== undefined;
    case 'LF_TAG':
      return on.LFTag !== undefined;
    case 'LF_TAG_POLICY':
      return on.LFTagPolicy !== undefined;
    case 'LF_TAG_POLICY_DATABASE':
      return on.LFTagPolicy?.ResourceType === 'DATABASE';
    case 'LF_TAG_POLICY_TABLE':
      return on.LFTagPolicy?.ResourceType === 'TABLE';
  }
}

/** Whether a grant is on what a listing asks for. A table's listing has the grants on its columns too. */
function concerns(held: Resource, asked: Resource, account: string): boolean {
  const table = asked.Table ?? asked.TableWithColumns;
  if (!table) return keyOf(held, account) === keyOf(asked, account);
  const on = held.Table ?? held.TableWithColumns;
  return on?.DatabaseName === table.DatabaseName && (on.Name ?? allTables) === (table.Name ?? allTables);
}
