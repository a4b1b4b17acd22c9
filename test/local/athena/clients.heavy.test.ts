import { expect } from 'chai';
import { createAthenaService } from '../../../src/local/athena/service.js';
import { TinyEndpoint } from '../tiny-endpoint.js';
import { atTheLake, orders } from './orders.js';

describe('Athena’s clients', function () {
  const endpoint = new TinyEndpoint(createAthenaService);

  before(async () => {
    await endpoint.start();
    await endpoint.python(orders);
  });
  after(() => endpoint.stop());

  it('PyAthena makes, reads and drops a view and a table, and reads what UNLOAD wrote', async () => {
    const answer = await endpoint.analyst<Record<string, unknown>>(`${atTheLake}
import pyathena
from pyathena.pandas.cursor import PandasCursor
connection = pyathena.connect(work_group="bound", s3_staging_dir="s3://results/bound/", schema_name="silver", poll_interval=0.05)
cursor = connection.cursor()
def does(sql):
    cursor.execute(sql)
    return [cursor.state, cursor.statement_type, cursor.substatement_type, cursor.fetchall()]
answer = {}
answer["view"] = does("CREATE OR REPLACE VIEW some AS SELECT id, customer FROM orders WHERE customer IS NOT NULL")
answer["table"] = does("CREATE TABLE kept WITH (format = 'PARQUET') AS SELECT * FROM some")
made = cursor.query_id
answer["files"] = [key.replace(made, "ID").replace(made.replace("-", "_"), "ID") for key in keys("bound/tables/" + made)]
answer["both"] = does("SELECT kept.id, some.customer FROM kept JOIN some ON kept.id = some.id ORDER BY 1")[3]
answer["drops"] = [does("DROP VIEW IF EXISTS some")[0:3], does("DROP TABLE IF EXISTS \`silver\`.\`kept\`")[0:3], tables()]
answer["unload"] = connection.cursor(PandasCursor, unload=True).execute("SELECT id FROM orders ORDER BY id").as_pandas()["id"].tolist()
print(json.dumps(answer))
`);
    expect(answer).to.deep.equal({
      view: ['SUCCEEDED', 'DDL', 'CREATE_VIEW', []],
      table: ['SUCCEEDED', 'DDL', 'CREATE_TABLE_AS_SELECT', []],
      files: ['bound/tables/ID-manifest.csv', 'bound/tables/ID.metadata', 'bound/tables/ID/ID_00000'],
      both: [
        [1, 'ann'],
        [3, 'cat'],
      ],
      drops: [['SUCCEEDED', 'DDL', 'DROP_VIEW'], ['SUCCEEDED', 'DDL', 'DROP_TABLE'], ['orders']],
      unload: [1, 2, 3],
    });
  });

  it('reads back what it wrote, in every format', async () => {
    const answer = await endpoint.analyst<Record<string, unknown>>(String.raw`${atTheLake}
import pyathena
cursor = pyathena.connect(work_group="bound", schema_name="silver", poll_interval=0.05).cursor()
def made(name, properties, columns):
    cursor.execute(f"CREATE TABLE {name} WITH ({properties}) AS SELECT {columns}")
    return [[str(cell) for cell in row] for row in cursor.execute(f"SELECT * FROM {name}").fetchall()]
plain = "1 AS id, 'a/b\"c,d|e' AS text, CAST('1.50' AS decimal(9,2)) AS price, 1e-7 AS small, true AS yes, date '2026-01-02' AS day, timestamp '2026-01-02 03:04:05.678' AS at"
print(json.dumps({
    "parquet": made("as_parquet", "format = 'PARQUET', write_compression = 'ZSTD'", plain + ", ARRAY[1, 2] AS list, MAP(ARRAY['k'], ARRAY[2]) AS pairs"),
    "text": made("as_text", "format = 'TEXTFILE', field_delimiter = ';'", plain),
    "json": made("as_json", "format = 'JSON'", "1 AS id, 'a\"b' AS text, 0.5e0 AS half, true AS yes"),
    "csv": made("as_csv", "format = 'CSV'", "'a\\b\"c,d' AS text, 'x' AS other"),
}))
`);
    const plain = ['1', 'a/b"c,d|e', '1.50', '1e-07', 'True', '2026-01-02', '2026-01-02 03:04:05.678000'];
    expect(answer).to.deep.equal({
      parquet: [[...plain, '[1, 2]', "{'k': 2}"]],
      text: [plain],
      json: [['1', 'a"b', '0.5', 'True']],
      csv: [['a\\b"c,d', 'x']],
    });
  });

  it('is inspected and asked through SQLAlchemy, as BI tools do', async () => {
    const answer = await endpoint.analyst<Record<string, unknown>>(`${atTheLake}
import sqlalchemy
engine = sqlalchemy.create_engine("awsathena+rest://athena.eu-central-1.amazonaws.com:443/silver?work_group=bound&poll_interval=0.05")
inspector = sqlalchemy.inspect(engine)
with engine.connect() as connection:
    orders = sqlalchemy.Table("orders", sqlalchemy.MetaData(), autoload_with=connection)
    asked = sqlalchemy.select(orders.c.id, orders.c.amount).where(orders.c.customer == "cat")
    rows = [[row.id, str(row.amount)] for row in connection.execute(asked)]
    counted = connection.execute(sqlalchemy.text("SELECT count(*) FROM orders WHERE id > :least"), {"least": 1}).scalar()
print(json.dumps({
    "schema": "silver" in inspector.get_schema_names(),
    "table": "orders" in inspector.get_table_names(),
    "there": [inspector.has_table("orders"), inspector.has_table("nothing")],
    "columns": [[column["name"], str(column["type"])] for column in inspector.get_columns("orders")],
    "rows": rows,
    "counted": counted,
}))
`);
    expect(answer).to.deep.equal({
      schema: true,
      table: true,
      there: [true, false],
      columns: [
        ['id', 'BIGINT'],
        ['customer', 'VARCHAR'],
        ['day', 'DATE'],
        ['amount', 'DECIMAL(18, 2)'],
      ],
      rows: [[3, '-2.25']],
      counted: 2,
    });
  });

  it('runs what dbt sends for a project of a view and a table, twice', async () => {
    const answer = await endpoint.analyst<Record<string, unknown>>(`${atTheLake}
import pyathena
cursor = pyathena.connect(work_group="free", schema_name="silver", poll_interval=0.05).cursor()
comment = """-- /* {"app": "dbt", "target_name": "dev"} */
"""
def does(sql):
    return [list(row) for row in cursor.execute(comment + sql).fetchall()]
def run(number):
    does("create schema if not exists \`dbt\`")
    does("""create or replace view "awsdatacatalog"."dbt"."staged"
  as
    select id, amount from "awsdatacatalog"."silver"."orders" where amount is not null""")
    boto3.client("glue").delete_table(DatabaseName="dbt", Name="kept") if number > 1 else None
    does(f"""create table "awsdatacatalog"."dbt"."kept"
    with (
      table_type='hive',
      is_external=true,
      external_location='s3://results/dbt/kept/{number}',
      format='parquet'
    )
    as
      with some as (select * from "awsdatacatalog"."dbt"."staged")
      select id, amount * 2 as twice from some""")
    does("alter table \`dbt\`.\`kept\` set tblproperties ('classification' = 'parquet')")
    return does('select id, cast(twice as varchar) from "awsdatacatalog"."dbt"."kept" order by 1')
runs = [run(1), run(2)]
schemas = does("select distinct schema_name from awsdatacatalog.INFORMATION_SCHEMA.schemata where schema_name = 'dbt'")
relations = does("select table_name, table_type from awsdatacatalog.information_schema.tables where table_schema = 'dbt' order by 1")
does('drop view if exists "awsdatacatalog"."dbt"."staged"')
print(json.dumps({"runs": runs, "schemas": schemas, "relations": relations}))
`);
    const run = [
      [1, '3.00'],
      [3, '-4.50'],
    ];
    expect(answer).to.deep.equal({
      runs: [run, run],
      schemas: [['dbt']],
      relations: [
        ['kept', 'BASE TABLE'],
        ['staged', 'VIEW'],
      ],
    });
  });
});
