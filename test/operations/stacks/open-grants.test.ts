import { expect } from 'chai';
import { planOpenGrants } from '../../../src/operations/stacks/open-grants.js';
import type { EnvironmentAccess } from '../../../src/operations/environment-access.js';
import { platformOf } from '../../stacks/synthesized.js';
import { madeBy } from '../collect.js';

const everybody = { DataLakePrincipalIdentifier: 'IAM_ALLOWED_PRINCIPALS' };
const somebody = { DataLakePrincipalIdentifier: 'arn:aws:iam::111122223333:role/somebody' };
const all = [{ Principal: everybody, Permissions: ['ALL'] }];
const onTable = (DatabaseName: string, Principal: object = everybody): object => ({
  Principal,
  Resource: { Table: { DatabaseName, Name: 'accounts' } },
  Permissions: ['ALL'],
});
const onDatabase = (Name: string): object => ({
  Principal: everybody,
  Resource: { Database: { Name } },
  Permissions: ['ALL'],
});

/** A Lake Formation that holds some grants and settings; what it is asked to change is written down. */
function access(
  grants: { databases?: object[]; tables?: object[][] },
  settings: object = {},
  deployed = true,
) {
  const asked: object[] = [];
  const lakeFormation = {
    getDataLakeSettings: () => Promise.resolve({ DataLakeSettings: settings }),
    listPermissions: ({ ResourceType, NextToken = '0' }: { ResourceType: string; NextToken?: string }) => {
      const pages = ResourceType === 'DATABASE' ? [grants.databases ?? []] : (grants.tables ?? [[]]);
      const next = Number(NextToken) + 1;
      return Promise.resolve({
        PrincipalResourcePermissions: pages[Number(NextToken)],
        ...(next < pages.length && { NextToken: String(next) }),
      });
    },
    putDataLakeSettings: (input: object) => Promise.resolve(void asked.push(input)),
    revokePermissions: (input: object) => Promise.resolve(void asked.push(input)),
  };
  const aws = {
    catalog: { tables: () => Promise.resolve(deployed ? [] : undefined) },
    clients: { lakeFormation: () => Promise.resolve(lakeFormation) },
  };
  return { asked, access: { aws, platform: platformOf('dev') } as unknown as EnvironmentAccess };
}

async function applied(environment: EnvironmentAccess): Promise<boolean> {
  return madeBy((await planOpenGrants(environment)).apply());
}

describe('what Lake Formation leaves to IAM', () => {
  it('is found on our databases and tables, on whatever page it is listed, and on nothing else', async () => {
    const { access: environment } = access({
      databases: [onDatabase('roastery_dev_gold'), onDatabase('theirs')],
      tables: [
        [onTable('theirs')],
        [onTable('roastery_dev_bronze'), onTable('roastery_dev_bronze', somebody)],
      ],
    });
    expect((await planOpenGrants(environment)).settings).to.deep.equal([
      { stack: 'data', of: 'roastery_dev_gold', text: 'everybody whom IAM lets in loses ALL' },
      { stack: 'data', of: 'roastery_dev_bronze.accounts', text: 'everybody whom IAM lets in loses ALL' },
    ]);
  });

  it('is revoked as it was granted', async () => {
    const { asked, access: environment } = access({ tables: [[onTable('roastery_dev_bronze')]] });
    expect(await applied(environment)).to.equal(true);
    expect(asked).to.deep.equal([
      {
        Principal: everybody,
        Resource: { Table: { DatabaseName: 'roastery_dev_bronze', Name: 'accounts' } },
        Permissions: ['ALL'],
      },
    ]);
  });

  it('is closed for what comes, with everything else of the settings as it is', async () => {
    const settings = {
      DataLakeAdmins: [somebody],
      CreateDatabaseDefaultPermissions: [],
      CreateTableDefaultPermissions: all,
    };
    const { asked, access: environment } = access({}, settings);
    expect((await planOpenGrants(environment)).settings.map(({ text }) => text)).to.deep.equal([
      'new tables no longer belong to everybody whom IAM lets in',
    ]);
    await applied(environment);
    expect(asked).to.deep.equal([{ DataLakeSettings: { ...settings, CreateTableDefaultPermissions: [] } }]);
  });

  it('is nothing of ours where nothing is deployed', async () => {
    const open = { CreateDatabaseDefaultPermissions: all, CreateTableDefaultPermissions: all };
    const { access: environment } = access({}, open, false);
    expect((await planOpenGrants(environment)).settings).to.deep.equal([]);
  });
});
