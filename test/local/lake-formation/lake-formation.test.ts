import { expect } from 'chai';
import { account, StartedEndpoint } from '../started-endpoint.js';

interface TagPair {
  readonly TagKey: string;
  readonly TagValues: string[];
}
interface Listed {
  readonly PrincipalResourcePermissions: {
    readonly Principal: { readonly DataLakePrincipalIdentifier: string };
    readonly Resource: Record<string, unknown>;
    readonly Permissions: string[];
    readonly PermissionsWithGrantOption: string[];
  }[];
  readonly NextToken?: string;
}

/** Every call goes through boto3 to an endpoint that runs as operators run it. */
describe('Lake Formation of the local endpoint', function () {
  const endpoint = new StartedEndpoint();
  const lf = <Answer = Record<string, unknown>>(
    operation: string,
    parameters: object = {},
  ): Promise<Answer> => endpoint.call<Answer>('lakeformation', operation, parameters);
  const refusal = (operation: string, parameters: object): Promise<string> =>
    endpoint.refusal('lakeformation', operation, parameters);

  const database = { Database: { Name: 'silver' } };
  const table = { Table: { DatabaseName: 'silver', Name: 'accounts' } };
  const columns = (...names: string[]): object => ({
    TableWithColumns: { DatabaseName: 'silver', Name: 'accounts', ColumnNames: names },
  });
  const role = (name: string): { DataLakePrincipalIdentifier: string } => ({
    DataLakePrincipalIdentifier: `arn:aws:iam::${account}:role/${name}`,
  });
  const pairs = (tags: TagPair[]): Record<string, string> =>
    Object.fromEntries(tags.map(({ TagKey, TagValues }) => [TagKey, TagValues.join()]));

  before(async () => {
    await endpoint.up();
  });
  after(() => endpoint.end());

  describe('settings', () => {
    // The catalog of all that follows, made when the settings are closed.
    after(async () => {
      await endpoint.call('glue', 'create_database', { DatabaseInput: { Name: 'silver' } });
      await endpoint.call('glue', 'create_database', { DatabaseInput: { Name: 'gold' } });
      for (const [db, name] of [
        ['silver', 'accounts'],
        ['silver', 'contacts'],
        ['gold', 'revenue'],
      ]) {
        await endpoint.call('glue', 'create_table', {
          DatabaseName: db,
          TableInput: {
            Name: name,
            StorageDescriptor: {
              Columns: [
                { Name: 'id', Type: 'string' },
                { Name: 'email', Type: 'string' },
                { Name: 'amount', Type: 'double' },
              ],
              Location: `s3://lake/${db}/${name}/`,
            },
            PartitionKeys: [{ Name: 'day', Type: 'date' }],
          },
        });
      }
    });

    it('leave new databases and tables to IAM alone until somebody changes that', async () => {
      const { DataLakeSettings: settings } = await lf<{ DataLakeSettings: Record<string, unknown> }>(
        'get_data_lake_settings',
      );
      const iamAlone = [
        { Principal: { DataLakePrincipalIdentifier: 'IAM_ALLOWED_PRINCIPALS' }, Permissions: ['ALL'] },
      ];
      expect(settings['CreateDatabaseDefaultPermissions']).to.deep.equal(iamAlone);
      expect(settings['CreateTableDefaultPermissions']).to.deep.equal(iamAlone);
      expect(settings['DataLakeAdmins']).to.deep.equal([]);
    });

    it('decide what is granted on what is new: a database by theirs, a table by its database', async () => {
      const grants = async (resource: object): Promise<unknown[]> =>
        (await lf<Listed>('list_permissions', { Resource: resource })).PrincipalResourcePermissions.map(
          ({ Principal, Permissions }) => [Principal.DataLakePrincipalIdentifier, Permissions],
        );
      const everybody = ['IAM_ALLOWED_PRINCIPALS', ['ALL']];
      const settings = async (tables: object[]): Promise<void> => {
        await lf('put_data_lake_settings', {
          DataLakeSettings: { CreateDatabaseDefaultPermissions: [], CreateTableDefaultPermissions: tables },
        });
      };
      const create = async (name: string, defaults?: object[]): Promise<void> => {
        const tables = defaults && { CreateTableDefaultPermissions: defaults };
        await endpoint.call('glue', 'create_database', { DatabaseInput: { Name: name, ...tables } });
      };
      const tableIn = async (name: string, tableName: string): Promise<object> => {
        await endpoint.call('glue', 'create_table', { DatabaseName: name, TableInput: { Name: tableName } });
        return { Table: { DatabaseName: name, Name: tableName } };
      };
      await create('open');
      expect(await grants({ Database: { Name: 'open' } })).to.deep.equal([everybody]);
      await settings([]);
      // A database keeps what it was born with; what is born now is closed.
      expect(await grants(await tableIn('open', 'late'))).to.deep.equal([everybody]);
      await create('closed');
      expect(await grants({ Database: { Name: 'closed' } })).to.deep.equal([]);
      expect(await grants(await tableIn('closed', 'one'))).to.deep.equal([]);
      const reader = [{ Principal: role('reader'), Permissions: ['SELECT', 'DESCRIBE'] }];
      await create('readable', reader);
      expect(await grants(await tableIn('readable', 'one'))).to.deep.equal([
        [role('reader').DataLakePrincipalIdentifier, ['DESCRIBE']],
        [role('reader').DataLakePrincipalIdentifier, ['SELECT']],
      ]);
      for (const name of ['open', 'closed', 'readable']) {
        await endpoint.call('glue', 'delete_database', { Name: name });
      }
      expect((await lf<Listed>('list_permissions')).PrincipalResourcePermissions).to.deep.equal([]);
    });

    it('are replaced as a whole', async () => {
      await lf('put_data_lake_settings', {
        DataLakeSettings: {
          DataLakeAdmins: [role('admin')],
          Parameters: { CROSS_ACCOUNT_VERSION: '4' },
        },
      });
      const { DataLakeSettings: settings } = await lf<{ DataLakeSettings: Record<string, unknown> }>(
        'get_data_lake_settings',
      );
      expect(settings['DataLakeAdmins']).to.deep.equal([role('admin')]);
      expect(settings['CreateTableDefaultPermissions']).to.deep.equal([]);
      expect(settings['Parameters']).to.include({ CROSS_ACCOUNT_VERSION: '4' });
      expect(
        await refusal('put_data_lake_settings', {
          DataLakeSettings: { Parameters: { CROSS_ACCOUNT_VERSION: '9' } },
        }),
      ).to.equal('InvalidInputException');
    });
  });

  describe('locations', () => {
    const ResourceArn = 'arn:aws:s3:::lake';
    const RoleArn = `arn:aws:iam::${account}:role/lake`;

    it('are registered once, described, updated and listed by conditions', async () => {
      await lf('register_resource', { ResourceArn, RoleArn });
      expect(await refusal('register_resource', { ResourceArn, RoleArn })).to.equal('AlreadyExistsException');
      await lf('register_resource', { ResourceArn: 'arn:aws:s3:::other', UseServiceLinkedRole: true });
      await lf('update_resource', {
        ResourceArn,
        RoleArn: `${RoleArn}2`,
        HybridAccessEnabled: true,
      });
      const { ResourceInfo: info } = await lf<{ ResourceInfo: Record<string, unknown> }>(
        'describe_resource',
        { ResourceArn },
      );
      expect(info).to.include({ RoleArn: `${RoleArn}2`, HybridAccessEnabled: true, WithFederation: false });
      const { ResourceInfoList: found } = await lf<{ ResourceInfoList: { ResourceArn: string }[] }>(
        'list_resources',
        {
          FilterConditionList: [
            { Field: 'ROLE_ARN', ComparisonOperator: 'CONTAINS', StringValueList: ['service-role'] },
          ],
        },
      );
      expect(found.map((one) => one.ResourceArn)).to.deep.equal(['arn:aws:s3:::other']);
    });

    it('are gone when deregistered', async () => {
      await lf('deregister_resource', { ResourceArn: 'arn:aws:s3:::other' });
      expect(await refusal('describe_resource', { ResourceArn: 'arn:aws:s3:::other' })).to.equal(
        'EntityNotFoundException',
      );
      expect(await refusal('deregister_resource', { ResourceArn: 'arn:aws:s3:::other' })).to.equal(
        'EntityNotFoundException',
      );
    });

    it('must have a role', async () => {
      expect(await refusal('register_resource', { ResourceArn: 'arn:aws:s3:::third' })).to.equal(
        'InvalidInputException',
      );
    });
  });

  describe('LF-tags', () => {
    it('are kept in lower case and made once', async () => {
      await lf('create_lf_tag', { TagKey: 'Layer', TagValues: ['Silver', 'gold'] });
      await lf('create_lf_tag', { TagKey: 'sensitivity', TagValues: ['public', 'internal', 'pii'] });
      await lf('create_lf_tag', { TagKey: 'domain', TagValues: ['crm'] });
      const tag = await lf('get_lf_tag', { TagKey: 'layer' });
      expect(tag).to.deep.equal({ CatalogId: account, TagKey: 'layer', TagValues: ['silver', 'gold'] });
      expect(await refusal('create_lf_tag', { TagKey: 'layer', TagValues: ['x'] })).to.equal(
        'InvalidInputException',
      );
    });

    it('are listed page by page', async () => {
      const first = await lf<{ LFTags: TagPair[]; NextToken: string }>('list_lf_tags', { MaxResults: 2 });
      const second = await lf<{ LFTags: TagPair[]; NextToken?: string }>('list_lf_tags', {
        MaxResults: 2,
        NextToken: first.NextToken,
      });
      expect([...first.LFTags, ...second.LFTags].map(({ TagKey }) => TagKey)).to.deep.equal([
        'layer',
        'sensitivity',
        'domain',
      ]);
      expect(second.NextToken).to.equal(undefined);
      expect(await refusal('list_lf_tags', { NextToken: 'made-up' })).to.equal('InvalidInputException');
    });

    it('get and lose values, but not those that a resource carries', async () => {
      await lf('update_lf_tag', { TagKey: 'domain', TagValuesToAdd: ['sales', 'finance'] });
      await lf('update_lf_tag', { TagKey: 'domain', TagValuesToDelete: ['finance'] });
      expect((await lf<TagPair>('get_lf_tag', { TagKey: 'domain' })).TagValues).to.deep.equal([
        'crm',
        'sales',
      ]);
      const LFTags = [{ TagKey: 'domain', TagValues: ['sales'] }];
      await lf('add_lf_tags_to_resource', { Resource: database, LFTags });
      expect(await refusal('update_lf_tag', { TagKey: 'domain', TagValuesToDelete: ['sales'] })).to.equal(
        'InvalidInputException',
      );
      await lf('remove_lf_tags_from_resource', { Resource: database, LFTags });
      await lf('update_lf_tag', { TagKey: 'domain', TagValuesToDelete: ['sales'] });
    });

    it('that do not exist are not found', async () => {
      expect(await refusal('get_lf_tag', { TagKey: 'no-such' })).to.equal('EntityNotFoundException');
      expect(await refusal('delete_lf_tag', { TagKey: 'no-such' })).to.equal('EntityNotFoundException');
      expect(await refusal('update_lf_tag', { TagKey: 'no-such', TagValuesToAdd: ['x'] })).to.equal(
        'EntityNotFoundException',
      );
    });
  });

  describe('assignment', () => {
    it('is inherited from database to table to column, and overridden where assigned', async () => {
      const assign = (Resource: object, TagKey: string, value: string): Promise<unknown> =>
        lf('add_lf_tags_to_resource', { Resource, LFTags: [{ TagKey, TagValues: [value] }] });
      await assign(database, 'layer', 'silver');
      await assign(database, 'sensitivity', 'public');
      await assign(table, 'sensitivity', 'internal');
      await assign(columns('email'), 'sensitivity', 'pii');
      const shown = await lf<{
        LFTagOnDatabase: TagPair[];
        LFTagsOnTable: TagPair[];
        LFTagsOnColumns: { Name: string; LFTags: TagPair[] }[];
      }>('get_resource_lf_tags', { Resource: table });
      expect(pairs(shown.LFTagOnDatabase)).to.deep.equal({ layer: 'silver', sensitivity: 'public' });
      expect(pairs(shown.LFTagsOnTable)).to.deep.equal({ layer: 'silver', sensitivity: 'internal' });
      const byColumn = Object.fromEntries(
        shown.LFTagsOnColumns.map(({ Name, LFTags }) => [Name, pairs(LFTags)['sensitivity']]),
      );
      expect(byColumn).to.deep.equal({ id: 'internal', email: 'pii', amount: 'internal', day: 'internal' });
    });

    it('is shown without what is inherited when asked so', async () => {
      const shown = await lf<{ LFTagsOnTable: TagPair[]; LFTagsOnColumns: { Name: string }[] }>(
        'get_resource_lf_tags',
        { Resource: table, ShowAssignedLFTags: true },
      );
      expect(pairs(shown.LFTagsOnTable)).to.deep.equal({ sensitivity: 'internal' });
      expect(shown.LFTagsOnColumns.map(({ Name }) => Name)).to.deep.equal(['email']);
    });

    it('does what it can and names what failed', async () => {
      const { Failures } = await lf<{ Failures: { LFTag: TagPair; Error: { ErrorCode: string } }[] }>(
        'add_lf_tags_to_resource',
        {
          Resource: table,
          LFTags: [
            { TagKey: 'no-such', TagValues: ['x'] },
            { TagKey: 'domain', TagValues: ['no-such'] },
            { TagKey: 'sensitivity', TagValues: ['public', 'pii'] },
            { TagKey: 'domain', TagValues: ['crm'] },
          ],
        },
      );
      expect(Failures.map(({ LFTag, Error }) => [LFTag.TagKey, Error.ErrorCode])).to.deep.equal([
        ['no-such', 'EntityNotFoundException'],
        ['domain', 'EntityNotFoundException'],
        ['sensitivity', 'InvalidInputException'],
      ]);
      const shown = await lf<{ LFTagsOnTable: TagPair[] }>('get_resource_lf_tags', { Resource: table });
      expect(pairs(shown.LFTagsOnTable)).to.include({ domain: 'crm', sensitivity: 'internal' });
    });

    it('needs the database, the table and the column to be in the catalog', async () => {
      const LFTags = [{ TagKey: 'domain', TagValues: ['crm'] }];
      for (const Resource of [
        { Database: { Name: 'none' } },
        { Table: { DatabaseName: 'silver', Name: 'none' } },
        columns('none'),
      ]) {
        expect(await refusal('add_lf_tags_to_resource', { Resource, LFTags })).to.equal(
          'EntityNotFoundException',
        );
        expect(await refusal('get_resource_lf_tags', { Resource })).to.equal('EntityNotFoundException');
      }
    });

    it('is removed, and removing what is not there is a failure', async () => {
      const LFTags = [{ TagKey: 'domain', TagValues: ['crm'] }];
      expect(await lf('remove_lf_tags_from_resource', { Resource: table, LFTags })).to.deep.equal({
        Failures: [],
      });
      const again = await lf<{ Failures: { Error: { ErrorCode: string } }[] }>(
        'remove_lf_tags_from_resource',
        { Resource: table, LFTags },
      );
      expect(again.Failures.map(({ Error }) => Error.ErrorCode)).to.deep.equal(['EntityNotFoundException']);
    });
  });

  describe('data cells filters', () => {
    const TableData = {
      TableCatalogId: account,
      DatabaseName: 'silver',
      TableName: 'accounts',
      Name: 'europe',
      RowFilter: { FilterExpression: "region = 'eu'" },
      ColumnNames: ['id', 'amount'],
    };
    const named = { TableCatalogId: account, DatabaseName: 'silver', TableName: 'accounts', Name: 'europe' };

    it('are made once, read, changed with the version that was read, listed and deleted', async () => {
      await lf('create_data_cells_filter', { TableData });
      expect(await refusal('create_data_cells_filter', { TableData })).to.equal('AlreadyExistsException');
      const read = await lf<{ DataCellsFilter: { VersionId: string } }>('get_data_cells_filter', named);
      expect(read.DataCellsFilter).to.deep.include(TableData);
      const { VersionId } = read.DataCellsFilter;
      const changed = { ...TableData, RowFilter: { AllRowsWildcard: {} }, VersionId };
      await lf('update_data_cells_filter', { TableData: changed });
      expect(await refusal('update_data_cells_filter', { TableData: changed })).to.equal(
        'ConcurrentModificationException',
      );
      const of = (Name: string): Promise<{ DataCellsFilters: unknown[] }> =>
        lf('list_data_cells_filter', { Table: { CatalogId: account, DatabaseName: 'silver', Name } });
      expect((await of('accounts')).DataCellsFilters).to.have.length(1);
      expect((await of('contacts')).DataCellsFilters).to.have.length(0);
      await lf('delete_data_cells_filter', named);
      expect(await refusal('get_data_cells_filter', named)).to.equal('EntityNotFoundException');
    });

    it('must name columns of the table and one kind of row filter', async () => {
      expect(
        await refusal('create_data_cells_filter', { TableData: { ...TableData, ColumnNames: ['none'] } }),
      ).to.equal('InvalidInputException');
      expect(
        await refusal('create_data_cells_filter', { TableData: { ...TableData, RowFilter: {} } }),
      ).to.equal('InvalidInputException');
    });
  });

  describe('permissions', () => {
    const held = async (filter: object): Promise<[string, string[], string[]][]> => {
      const { PrincipalResourcePermissions: list } = await lf<Listed>('list_permissions', filter);
      return list.map(({ Resource, Permissions, PermissionsWithGrantOption }) => [
        Object.keys(Resource)[0] ?? '',
        [...Permissions].sort(),
        [...PermissionsWithGrantOption].sort(),
      ]);
    };

    it('on a table are listed as AWS lists them: SELECT apart, on all columns', async () => {
      await lf('grant_permissions', {
        Principal: role('reader'),
        Resource: table,
        Permissions: ['SELECT', 'DESCRIBE'],
        PermissionsWithGrantOption: ['DESCRIBE'],
      });
      const { PrincipalResourcePermissions: list } = await lf<Listed>('list_permissions', {
        Principal: role('reader'),
        Resource: table,
      });
      expect(list.map(({ Resource }) => Resource)).to.deep.equal([
        { Table: { CatalogId: account, DatabaseName: 'silver', Name: 'accounts' } },
        {
          TableWithColumns: {
            CatalogId: account,
            DatabaseName: 'silver',
            Name: 'accounts',
            ColumnWildcard: {},
          },
        },
      ]);
      expect(list.map(({ Permissions }) => Permissions)).to.deep.equal([['DESCRIBE'], ['SELECT']]);
      expect(list[0]?.PermissionsWithGrantOption).to.deep.equal(['DESCRIBE']);
    });

    it('add up, and are taken away one by one with the right to grant them', async () => {
      const Principal = role('steward');
      await lf('grant_permissions', {
        Principal,
        Resource: database,
        Permissions: ['DESCRIBE', 'ALTER'],
        PermissionsWithGrantOption: ['ALTER'],
      });
      await lf('grant_permissions', { Principal, Resource: database, Permissions: ['CREATE_TABLE'] });
      expect(await held({ Principal, Resource: database })).to.deep.equal([
        ['Database', ['ALTER', 'CREATE_TABLE', 'DESCRIBE'], ['ALTER']],
      ]);
      await lf('revoke_permissions', { Principal, Resource: database, Permissions: ['ALTER'] });
      expect(await held({ Principal, Resource: database })).to.deep.equal([
        ['Database', ['CREATE_TABLE', 'DESCRIBE'], []],
      ]);
      expect(
        await refusal('revoke_permissions', { Principal, Resource: database, Permissions: ['ALTER'] }),
      ).to.equal('InvalidInputException');
      await lf('revoke_permissions', {
        Principal,
        Resource: database,
        Permissions: ['CREATE_TABLE', 'DESCRIBE'],
      });
      expect(await held({ Principal, Resource: database })).to.deep.equal([]);
    });

    it('are granted on columns, on all but some columns, and on all tables of a database', async () => {
      const Principal = role('analyst');
      await lf('grant_permissions', {
        Principal,
        Resource: columns('amount', 'id'),
        Permissions: ['SELECT'],
      });
      await lf('grant_permissions', {
        Principal,
        Resource: columns('id', 'amount'),
        Permissions: ['SELECT'],
      });
      await lf('grant_permissions', {
        Principal,
        Resource: {
          TableWithColumns: {
            DatabaseName: 'silver',
            Name: 'contacts',
            ColumnWildcard: { ExcludedColumnNames: ['email'] },
          },
        },
        Permissions: ['SELECT'],
      });
      const all = { Table: { DatabaseName: 'gold', TableWildcard: {} } };
      await lf('grant_permissions', { Principal, Resource: all, Permissions: ['DESCRIBE', 'SELECT'] });
      // The order of columns does not make another grant.
      expect(await held({ Principal, Resource: table })).to.have.length(1);
      expect(
        await held({ Principal, Resource: { Table: { DatabaseName: 'silver', Name: 'contacts' } } }),
      ).to.have.length(1);
      const { PrincipalResourcePermissions: list } = await lf<Listed>('list_permissions', {
        Principal,
        Resource: all,
      });
      expect(list.map(({ Resource }) => Resource)).to.deep.equal([
        { Table: { CatalogId: account, DatabaseName: 'gold', Name: 'ALL_TABLES', TableWildcard: {} } },
        {
          TableWithColumns: {
            CatalogId: account,
            DatabaseName: 'gold',
            Name: 'ALL_TABLES',
            ColumnWildcard: {},
          },
        },
      ]);
      await lf('revoke_permissions', {
        Principal,
        Resource: columns('id', 'amount'),
        Permissions: ['SELECT'],
      });
      expect(await held({ Principal, Resource: table })).to.deep.equal([]);
    });

    it('are granted on the catalog, locations, tags, policies and filters', async () => {
      const Principal = role('engineer');
      await lf('create_data_cells_filter', {
        TableData: {
          TableCatalogId: account,
          DatabaseName: 'silver',
          TableName: 'accounts',
          Name: 'all',
          RowFilter: { AllRowsWildcard: {} },
          ColumnWildcard: { ExcludedColumnNames: ['email'] },
        },
      });
      const policy = {
        LFTagPolicy: {
          ResourceType: 'TABLE',
          Expression: [
            { TagKey: 'layer', TagValues: ['silver', 'gold'] },
            { TagKey: 'sensitivity', TagValues: ['public'] },
          ],
        },
      };
      const filter = {
        DataCellsFilter: {
          TableCatalogId: account,
          DatabaseName: 'silver',
          TableName: 'accounts',
          Name: 'all',
        },
      };
      const grants: [object, string, string][] = [
        [{ Catalog: {} }, 'CREATE_DATABASE', 'CATALOG'],
        [
          { DataLocation: { ResourceArn: 'arn:aws:s3:::lake/silver' } },
          'DATA_LOCATION_ACCESS',
          'DATA_LOCATION',
        ],
        [{ LFTag: { TagKey: 'layer', TagValues: ['silver'] } }, 'ASSOCIATE', 'LF_TAG'],
        [policy, 'SELECT', 'LF_TAG_POLICY_TABLE'],
        [
          {
            LFTagPolicy: {
              ResourceType: 'DATABASE',
              Expression: [{ TagKey: 'layer', TagValues: ['silver'] }],
            },
          },
          'DESCRIBE',
          'LF_TAG_POLICY_DATABASE',
        ],
      ];
      for (const [Resource, permission, ResourceType] of grants) {
        await lf('grant_permissions', { Principal, Resource, Permissions: [permission] });
        const kind = Object.keys(Resource)[0];
        expect(await held({ Principal, Resource }), kind).to.deep.equal([[kind, [permission], []]]);
        expect(await held({ Principal, ResourceType }), ResourceType).to.deep.equal([
          [kind, [permission], []],
        ]);
      }
      await lf('grant_permissions', { Principal, Resource: filter, Permissions: ['SELECT'] });
      expect(await held({ Principal, Resource: filter })).to.deep.equal([
        ['DataCellsFilter', ['SELECT'], []],
      ]);

      // The same policy, written in another order.
      const reordered = {
        LFTagPolicy: {
          ResourceType: 'TABLE',
          Expression: [
            { TagKey: 'sensitivity', TagValues: ['public'] },
            { TagKey: 'layer', TagValues: ['gold', 'silver'] },
          ],
        },
      };
      expect(await held({ Principal, Resource: reordered })).to.have.length(1);
      await lf('revoke_permissions', { Principal, Resource: reordered, Permissions: ['SELECT'] });
      expect(await held({ Principal, Resource: policy })).to.deep.equal([]);
    });

    it('are refused where they make no sense', async () => {
      const Principal = role('reader');
      const wrong: [object, string[], string][] = [
        [database, ['SELECT'], 'InvalidInputException'],
        [columns('id'), ['INSERT'], 'InvalidInputException'],
        [{ ...database, ...table }, ['DESCRIBE'], 'InvalidInputException'],
        [{ Table: { DatabaseName: 'silver' } }, ['DESCRIBE'], 'InvalidInputException'],
        [{ Table: { DatabaseName: 'silver', Name: 'none' } }, ['DESCRIBE'], 'EntityNotFoundException'],
        [columns('none'), ['SELECT'], 'EntityNotFoundException'],
        [
          { DataLocation: { ResourceArn: 'arn:aws:s3:::elsewhere' } },
          ['DATA_LOCATION_ACCESS'],
          'EntityNotFoundException',
        ],
        [{ LFTag: { TagKey: 'layer', TagValues: ['none'] } }, ['DESCRIBE'], 'EntityNotFoundException'],
      ];
      for (const [Resource, Permissions, error] of wrong) {
        expect(
          await refusal('grant_permissions', { Principal, Resource, Permissions }),
          JSON.stringify(Resource),
        ).to.equal(error);
      }
      expect(
        await refusal('grant_permissions', {
          Principal,
          Resource: database,
          Permissions: ['DESCRIBE'],
          PermissionsWithGrantOption: ['ALTER'],
        }),
      ).to.equal('InvalidInputException');
      for (const [identifier, permission] of [
        ['somebody', 'DESCRIBE'],
        ['IAM_ALLOWED_PRINCIPALS', 'DESCRIBE'],
      ]) {
        expect(
          await refusal('grant_permissions', {
            Principal: { DataLakePrincipalIdentifier: identifier },
            Resource: database,
            Permissions: [permission],
          }),
        ).to.equal('InvalidInputException');
      }
    });

    it('are changed in batches that name what failed', async () => {
      const Entries = [
        { Id: '1', Principal: role('batch'), Resource: database, Permissions: ['DESCRIBE'] },
        { Id: '2', Principal: role('batch'), Resource: database, Permissions: ['SELECT'] },
      ];
      type Batch = { Failures: { RequestEntry: { Id: string }; Error: { ErrorCode: string } }[] };
      const granted = await lf<Batch>('batch_grant_permissions', { Entries });
      expect(granted.Failures.map((one) => [one.RequestEntry.Id, one.Error.ErrorCode])).to.deep.equal([
        ['2', 'InvalidInputException'],
      ]);
      expect(await held({ Principal: role('batch') })).to.deep.equal([['Database', ['DESCRIBE'], []]]);
      const revoked = await lf<Batch>('batch_revoke_permissions', { Entries: Entries.slice(0, 1) });
      expect(revoked.Failures).to.deep.equal([]);
      expect(await held({ Principal: role('batch') })).to.deep.equal([]);
    });

    it('are listed page by page', async () => {
      const whole = (await lf<Listed>('list_permissions')).PrincipalResourcePermissions;
      const paged: unknown[] = [];
      let token: string | undefined;
      do {
        const next: Listed = await lf('list_permissions', {
          MaxResults: 3,
          ...(token !== undefined && { NextToken: token }),
        });
        expect(next.PrincipalResourcePermissions.length).to.be.at.most(3);
        paged.push(...next.PrincipalResourcePermissions);
        token = next.NextToken;
      } while (token !== undefined);
      expect(whole.length).to.be.greaterThan(3);
      expect(paged).to.deep.equal(whole);
    });

    it('on a tag go with the tag, and so does its assignment', async () => {
      await lf('create_lf_tag', { TagKey: 'passing', TagValues: ['yes'] });
      const LFTags = [{ TagKey: 'passing', TagValues: ['yes'] }];
      await lf('add_lf_tags_to_resource', { Resource: { Database: { Name: 'gold' } }, LFTags });
      await lf('grant_permissions', {
        Principal: role('passing'),
        Resource: { LFTag: LFTags[0] },
        Permissions: ['DESCRIBE'],
      });
      await lf('delete_lf_tag', { TagKey: 'passing' });
      expect(await held({ Principal: role('passing') })).to.deep.equal([]);
      const shown = await lf('get_resource_lf_tags', { Resource: { Database: { Name: 'gold' } } });
      expect(shown).to.deep.equal({ LFTagOnDatabase: [] });
    });
  });

  describe('what the Data Catalog deletes', () => {
    it('takes its tags, grants and filters with it', async () => {
      const before = await lf<{ LFTagsOnTable: TagPair[] }>('get_resource_lf_tags', { Resource: table });
      expect(pairs(before.LFTagsOnTable)).to.have.property('sensitivity');
      const again = async (): Promise<void> => {
        await endpoint.call('glue', 'create_table', {
          DatabaseName: 'silver',
          TableInput: {
            Name: 'accounts',
            StorageDescriptor: { Columns: [{ Name: 'email', Type: 'string' }] },
          },
        });
      };
      await endpoint.call('glue', 'delete_table', { DatabaseName: 'silver', Name: 'accounts' });
      await again();
      const shown = await lf('get_resource_lf_tags', { Resource: table, ShowAssignedLFTags: true });
      expect(shown['LFTagsOnTable']).to.deep.equal([]);
      expect(shown['LFTagsOnColumns']).to.deep.equal([]);
      expect(
        (await lf<Listed>('list_permissions', { Resource: table })).PrincipalResourcePermissions,
      ).to.deep.equal([]);
      expect(await lf('list_data_cells_filter')).to.deep.equal({ DataCellsFilters: [] });
    });

    it('leaves what others have', async () => {
      const contacts = { Table: { DatabaseName: 'silver', Name: 'contacts' } };
      expect(
        (await lf<Listed>('list_permissions', { Resource: contacts })).PrincipalResourcePermissions,
      ).to.have.length(1);
      await endpoint.call('glue', 'batch_delete_table', {
        DatabaseName: 'silver',
        TablesToDelete: ['contacts', 'none'],
      });
      expect(
        (await lf<Listed>('list_permissions', { Resource: contacts })).PrincipalResourcePermissions,
      ).to.deep.equal([]);
      const onDatabase = await lf<{ LFTagOnDatabase: TagPair[] }>('get_resource_lf_tags', {
        Resource: database,
      });
      expect(pairs(onDatabase.LFTagOnDatabase)).to.include({ layer: 'silver' });
    });
  });

  describe('clients', () => {
    it('answers the real AWS CLI', async () => {
      const { LFTags } = await endpoint.aws<{ LFTags: TagPair[] }>('lakeformation', 'list-lf-tags');
      expect(LFTags.map(({ TagKey }) => TagKey)).to.include('sensitivity');
    });

    it('names an operation that it does not have', async () => {
      expect(await refusal('list_transactions', {})).to.equal('UnsupportedOperationException');
    });
  });
});
