import { AthenaClient, CreatePreparedStatementCommand, GetQueryResultsCommand } from '@aws-sdk/client-athena';
import {
  BatchDeleteTableVersionCommand,
  CreateTableCommand,
  DeleteTableVersionCommand,
  GetPartitionsCommand,
  GetTableCommand,
  GetTableVersionCommand,
  GetTableVersionsCommand,
  GlueClient,
  UpdateTableCommand,
  type Table,
  type TableInput,
} from '@aws-sdk/client-glue';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { gunzipSync } from 'node:zlib';
import { createAthenaService } from '../../../src/local/athena/service.js';
import { TinyEndpoint, account, region } from '../tiny-endpoint.js';
import { Asking } from './asking.js';
import { atTheLake, orders } from './orders.js';

describe('Athena statements that change something', function () {
  const endpoint = new TinyEndpoint(createAthenaService);
  let athena: AthenaClient;
  let glue: GlueClient;
  let s3: S3Client;
  let asking: Asking;

  before(async () => {
    await endpoint.start();
    await endpoint.python(orders);
    const credentials = { accessKeyId: account, secretAccessKey: 'local' };
    const settings = { endpoint: endpoint.url, region, credentials, maxAttempts: 1 };
    athena = new AthenaClient(settings);
    glue = new GlueClient(settings);
    s3 = new S3Client({ ...settings, forcePathStyle: true });
    asking = new Asking(athena);
  });
  after(async () => {
    for (const client of [athena, glue, s3]) client?.destroy();
    await endpoint.stop();
  });

  const table = async (Name: string): Promise<Table> =>
    (await glue.send(new GetTableCommand({ DatabaseName: 'silver', Name }))).Table ?? { Name };
  const keys = async (Prefix: string): Promise<string[]> =>
    ((await s3.send(new ListObjectsV2Command({ Bucket: 'results', Prefix }))).Contents ?? []).map(
      ({ Key }) => Key ?? '',
    );
  const text = async (Key: string): Promise<string> => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'results', Key }));
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    return (Key.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  };
  const failure = (attempt: Promise<unknown>): Promise<string> =>
    attempt.then(
      () => 'it succeeded',
      (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`,
    );

  it('awswrangler reads by CREATE TABLE AS, its default, and by UNLOAD, and leaves nothing behind', async () => {
    const answer = await endpoint.analyst<Record<string, unknown>>(`${atTheLake}
import awswrangler as wr
def reads(sql, **more):
    return wr.athena.read_sql_query(sql, "silver", athena_query_wait_polling_delay=0.05, keep_files=False, **more)
def cells(frame):
    return [[None if str(cell) == "<NA>" else str(cell) for cell in row] for row in frame.values.tolist()]
sql = "SELECT id, customer, day, amount, sum(id) OVER () AS total FROM orders ORDER BY id"
answer = {}
for workgroup in ("free", "bound"):
    frame = reads(sql, workgroup=workgroup, s3_output="s3://results/asked/")
    answer[workgroup] = {"cells": cells(frame), "left": [tables(), keys()]}
answer["types"] = [str(kind) for kind in frame.dtypes]
answer["statistics"] = frame.query_metadata["SubstatementType"]
# In the workgroup that everybody has, and with its default of what is enforced.
answer["primary"] = cells(reads("SELECT id FROM orders WHERE id = 3", s3_output="s3://results/asked/"))
empty = reads("SELECT id, day FROM orders WHERE id > 9", workgroup="bound")
answer["empty"] = [list(empty.columns), len(empty), tables()]
frame = reads(sql, workgroup="bound", ctas_approach=False, unload_approach=True, s3_output="s3://results/unloaded/")
answer["unloaded"] = {"cells": cells(frame), "left": keys("unloaded/")}
answer["csv"] = cells(reads(sql, workgroup="bound", ctas_approach=False))
try:
    reads("SELECT count(*) FROM orders", workgroup="bound")
except wr.exceptions.InvalidArgumentValue as error:
    answer["unnamed"] = str(error).split(".")[0]
described = wr.athena.describe_table(table="orders", database="silver", workgroup="bound")
answer["described"] = described[["Column Name", "Type"]].values.tolist()
print(json.dumps(answer))
`);
    const rows = [
      ['1', 'ann', '2026-01-01', '1.50', '6'],
      ['2', null, '2026-01-01', 'None', '6'],
      ['3', 'cat', '2026-01-01', '-2.25', '6'],
    ];
    expect(answer).to.deep.equal({
      free: { cells: rows, left: [['orders'], []] },
      bound: { cells: rows, left: [['orders'], []] },
      types: ['Int64', 'string', 'object', 'object', 'Int64'],
      statistics: 'CREATE_TABLE_AS_SELECT',
      primary: [['3']],
      empty: [['id', 'day'], 0, ['orders']],
      unloaded: { cells: rows, left: [] },
      csv: rows,
      unnamed: 'Please, define all columns names in your query',
      described: [
        ['id', 'bigint'],
        ['customer', 'string'],
        ['day', 'date'],
        ['amount', 'decimal(18,2)'],
      ],
    });
  });

  it('makes a table of a query where the workgroup has its results, and says so', async () => {
    const made = await asking.done(
      "CREATE TABLE made WITH (format = 'PARQUET', write_compression = 'SNAPPY') AS SELECT id, amount, day, CAST(day AS timestamp) AS at FROM orders",
      { WorkGroup: 'bound' },
    );
    const id = made.QueryExecutionId ?? '';
    expect(made).to.deep.include({
      StatementType: 'DDL',
      SubstatementType: 'CREATE_TABLE_AS_SELECT',
      ResultConfiguration: { OutputLocation: `s3://results/bound/tables/${id}` },
    });
    expect(made.Statistics?.DataManifestLocation).to.equal(`s3://results/bound/tables/${id}-manifest.csv`);
    const files = await keys(`bound/tables/${id}/`);
    expect(files).to.have.lengthOf(1);
    expect(await text(`bound/tables/${id}-manifest.csv`)).to.equal(`s3://results/${files[0]}\n`);
    const answer = await athena.send(new GetQueryResultsCommand({ QueryExecutionId: id }));
    expect([answer.UpdateCount, answer.ResultSet?.Rows]).to.deep.equal([3, []]);
    const found = await table('made');
    expect(found.TableType).to.equal('EXTERNAL_TABLE');
    expect(found.StorageDescriptor?.Location).to.equal(`s3://results/bound/tables/${id}/`);
    expect(found.StorageDescriptor?.SerdeInfo?.SerializationLibrary).to.equal(
      'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
    );
    expect(found.StorageDescriptor?.Columns?.map(({ Name, Type }) => `${Name} ${Type}`)).to.deep.equal([
      'id bigint',
      'amount decimal(18,2)',
      'day date',
      'at timestamp',
    ]);
    expect(await asking.ask('SELECT * FROM made WHERE id <> 2 ORDER BY id')).to.deep.equal([
      ['id', 'amount', 'day', 'at'],
      ['1', '1.50', '2026-01-01', '2026-01-01 00:00:00.000'],
      ['3', '-2.25', '2026-01-01', '2026-01-01 00:00:00.000'],
    ]);
  });

  it('takes a place of the statement’s own only where the workgroup enforces none and nothing is there', async () => {
    const at = (place: string, name: string): string =>
      `CREATE TABLE "silver"."${name}"\nWITH(\n  external_location = '${place}',\n  format = 'PARQUET')\nAS SELECT id FROM orders`;
    await asking.done(at('s3://results/own', 'own'), { WorkGroup: 'free' });
    expect(await keys('own/')).to.have.lengthOf(1);
    expect(await failure(asking.start(at('s3://results/other', 'other'), { WorkGroup: 'bound' }))).to.equal(
      "InvalidRequestException: The Create Table As Select query failed because it was submitted with an 'external_location' " +
        'property to an Athena Workgroup that enforces a centralized output location for all queries. Please remove the ' +
        "'external_location' property and resubmit the query.",
    );
    expect(await asking.reason(at('s3://results/own/', 'again'))).to.match(
      /^HIVE_PATH_ALREADY_EXISTS: Target directory for table 'silver.again' already exists: s3:\/\/results\/own\//,
    );
    // A query that merely speaks of the property names no place.
    await asking.done("CREATE TABLE spoken AS SELECT 'with (external_location = 1) as' AS words", {
      WorkGroup: 'bound',
    });
  });

  it('parts a table by its last columns, and reads it by them', async () => {
    await asking.done(
      "CREATE TABLE parted WITH (partitioned_by = ARRAY['customer']) AS SELECT id, customer FROM orders",
    );
    const { Partitions } = await glue.send(
      new GetPartitionsCommand({ DatabaseName: 'silver', TableName: 'parted' }),
    );
    expect(Partitions?.map(({ Values }) => Values?.[0]).sort()).to.deep.equal([
      '__HIVE_DEFAULT_PARTITION__',
      'ann',
      'cat',
    ]);
    expect(await asking.ask('SELECT id, customer FROM parted ORDER BY id')).to.deep.equal([
      ['id', 'customer'],
      ['1', 'ann'],
      ['2', undefined],
      ['3', 'cat'],
    ]);
    const other =
      "CREATE TABLE no WITH (partitioned_by = ARRAY['customer']) AS SELECT customer, id FROM orders";
    expect(await asking.reason(other)).to.match(/^HIVE_COLUMN_ORDER_MISMATCH/);
  });

  it('refuses tables as Athena refuses them, and names what it does not do itself', async () => {
    const as = (query: string, properties = "format = 'PARQUET'"): Promise<string> =>
      asking.reason(`CREATE TABLE refused WITH (${properties}) AS ${query}`);
    expect(await asking.reason('CREATE TABLE orders AS SELECT 1 AS one')).to.equal(
      "TABLE_ALREADY_EXISTS: line 1:1: Destination table 'awsdatacatalog.silver.orders' already exists",
    );
    expect(await asking.reason('CREATE TABLE gold.t AS SELECT 1 AS one')).to.contain('SCHEMA_NOT_FOUND');
    expect(await as('SELECT count(*) FROM orders')).to.contain('Column name not specified at position 1');
    expect(await as('SELECT id, id FROM orders')).to.contain("Column name 'id' specified more than once");
    expect(await as('SELECT NULL AS n')).to.contain('Column type is unknown at position 1');
    expect(await as('SELECT 1 AS one, n FROM (SELECT NULL AS n)')).to.contain(
      'Column type is unknown at position 2',
    );
    expect(await as("SELECT timestamp '2026-01-01 00:00:00 UTC' AS at")).to.contain(
      'Unsupported Hive type: timestamp(3) with time zone',
    );
    expect(await as('SELECT\n  nothing AS n FROM orders')).to.match(/^COLUMN_NOT_FOUND: line 2:3/);
    expect(await as('SELECT 1 AS one', "format = 'ORC'")).to.equal(
      "NOT_SUPPORTED: format = 'ORC' is not supported by the local endpoint",
    );
    expect(await as('SELECT 1 AS one', "table_type = 'ICEBERG'")).to.contain(
      "table_type = 'ICEBERG' is not supported by the local endpoint",
    );
    expect(await as('SELECT 1 AS one', 'bucket_count = 2')).to.contain('the table property bucket_count');
    expect(await as('SELECT 1 AS one', "colour = 'red'")).to.contain(
      "Table property 'colour' does not exist",
    );
    expect(await asking.reason('CREATE TABLE `quoted` AS SELECT 1 AS one')).to.contain(
      'line 1:14: backquoted identifiers are not supported',
    );
    expect(await asking.reason("CREATE EXTERNAL TABLE t (id int) LOCATION 's3://lake/t/'")).to.contain(
      'CREATE EXTERNAL is not supported by the local endpoint',
    );
    expect(await asking.reason('INSERT INTO orders SELECT * FROM orders')).to.contain(
      'INSERT INTO is not supported',
    );
    await asking.done('CREATE TABLE IF NOT EXISTS orders AS SELECT 1 AS one');
    expect(await asking.ask('SELECT count(*) FROM orders')).to.deep.equal([['_col0'], ['3']]);
  });

  it('keeps a view as Athena keeps it, and reads what it stands for at the time', async () => {
    const view =
      'CREATE OR REPLACE VIEW "silver"."known" AS\nSELECT id, customer AS who, amount FROM orders WHERE customer <> \'x\'';
    const made = await asking.done(view);
    expect(made).to.deep.include({ StatementType: 'DDL', SubstatementType: 'CREATE_VIEW' });
    const found = await table('known');
    expect([found.TableType, found.Parameters?.presto_view, found.ViewExpandedText]).to.deep.equal([
      'VIRTUAL_VIEW',
      'true',
      '/* Presto View */',
    ]);
    const encoded = /^\/\* Presto View: (\S+) \*\/$/.exec(found.ViewOriginalText ?? '')?.[1] ?? '';
    expect(JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'))).to.deep.equal({
      originalSql: "SELECT id, customer AS who, amount FROM orders WHERE customer <> 'x'",
      catalog: 'awsdatacatalog',
      schema: 'silver',
      columns: [
        { name: 'id', type: 'bigint' },
        { name: 'who', type: 'varchar' },
        { name: 'amount', type: 'decimal(18,2)' },
      ],
    });
    expect(await asking.ask('SELECT k.who FROM "silver"."known" k ORDER BY who')).to.deep.equal([
      ['who'],
      ['ann'],
      ['cat'],
    ]);
    expect((await asking.ask('DESCRIBE `silver`.`known`'))[1]?.[0]?.split(/\s+/).slice(0, 2)).to.deep.equal([
      'who',
      'string',
    ]);
    expect(await asking.ask('SHOW VIEWS')).to.deep.equal([['known']]);
    expect(await asking.ask('SHOW CREATE VIEW known')).to.deep.equal([
      ['CREATE VIEW silver.known AS'],
      ["SELECT id, customer AS who, amount FROM orders WHERE customer <> 'x'"],
    ]);
    expect(await asking.reason('CREATE VIEW known AS SELECT 1 AS one')).to.contain('View already exists');
    expect(await asking.reason('CREATE OR REPLACE VIEW orders AS SELECT 1 AS one')).to.contain(
      'Table already exists',
    );
    expect(await asking.reason('CREATE VIEW v AS SELECT id FROM nowhere')).to.equal(
      "TABLE_NOT_FOUND: line 1:33: Table 'awsdatacatalog.silver.nowhere' does not exist",
    );
    // The view over a view, whose lower one is then made anew without what the upper one reads.
    await asking.done('CREATE VIEW upper AS SELECT who FROM known');
    await asking.done('CREATE OR REPLACE VIEW known AS SELECT id FROM orders');
    expect(await asking.reason('SELECT * FROM upper')).to.match(
      /^INVALID_VIEW: line 1:15: Failed analyzing stored view 'awsdatacatalog.silver.upper': line 1:8: Column 'who' cannot be resolved/,
    );
    await asking.done('DROP VIEW known');
    expect(await asking.reason('DROP VIEW known')).to.contain(
      "View 'awsdatacatalog.silver.known' does not exist",
    );
    await asking.done('DROP VIEW IF EXISTS known');
  });

  it('has earlier versions of a view in Glue, as many as its clients leave', async () => {
    const of = { DatabaseName: 'silver', TableName: 'replaced' };
    const versions = async (): Promise<string[]> => {
      const { TableVersions = [] } = await glue.send(new GetTableVersionsCommand(of));
      return TableVersions.map(({ VersionId, Table: kept }) => {
        expect(kept?.VersionId).to.equal(VersionId);
        return `${VersionId}: ${kept?.StorageDescriptor?.Columns?.map(({ Name }) => Name).join() ?? ''}`;
      });
    };
    for (const name of ['a', 'b', 'c']) {
      await asking.done(`CREATE OR REPLACE VIEW replaced AS SELECT 1 AS ${name}`);
    }
    expect(await versions()).to.deep.equal(['3: c', '2: b', '1: a']);
    const first = await glue.send(new GetTableVersionsCommand({ ...of, MaxResults: 2 }));
    const { NextToken } = first;
    const second = await glue.send(new GetTableVersionsCommand({ ...of, MaxResults: 2, NextToken }));
    expect([first, second].map(({ TableVersions }) => TableVersions?.length)).to.deep.equal([2, 1]);
    await glue.send(new DeleteTableVersionCommand({ ...of, VersionId: '1' }));
    expect(await versions()).to.deep.equal(['3: c', '2: b']);
    const { Errors } = await glue.send(
      new BatchDeleteTableVersionCommand({ ...of, VersionIds: ['1', '2', '3'] }),
    );
    expect(Errors?.map(({ VersionId, ErrorDetail }) => [VersionId, ErrorDetail?.ErrorCode])).to.deep.equal([
      ['1', 'EntityNotFoundException'],
      ['3', 'InvalidInputException'],
    ]);
    expect(await versions()).to.deep.equal(['3: c']);
    // What is said to leave no trace leaves none; and a table that is made anew begins anew.
    const { Name, StorageDescriptor, TableType, Parameters, ...view } = await table('replaced');
    const { ViewOriginalText, ViewExpandedText } = view;
    const update = (TableInput: TableInput): Promise<unknown> =>
      glue.send(new UpdateTableCommand({ DatabaseName: 'silver', TableInput, SkipArchive: true }));
    await update({ Name, StorageDescriptor });
    expect(await versions()).to.deep.equal(['4: c']);
    // What an update does not say is gone: this is no view any more.
    const { TableType: kind, Parameters: properties = {}, ViewOriginalText: text } = await table('replaced');
    expect([kind, properties, text]).to.deep.equal([undefined, {}, undefined]);
    await update({ Name, StorageDescriptor, TableType, Parameters, ViewOriginalText, ViewExpandedText });
    await asking.done('CREATE OR REPLACE VIEW replaced AS SELECT 1 AS d');
    await asking.done('DROP VIEW replaced');
    expect(await failure(versions())).to.match(/^EntityNotFoundException/);
    await asking.done('CREATE VIEW replaced AS SELECT 1 AS e');
    expect(await versions()).to.deep.equal(['1: e']);
    const { TableVersion } = await glue.send(new GetTableVersionCommand(of));
    expect(TableVersion?.VersionId).to.equal('1');
    await asking.done('DROP VIEW replaced');
  });

  it('reads views that others put into Glue, and refuses those that cannot be read', async () => {
    const put = async (Name: string, definition: object): Promise<void> => {
      const encoded = Buffer.from(JSON.stringify(definition)).toString('base64');
      const TableInput = {
        Name,
        TableType: 'VIRTUAL_VIEW',
        ViewOriginalText: `/* Presto View: ${encoded} */`,
        ViewExpandedText: '/* Presto View */',
        Parameters: { presto_view: 'true' },
        StorageDescriptor: { Columns: [{ Name: 'id', Type: 'bigint' }], Location: '' },
      };
      await glue
        .send(new CreateTableCommand({ DatabaseName: 'silver', TableInput }))
        .catch(() => glue.send(new UpdateTableCommand({ DatabaseName: 'silver', TableInput })));
    };
    const columns = [{ name: 'id', type: 'bigint' }];
    const from = (originalSql: string): object => ({
      originalSql,
      catalog: 'awsdatacatalog',
      schema: 'silver',
      columns,
    });
    await put('theirs', from('WITH some AS (SELECT id FROM orders) SELECT id FROM some WHERE id > 1'));
    // The session's database is not the view's.
    const elsewhere = { QueryExecutionContext: { Database: 'default' } };
    expect(await asking.ask('SELECT sum(id) FROM silver.theirs', elsewhere)).to.deep.equal([
      ['_col0'],
      ['5'],
    ]);
    await put('theirs', from('SELECT id, day FROM orders'));
    expect(await asking.reason('SELECT * FROM theirs')).to.match(/^VIEW_IS_STALE: line 1:15: /);
    await put('theirs', from('SELECT id FROM theirs'));
    expect(await asking.reason('SELECT * FROM theirs')).to.contain('is recursive');
    await put('theirs', { ...from('SELECT id FROM orders'), catalog: 'another' });
    expect(await asking.reason('SELECT * FROM theirs')).to.contain("catalog 'another', which does not exist");
    await put('theirs', { no: 'query' });
    expect(await asking.reason('SELECT * FROM theirs')).to.equal(
      'INVALID_VIEW: Invalid view JSON: silver.theirs',
    );
    await asking.done('DROP VIEW theirs');
  });

  it('unloads into an empty place, as parquet, text or JSON', async () => {
    const unload = (
      to: string,
      properties: string,
      query = 'SELECT id, customer, amount FROM orders ORDER BY id',
    ): string => `UNLOAD (${query}) TO 's3://results/${to}' WITH (${properties})`;
    const made = await asking.done(unload('text/', "format = 'TEXTFILE', field_delimiter = ','"));
    const id = made.QueryExecutionId ?? '';
    expect(made).to.deep.include({ StatementType: 'DML', SubstatementType: 'UNLOAD' });
    expect(made.Statistics?.DataManifestLocation).to.equal(`s3://results/athena/${id}-manifest.csv`);
    const [file = ''] = await keys('text/');
    expect(await text(`athena/${id}-manifest.csv`)).to.equal(`s3://results/${file}\n`);
    expect([file.endsWith('.gz'), await text(file)]).to.deep.equal([
      true,
      '1,ann,1.50\n2,\\N,\\N\n3,cat,-2.25\n',
    ]);
    await asking.done(unload('json', "format = 'JSON', compression = 'NONE'"));
    expect(await text((await keys('json/'))[0] ?? '')).to.equal(
      '{"id":1,"customer":"ann","amount":1.50}\n{"id":2,"customer":null,"amount":null}\n{"id":3,"customer":"cat","amount":-2.25}\n',
    );
    await asking.done(
      unload(
        'csv',
        "format = 'CSV', compression = 'NONE'",
        `SELECT 'a"b' AS x, customer FROM orders WHERE id = 2`,
      ),
    );
    expect(await text((await keys('csv/'))[0] ?? '')).to.equal('"a\\"b",\n');
    await asking.done(
      unload(
        'parts',
        "format = 'PARQUET', partitioned_by = ARRAY['customer']",
        'SELECT id, customer FROM orders WHERE id <> 2',
      ),
    );
    expect((await keys('parts/')).map((key) => key.split('/')[1])).to.deep.equal([
      'customer=ann',
      'customer=cat',
    ]);
    expect(await asking.reason(unload('text', "format = 'PARQUET'"))).to.match(/^HIVE_PATH_ALREADY_EXISTS/);
    expect(await asking.reason(unload('new', "format = 'AVRO'"))).to.contain(
      "format = 'AVRO' is not supported by the local endpoint",
    );
    expect(await asking.reason(unload('new', "format = 'XML'"))).to.contain(
      "Unable to set table property 'format' to: ['XML']",
    );
    expect(await asking.reason(unload('new', "format = 'CSV'"))).to.contain(
      'only supports VARCHAR (unbounded). Unsupported columns: id bigint',
    );
    expect(await asking.reason("UNLOAD (SELECT id FROM orders) TO 's3://results/new/'")).to.contain(
      "'format' is required",
    );
    expect(await asking.reason("UNLOAD SELECT id FROM orders TO 's3://results/new/'")).to.contain(
      "line 1:8: mismatched input 'SELECT'",
    );
    expect(await keys('new/')).to.deep.equal([]);
  });

  it('drops and alters what Glue names with Hive’s words, and leaves the files', async () => {
    await asking.done(
      "CREATE TABLE brief WITH (format = 'JSON', external_location = 's3://results/brief/') AS SELECT id, customer FROM orders",
    );
    expect(await asking.ask('SELECT id, customer FROM brief ORDER BY id')).to.have.lengthOf(4);
    await asking.done("ALTER TABLE `silver`.`brief` SET TBLPROPERTIES ('classification' = 'other')");
    const { Parameters, StorageDescriptor } = await table('brief');
    expect([Parameters?.classification, Parameters?.EXTERNAL]).to.deep.equal(['other', 'TRUE']);
    expect(StorageDescriptor?.Columns).to.have.lengthOf(2);
    expect(await asking.reason('DROP TABLE "silver"."brief"')).to.match(/^FAILED: ParseException line 1:12/);
    expect(await asking.reason('DROP VIEW brief')).to.contain('but a table with that name exists');
    expect(await asking.done('DROP TABLE brief;')).to.deep.include({ SubstatementType: 'DROP_TABLE' });
    expect(await asking.reason('DROP TABLE brief')).to.contain('Table not found silver.brief');
    expect(await keys('brief/')).to.have.lengthOf(1);
    await asking.done('CREATE VIEW brief AS SELECT 1 AS one');
    expect(await asking.reason('DROP TABLE brief')).to.contain('Cannot drop a view with DROP TABLE');
    await asking.done('CREATE SCHEMA IF NOT EXISTS `silver`');
    expect(await asking.reason('CREATE DATABASE silver')).to.contain('already exists');
  });

  it('makes tables of prepared statements, with their parameters', async () => {
    await athena.send(
      new CreatePreparedStatementCommand({
        StatementName: 'keep',
        WorkGroup: 'bound',
        QueryStatement: 'CREATE TABLE prepared AS SELECT id FROM orders WHERE id > ?',
      }),
    );
    const made = await asking.done('EXECUTE keep USING 2', { WorkGroup: 'bound' });
    expect(made.ResultConfiguration?.OutputLocation).to.equal(
      `s3://results/bound/tables/${made.QueryExecutionId}`,
    );
    expect(await asking.ask('SELECT id FROM prepared')).to.deep.equal([['id'], ['3']]);
  });
});
