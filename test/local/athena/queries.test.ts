import {
  AthenaClient,
  BatchGetQueryExecutionCommand,
  CreatePreparedStatementCommand,
  CreateWorkGroupCommand,
  GetQueryResultsCommand,
  GetQueryRuntimeStatisticsCommand,
  GetTableMetadataCommand,
  GetWorkGroupCommand,
  ListQueryExecutionsCommand,
  StopQueryExecutionCommand,
  type QueryExecution,
} from '@aws-sdk/client-athena';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { createAthenaService, type AthenaTuning } from '../../../src/local/athena/service.js';
import { Asking } from './asking.js';
import { TinyEndpoint, account, eventually, region } from '../tiny-endpoint.js';

/** Writes a Delta table and a CSV table, and names them in Glue; days 1 and 2 are partitions. */
const lake = `
import boto3, datetime as dt, decimal, os, pyarrow as pa
from deltalake import write_deltalake
for bucket in ("lake", "results"):
    boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
options = {"AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"], "AWS_ACCESS_KEY_ID": "123456789012",
    "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "eu-central-1", "AWS_ALLOW_HTTP": "true"}
dec = lambda text: None if text is None else decimal.Decimal(text)
write_deltalake("s3://lake/orders", pa.table({
    "id": pa.array([1, 2, 3, 4, 5], pa.int64()),
    "customer": ["ann", "bob", None, 'q"uote, comma', "ann"],
    "amount": pa.array([dec("1.50"), dec("2.25"), None, dec("10.00"), dec("-0.75")], pa.decimal128(18, 2)),
    "day": [dt.date(2026, 1, 1)] * 3 + [dt.date(2026, 1, 2)] * 2,
    "at": pa.array([dt.datetime(2026, 1, 1, 1, 2, 3, 456789)] * 5, pa.timestamp("us", "UTC")),
    "ratio": [0.5, 1e10, 1e-5, 3.0, None],
    "open": [True, False, None, True, True],
    "labels": pa.array([[("k", "v")]] * 5, pa.map_(pa.string(), pa.string())),
}), partition_by=["day"], storage_options=options)
glue = boto3.client("glue")
glue.create_database(DatabaseInput={"Name": "silver"})
def table(name, location, columns, parameters={}, serde=None, keys=()):
    of = lambda pairs: [{"Name": column, "Type": kind} for column, kind in pairs]
    glue.create_table(DatabaseName="silver", TableInput={"Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": parameters,
        "PartitionKeys": of(keys), "StorageDescriptor": {"Columns": of(columns), "Location": location, "SerdeInfo": serde or {}}})
table("orders", "s3://lake/orders/", [("id", "bigint"), ("customer", "string"), ("amount", "decimal(18,2)"), ("day", "date"),
    ("at", "timestamp"), ("ratio", "double"), ("open", "boolean"), ("labels", "map<string,string>")],
    {"spark.sql.sources.provider": "delta"})
table("empty", "s3://lake/empty/", [("id", "bigint")], {"spark.sql.sources.provider": "delta"})
boto3.client("s3").put_object(Bucket="lake", Key="names/month=1/a.csv", Body=b'code,name,born\\na,"Ann, A",1990-02-03\\nb,Bob,never\\n')
boto3.client("s3").put_object(Bucket="lake", Key="names/month=2/b.csv", Body=b'code,name,born\\nc,Cat,2000-01-01\\n')
csv = {"SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde", "Parameters": {"separatorChar": ",", "quoteChar": '"'}}
table("names", "s3://lake/names/", [("code", "string"), ("name", "string"), ("born", "date")],
    {"skip.header.line.count": "1"}, csv, [("month", "int")])
for month in ("1", "2"):
    glue.create_partition(DatabaseName="silver", TableName="names", PartitionInput={"Values": [month],
        "StorageDescriptor": {"Location": f"s3://lake/names/month={month}/", "SerdeInfo": csv}})
`;

