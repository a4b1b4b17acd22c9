import type {
  DataLakeSettings,
  LakeFormation,
  PrincipalResourcePermissions,
} from '@aws-sdk/client-lakeformation';
import { pages } from '../../aws/pages.js';
import { layers } from '../../model/layers.js';
import { names } from '../../model/names.js';
import type { EnvironmentAccess } from '../environment-access.js';
import { step } from '../events.js';
import { noSettings, type SettingsPlan } from './settings-plan.js';

/** The group by which Lake Formation lets in whomever IAM lets in, tags or no tags. */
const everybody = 'IAM_ALLOWED_PRINCIPALS';

/**
 * Finds what Lake Formation leaves to IAM: our databases and tables that everybody may use whom IAM lets in, and the
 * account's defaults by which new ones would be born so. Where Terraform made the lake there is none; but one that was
 * there before, or that somebody made while the defaults were open, has such a grant of which Terraform knows nothing,
 * and its provider takes defaults that somebody opened again for the account's own.
 */
export async function planOpenGrants({ aws, platform }: EnvironmentAccess): Promise<SettingsPlan> {
  const { environment } = platform;
  const lakeFormation = await aws.clients.lakeFormation();
  const [settings, ...lists] = await Promise.all([
    lakeFormation.getDataLakeSettings({}),
    ...(['DATABASE', 'TABLE'] as const).map((type) => grantsOn(lakeFormation, type)),
  ]);
  const ours = layers.map((layer) => names.database(environment, layer));
  const open = lists.flat().filter((grant) => isOpen(grant) && ours.includes(databaseOf(grant) ?? ''));
  const defaults = openDefaults(settings.DataLakeSettings ?? {});
  // Where nothing of ours is, the account is still as somebody else wants it; the first apply closes it.
  const deployed = (await aws.catalog.tables(ours[0] ?? '')) !== undefined;
  if (!deployed) return noSettings;
  return {
    settings: [
      ...defaults.map((what) => ({
        stack: 'data' as const,
        of: `Lake Formation of ${environment.account}`,
        text: `new ${what} no longer belong to everybody whom IAM lets in`,
      })),
      ...open.map((grant) => ({
        stack: 'data' as const,
        of: nameOf(grant),
        text: `everybody whom IAM lets in loses ${(grant.Permissions ?? []).join(', ')}`,
      })),
    ],
    apply: () =>
      step('open-grants', 'Take from IAM alone what Lake Formation governs', async function* () {
        if (defaults.length > 0) {
          await lakeFormation.putDataLakeSettings({
            DataLakeSettings: {
              ...settings.DataLakeSettings,
              CreateDatabaseDefaultPermissions: [],
              CreateTableDefaultPermissions: [],
            },
          });
        }
        for (const [index, grant] of open.entries()) {
          yield { done: index, total: open.length, detail: nameOf(grant) };
          await lakeFormation.revokePermissions({
            Principal: { DataLakePrincipalIdentifier: everybody },
            Resource: grant.Resource,
            Permissions: grant.Permissions,
          });
        }
        return true;
      }),
  };
}

function isOpen({ Principal }: PrincipalResourcePermissions): boolean {
  return Principal?.DataLakePrincipalIdentifier === everybody;
}

function openDefaults(settings: DataLakeSettings): string[] {
  return [
    ...((settings.CreateDatabaseDefaultPermissions ?? []).some(isOpen) ? ['databases'] : []),
    ...((settings.CreateTableDefaultPermissions ?? []).some(isOpen) ? ['tables'] : []),
  ];
}

/** Every grant on databases, or on tables. */
async function grantsOn(
  lakeFormation: Pick<LakeFormation, 'listPermissions'>,
  type: 'DATABASE' | 'TABLE',
): Promise<PrincipalResourcePermissions[]> {
  const found: PrincipalResourcePermissions[] = [];
  for await (const page of pages((NextToken) =>
    lakeFormation.listPermissions({ ResourceType: type, MaxResults: 1000, NextToken }),
  )) {
    found.push(...(page.PrincipalResourcePermissions ?? []));
  }
  return found;
}

function databaseOf({ Resource }: PrincipalResourcePermissions): string | undefined {
  return (
    Resource?.Database?.Name ?? Resource?.Table?.DatabaseName ?? Resource?.TableWithColumns?.DatabaseName
  );
}

function nameOf(grant: PrincipalResourcePermissions): string {
  const table = grant.Resource?.Table?.Name ?? grant.Resource?.TableWithColumns?.Name;
  return [databaseOf(grant), ...(table === undefined ? [] : [table])].join('.');
}