describe('Athena queries', function () {
  let tuning: Partial<AthenaTuning> = {};
  const endpoint = new TinyEndpoint((context, settings) => createAthenaService(context, settings, tuning));
  let athena: AthenaClient;
  let asking: Asking;
  let s3: S3Client;

  before(async () => {
    await endpoint.start();
    await endpoint.python(lake);
    const credentials = { accessKeyId: account, secretAccessKey: 'local' };
    athena = new AthenaClient({ endpoint: endpoint.url, region, credentials, maxAttempts: 1 });
    asking = new Asking(athena);
    s3 = new S3Client({ endpoint: endpoint.url, region, credentials, forcePathStyle: true });
  });
  after(async () => {
    athena?.destroy();
    s3?.destroy();
    await endpoint.stop();
  });

  const start = (...words: Parameters<Asking['start']>): Promise<string> => asking.start(...words);
  const get = (id: string): Promise<QueryExecution> => asking.get(id);
  const ended = (id: string): Promise<QueryExecution> => asking.ended(id);
  const rows = (id: string): ReturnType<Asking['rows']> => asking.rows(id);
  const ask = (...words: Parameters<Asking['ask']>): ReturnType<Asking['ask']> => asking.ask(...words);
  const reason = (sql: string): Promise<string> => asking.reason(sql);
  const failure = (attempt: Promise<unknown>): Promise<string> =>
    attempt.then(
      () => 'it succeeded',
      (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`,
    );

  it('answers a SELECT with the header first, typed columns and Athena’s text forms, and writes the CSV', async () => {
    const id = await start(
      'SELECT id, customer, amount, day, at, ratio, open, labels FROM orders ORDER BY id',
    );
    const execution = await ended(id);
    expect(execution.Status?.State, execution.Status?.StateChangeReason).to.equal('SUCCEEDED');
    expect(execution).to.deep.include({ StatementType: 'DML', WorkGroup: 'primary' });
    const at = '2026-01-01 01:02:03.456 UTC';
    expect(await rows(id)).to.deep.equal([
      ['id', 'customer', 'amount', 'day', 'at', 'ratio', 'open', 'labels'],
      ['1', 'ann', '1.50', '2026-01-01', at, '0.5', 'true', '{k=v}'],
      ['2', 'bob', '2.25', '2026-01-01', at, '1.0E10', 'false', '{k=v}'],
      ['3', undefined, undefined, '2026-01-01', at, '1.0E-5', undefined, '{k=v}'],
      ['4', 'q"uote, comma', '10.00', '2026-01-02', at, '3.0', 'true', '{k=v}'],
      ['5', 'ann', '-0.75', '2026-01-02', at, undefined, 'true', '{k=v}'],
    ]);
    const { ResultSet } = await athena.send(new GetQueryResultsCommand({ QueryExecutionId: id }));
    const columns = ResultSet?.ResultSetMetadata?.ColumnInfo ?? [];
    expect(columns.map((column) => column.Type)).to.deep.equal([
      'bigint',
      'varchar',
      'decimal',
      'date',
      'timestamp with time zone',
      'double',
      'boolean',
      'map',
    ]);
    expect([columns[2]?.Precision, columns[2]?.Scale]).to.deep.equal([18, 2]);
    const location = execution.ResultConfiguration?.OutputLocation ?? '';
    expect(location).to.equal(`s3://results/athena/${id}.csv`);
    const object = await s3.send(new GetObjectCommand({ Bucket: 'results', Key: `athena/${id}.csv` }));
    const lines = ((await object.Body?.transformToString()) ?? '').split('\n');
    expect(lines[0]).to.equal('"id","customer","amount","day","at","ratio","open","labels"');
    expect(lines[3]).to.equal(`"3",,,"2026-01-01","${at}","1.0E-5",,"{k=v}"`);
    expect(lines[4]).to.contain('"q""uote, comma"');
  });

  it('computes as Athena does: names, integer division, aggregates, windows, dates', async () => {
    expect(
      await ask(
        'SELECT count(*), sum(amount), 7 / 2, avg(ratio) AS mean FROM "silver"."orders" WHERE id < 3',
      ),
    ).to.deep.equal([
      ['_col0', '_col1', '_col2', 'mean'],
      ['2', '3.75', '3', '5.00000000025E9'],
    ]);
    expect(
      await ask(
        `WITH days AS (SELECT day, count_if(open) AS opened, approx_distinct(customer) AS customers,
           array_agg(id ORDER BY id) FILTER (WHERE id <> 2) AS ids FROM orders GROUP BY day)
         SELECT date_format(day, '%Y/%m/%d'), opened, customers, ids, date_diff('day', date '2025-12-31', day),
           row_number() OVER (ORDER BY day DESC) FROM days ORDER BY day`,
      ),
    ).to.deep.equal([
      ['_col0', 'opened', 'customers', 'ids', '_col4', '_col5'],
      ['2026/01/01', '1', '2', '[1, 3]', '1', '2'],
      ['2026/01/02', '2', '2', '[4, 5]', '2', '1'],
    ]);
    expect(await ask("VALUES (1, 'a'), (2, NULL)")).to.deep.equal([
      ['_col0', '_col1'],
      ['1', 'a'],
      ['2', undefined],
    ]);
  });

  it('gives averages of decimals as decimals of the same precision and scale, rounded half up', async () => {
    // 1.50 and 2.25: half a cent of 1.875 goes away from nothing, on both sides of it.
    const id = await asking.start(
      `SELECT avg(amount) AS a, avg(-amount) AS b, avg(DISTINCT amount) AS c, avg(amount) FILTER (WHERE id = 3) AS d,
         avg(amount * ratio) AS e, avg(id) AS f FROM orders WHERE id < 4 AND ratio > 0.1`,
    );
    await ended(id);
    expect((await rows(id))[1]).to.deep.equal([
      '1.88',
      '-1.88',
      '1.88',
      undefined,
      '1.1250000000375E10',
      '1.5',
    ]);
    const { ResultSet } = await athena.send(new GetQueryResultsCommand({ QueryExecutionId: id }));
    const kinds = ResultSet?.ResultSetMetadata?.ColumnInfo?.map(
      ({ Type, Precision, Scale }) => `${Type} ${Precision} ${Scale}`,
    );
    const money = 'decimal 18 2';
    expect(kinds).to.deep.equal([money, money, money, money, 'double 17 0', 'double 17 0']);
    // Of a window, of averages, of a subquery; and one that a double would not hold.
    expect(
      await ask(
        `SELECT id, avg(amount) OVER (PARTITION BY day) AS of_day, (SELECT avg(a) FROM (SELECT avg(amount) AS a FROM orders
           GROUP BY day)) AS of_days FROM orders WHERE id IN (1, 2, 4, 5) ORDER BY id`,
      ),
    ).to.deep.equal([
      ['id', 'of_day', 'of_days'],
      ['1', '1.88', '3.26'],
      ['2', '1.88', '3.26'],
      ['4', '4.63', '3.26'],
      ['5', '4.63', '3.26'],
    ]);
    const long = '9'.repeat(36) + '90';
    expect(
      await ask(
        `SELECT avg(CAST(x AS decimal(38, 0))) AS a, avg(CAST(x AS decimal(38, 0))) < 0 AS b FROM (VALUES '1', '2', '${long}') AS t (x)`,
      ),
    ).to.deep.equal([
      ['a', 'b'],
      ['3'.repeat(37) + '1', 'false'],
    ]);
  });

  it('reads partitioned CSV tables, and what does not convert as NULL', async () => {
    const sql = 'SELECT code, name, born, month FROM names ORDER BY code';
    expect(await ask(sql)).to.deep.equal([
      ['code', 'name', 'born', 'month'],
      ['a', 'Ann, A', '1990-02-03', '1'],
      ['b', 'Bob', undefined, '1'],
      ['c', 'Cat', '2000-01-01', '2'],
    ]);
    expect(
      await ask(
        'SELECT n.name, count(*) FROM names n JOIN orders o ON lower(n.name) = o.customer GROUP BY 1',
      ),
    ).to.deep.equal([
      ['name', '_col1'],
      ['Bob', '1'],
    ]);
  });

  it('counts only the files that the partitions of a query leave', async () => {
    const scanned = async (where: string): Promise<number> =>
      (await ended(await start(`SELECT count(*) FROM orders ${where}`))).Statistics?.DataScannedInBytes ?? 0;
    const all = await scanned('');
    const first = await scanned("WHERE day = date '2026-01-01' AND id > 0");
    const second = await scanned("WHERE day > date '2026-01-01'");
    expect(first).to.be.greaterThan(0);
    expect(first + second).to.equal(all);
    expect(await scanned("WHERE day = date '2030-01-01'")).to.equal(0);
  });

  it('says what is wrong in Athena’s words', async () => {
    expect(await reason('SELECT * FORM orders')).to.contain("line 1:10: mismatched input 'FORM'");
    expect(await reason('SELEC 1')).to.contain("line 1:1: mismatched input 'SELEC'");
    expect(await reason('SELECT id FROM orders WHERE')).to.contain("line 1:28: mismatched input '<EOF>'");
    expect(await reason('SELECT\n  nothing FROM orders')).to.match(
      /^COLUMN_NOT_FOUND: line 2:3: Column 'nothing' cannot be resolved/,
    );
    expect(await reason('SELECT 1 FROM nowhere')).to.equal(
      "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.silver.nowhere' does not exist",
    );
    expect(await reason('SELECT 1 FROM gold.orders')).to.equal(
      "SCHEMA_NOT_FOUND: line 1:15: Schema 'gold' does not exist",
    );
    expect(await reason("SELECT 1 FROM orders WHERE day = '2026-01-01'")).to.equal(
      'TYPE_MISMATCH: line 1:32: Cannot apply operator: date = varchar(10)',
    );
    expect(await reason('SELECT no_such(id) FROM orders')).to.equal(
      "FUNCTION_NOT_FOUND: line 1:8: Function 'no_such' not registered",
    );
    expect(await reason('SELECT id, count(*) FROM orders')).to.contain('EXPRESSION_NOT_AGGREGATE: line 1:8');
    expect(await reason("SELECT cast('x' AS bigint)")).to.contain('INVALID_CAST_ARGUMENT');
    expect(await reason('SELECT * FROM empty')).to.contain('nothing has been written to s3://lake/empty/');
    expect(await reason('DELETE FROM orders')).to.equal(
      'NOT_SUPPORTED: DELETE FROM is not supported by the local endpoint',
    );
  });

  it('shows and describes what Glue names', async () => {
    expect(await ask('SHOW DATABASES')).to.deep.include(['silver']);
    expect(await ask("SHOW TABLES IN silver 'or*'")).to.deep.equal([['orders']]);
    expect(await ask('SHOW PARTITIONS orders')).to.deep.equal([['day=2026-01-01'], ['day=2026-01-02']]);
    expect(await ask('SHOW PARTITIONS silver.names')).to.deep.equal([['month=1'], ['month=2']]);
    expect((await ask('DESCRIBE orders'))[2]?.[0]?.split('\t').map((cell) => cell.trim())).to.deep.equal([
      'amount',
      'decimal(18,2)',
      '',
    ]);
    expect((await ask('SHOW CREATE TABLE names'))[0]).to.deep.equal([
      'CREATE EXTERNAL TABLE `silver.names`(',
    ]);
    expect((await ask('EXPLAIN SELECT id FROM orders')).length).to.be.greaterThan(1);
    expect(
      await ask(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'silver' AND table_name = 'names' ORDER BY ordinal_position",
      ),
    ).to.deep.equal([
      ['column_name', 'data_type'],
      ['code', 'varchar'],
      ['name', 'varchar'],
      ['born', 'date'],
      ['month', 'integer'],
    ]);
    const shown = await ended(await start('SHOW TABLES'));
    expect(shown.StatementType).to.equal('UTILITY');
    expect(shown.ResultConfiguration?.OutputLocation).to.match(/\.txt$/);
  });

  it('tells its clients of the tables that there are, in a catalog however it is spelled, and of no others', async () => {
    const orders = { CatalogName: 'awsdatacatalog', DatabaseName: 'silver', TableName: 'orders' };
    const shown = (changed: object): Promise<string> =>
      failure(athena.send(new GetTableMetadataCommand({ ...orders, ...changed })));
    const { TableMetadata } = await athena.send(new GetTableMetadataCommand(orders));
    expect(TableMetadata?.Columns?.slice(0, 2)).to.deep.equal([
      { Name: 'id', Type: 'bigint' },
      { Name: 'customer', Type: 'string' },
    ]);
    expect(await shown({ TableName: 'nothing' })).to.match(/^MetadataException: EntityNotFoundException/);
    expect(await shown({ DatabaseName: 'nowhere' })).to.match(/^MetadataException: EntityNotFoundException/);
    expect(await shown({ CatalogName: 'none' })).to.equal('MetadataException: Catalog none not found');
  });

  it('gives results in pages', async () => {
    const id = await start('SELECT x FROM UNNEST(sequence(1, 2500)) AS t(x) ORDER BY x');
    expect((await ended(id)).Status?.State).to.equal('SUCCEEDED');
    const seen: (string | undefined)[] = [];
    let NextToken: string | undefined;
    let pages = 0;
    do {
      const page = await athena.send(new GetQueryResultsCommand({ QueryExecutionId: id, NextToken }));
      seen.push(...(page.ResultSet?.Rows ?? []).map((row) => row.Data?.[0]?.VarCharValue));
      NextToken = page.NextToken;
      pages++;
    } while (NextToken !== undefined);
    expect([pages, seen.length, seen[0], seen[1], seen.at(-1)]).to.deep.equal([3, 2501, 'x', '1', '2500']);
    const statistics = await athena.send(new GetQueryRuntimeStatisticsCommand({ QueryExecutionId: id }));
    expect(statistics.QueryRuntimeStatistics?.Rows?.OutputRows).to.equal(2500);
  });

  it('takes parameters in the order of the question marks, also of a prepared statement', async () => {
    const byParts = 'SELECT ? AS a, id FROM orders WHERE id = ? AND customer = ?';
    expect(await ask(byParts, { ExecutionParameters: ["'x'", '1', "'ann'"] })).to.deep.equal([
      ['a', 'id'],
      ['x', '1'],
    ]);
    await athena.send(
      new CreatePreparedStatementCommand({
        StatementName: 'by_customer',
        WorkGroup: 'primary',
        QueryStatement: byParts,
      }),
    );
    expect(await ask("EXECUTE by_customer USING 'a, b', 5, 'ann'")).to.deep.equal([
      ['a', 'id'],
      ['a, b', '5'],
    ]);
    const { Status } = await ended(await start(byParts, { ExecutionParameters: ['1'] }));
    expect(Status?.StateChangeReason).to.contain('expected 3 but found 1');
  });

  it('obeys the workgroup: its place for results, its limit on bytes, its state', async () => {
    await athena.send(
      new CreateWorkGroupCommand({
        Name: 'analysts',
        Configuration: {
          EnforceWorkGroupConfiguration: true,
          BytesScannedCutoffPerQuery: 10_000_000,
          ResultConfiguration: { OutputLocation: 's3://results/analysts' },
        },
      }),
    );
    const ours = await athena.send(new GetWorkGroupCommand({ WorkGroup: 'analysts' }));
    expect(ours.WorkGroup?.Name, 'workgroups are the emulator’s').to.equal('analysts');
    const id = await start('SELECT 1', { WorkGroup: 'analysts' });
    expect((await ended(id)).ResultConfiguration?.OutputLocation).to.equal(`s3://results/analysts/${id}.csv`);
    expect(await failure(start('SELECT 1', { WorkGroup: 'nobody' }))).to.contain(
      'InvalidRequestException: WorkGroup nobody is not found',
    );
    const nowhere = failure(start('SELECT 1', { ResultConfiguration: undefined }));
    expect(await nowhere).to.contain('No output location provided');
    const listed = await athena.send(new ListQueryExecutionsCommand({ WorkGroup: 'analysts' }));
    expect(listed.QueryExecutionIds).to.deep.equal([id]);
    const batch = await athena.send(
      new BatchGetQueryExecutionCommand({ QueryExecutionIds: [id, 'unknown'] }),
    );
    expect(batch.QueryExecutions?.map((execution) => execution.QueryExecutionId)).to.deep.equal([id]);
    expect(batch.UnprocessedQueryExecutionIds?.map((one) => one.QueryExecutionId)).to.deep.equal(['unknown']);
  });

  it('answers a repeated request token with the same query', async () => {
    const ClientRequestToken = 'a-token-of-at-least-32-characters-1';
    const first = await start('SELECT 1', { ClientRequestToken });
    expect(await start('SELECT 1', { ClientRequestToken })).to.equal(first);
    expect(await failure(start('SELECT 2', { ClientRequestToken }))).to.contain(
      'Idempotent parameters do not match',
    );
  });

  const endless =
    'SELECT count(*) FROM UNNEST(sequence(1, 300000)) a(x) CROSS JOIN UNNEST(sequence(1, 3000000)) b(y) WHERE x * y % 7 = 3';

  it('stops a query, also one that waits, and fails one whose worker dies', async () => {
    const running = await start(endless);
    const waiting = await start('SELECT 1');
    await eventually(async () => ((await get(running)).Status?.State === 'RUNNING' ? true : undefined), 50);
    await athena.send(new StopQueryExecutionCommand({ QueryExecutionId: waiting }));
    await athena.send(new StopQueryExecutionCommand({ QueryExecutionId: running }));
    expect((await ended(waiting)).Status).to.deep.include({
      State: 'CANCELLED',
      StateChangeReason: 'Query cancelled by user',
    });
    expect((await ended(running)).Status?.State).to.equal('CANCELLED');
    expect(await failure(rows(running))).to.contain('Final query state: CANCELLED');

    const doomed = await start(endless);
    await eventually(async () => ((await get(doomed)).Status?.State === 'RUNNING' ? true : undefined), 50);
    const started = endpoint.log.join('\n').match(/query worker started, process \d+/g) ?? [];
    const worker = Number(/\d+$/.exec(started.at(-1) ?? '')?.[0]);
    expect(worker).to.be.greaterThan(1);
    process.kill(worker, 'SIGKILL');
    expect((await ended(doomed)).Status?.StateChangeReason).to.contain('the query worker ended');
    expect(await ask('SELECT 42')).to.deep.equal([['_col0'], ['42']]);
  });

  it('fails a query that takes too long', async () => {
    const restarted = async (timeoutSeconds?: number): Promise<void> => {
      await endpoint.service?.stop();
      tuning = timeoutSeconds === undefined ? {} : { timeoutSeconds };
      await endpoint.startService();
    };
    await restarted(1);
    try {
      expect(await reason(endless)).to.contain('longer than 1 seconds');
    } finally {
      await restarted();
    }
  });

  it('is read by boto3, and remembers queries after a restart', async () => {
    const answer = await endpoint.python<{ id: string; rows: unknown }>(`
import boto3, json, time
athena = boto3.client("athena")
id = athena.start_query_execution(QueryString="SELECT max(id) AS top FROM orders", QueryExecutionContext={"Database": "silver"},
    ResultConfiguration={"OutputLocation": "s3://results/boto3/"})["QueryExecutionId"]
while athena.get_query_execution(QueryExecutionId=id)["QueryExecution"]["Status"]["State"] not in ("SUCCEEDED", "FAILED"):
    time.sleep(0.1)
pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=id)
print(json.dumps({"id": id, "rows": [[cell.get("VarCharValue") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]}))
`);
    expect(answer.rows).to.deep.equal([['top'], ['5']]);
    await endpoint.service?.stop();
    await endpoint.startService();
    expect(await rows(answer.id)).to.deep.equal([['top'], ['5']]);
  });
});
