"""What gold has to be, computed by DuckDB from the files of bronze: SQL of its own, and none of the jobs' code.

Every statement gives its columns as the contract has them, so rows can be compared as they are. Money is worked out in
whole cents.
"""

from __future__ import annotations

import duckdb
from pyspark.sql import SparkSession

SILVER = {
    "snowflake_orders": ("order_id", "updated_at desc, ingest_date desc"),
    "snowflake_customers": ("customer_id", "updated_at desc, ingest_date desc"),
    "crm_accounts": ("account_id", "updated_at desc, ingest_date desc"),
    "crm_contacts": ("contact_id", "updated_at desc, ingest_date desc"),
    "crm_opportunities": ("opportunity_id", "updated_at desc, ingest_date desc"),
    "redshift_behavior_events": ("event_id", "loaded_at desc, ingest_date desc"),
    "fx_rates": ("rate_date, quote_currency", "ingest_date desc"),
}

FACTS = """
create view in_euro as
select *, cast((2 * cast(amount * 100 as hugeint) * 100000000 + cast(rate * 100000000 as hugeint))
               // (2 * cast(rate * 100000000 as hugeint)) as decimal(18,0)) as cents
from (
  select a.*, case when a.currency = 'EUR' then cast(1 as decimal(18,8)) else r.rate end as rate,
         case when a.currency = 'EUR' then a.day else r.rate_date end as rate_date
  from (
    select 'order' as kind, order_id as id, cast(ordered_at as date) as day, currency, order_total as amount
    from snowflake_orders
    union all
    select 'opportunity', opportunity_id, close_date, currency, amount from crm_opportunities
    where stage = 'closed_won' and amount is not null
  ) a asof left join fx_rates r on a.currency = r.quote_currency and a.day >= r.rate_date
);
create view sales_fact as
select substr(sha256(o.order_id), 1, 32) as sales_key, substr(sha256(o.customer_id), 1, 32) as customer_key,
       o.order_id, o.customer_id, o.order_status, o.channel, o.line_count, o.currency, o.order_total,
       e.rate, e.rate_date, cast(e.cents / 100 as decimal(18,2)) as amount_eur,
       cast(case when o.order_status in ('cancelled', 'returned') then 0 else e.cents / 100 end as decimal(18,2))
         as revenue_eur,
       o.ordered_at, o.updated_at, e.day as order_date
from snowflake_orders o join in_euro e on e.kind = 'order' and e.id = o.order_id
where e.rate is not null;
create view sales_fact__quarantine as
select id, case when currency in (select quote_currency from fx_rates) then 'unrated:currency'
                else 'unknown:currency' end as reason
from in_euro where kind = 'order' and rate is null;
create view customer_dimension as
select substr(sha256(c.customer_id), 1, 32) as customer_key, c.customer_id, c.account_id, c.customer_name, c.country,
       c.segment, c.currency, c.credit_limit, c.is_active, cast(c.created_at as date) as customer_since,
       a.account_name, a.industry, a.employees, a.annual_revenue, a.is_active as account_is_active, c.updated_at
from snowflake_customers c left join crm_accounts a using (account_id);
"""

HISTORY = """
create view customer_dimension_scd2 as
with told as (
  select *, row(account_id, customer_name, country, segment, currency, credit_limit, is_active, created_at) as state
  from snowflake_customers_bronze
  qualify row_number() over (partition by customer_id, updated_at order by ingest_date desc) = 1
), marked as (
  select *, state is distinct from lag(state) over (partition by customer_id order by updated_at) as begins
  from told
), numbered as (
  select *, count(*) filter (begins) over (partition by customer_id order by updated_at) as number from marked
), counted as (
  select *, count(*) over (partition by customer_id, number) - 1 as again from numbered
)
select substr(sha256(customer_id || '|' || epoch_us(updated_at)), 1, 32) as customer_version_key,
       substr(sha256(customer_id), 1, 32) as customer_key, customer_id, account_id, customer_name, country, segment,
       currency, credit_limit, is_active, created_at, updated_at as valid_from,
       lead(updated_at) over (partition by customer_id order by updated_at) as valid_to,
       lead(updated_at) over (partition by customer_id order by updated_at) is null as is_current,
       again as confirmed, ingest_date
from counted where begins;
"""

ATTRIBUTION = """
create view visits as
select session_id, min(occurred_at) as touched_at, max(user_id) as contact_id,
       first(utm_source order by occurred_at, event_id) as source,
       first(utm_medium order by occurred_at, event_id) as medium,
       first(utm_campaign order by occurred_at, event_id) as campaign
from redshift_behavior_events group by session_id;
create view sold as
select 'order' as kind, f.order_id as id, c.account_id, f.ordered_at as sold_at, f.order_date as day,
       cast(f.revenue_eur * 100 as hugeint) as cents, interval 30 day as reach
from sales_fact f left join snowflake_customers c using (customer_id) where f.revenue_eur > 0
union all
select 'opportunity', o.opportunity_id, o.account_id,
       cast(o.close_date + interval 1 day as timestamp) - interval 1 microsecond, o.close_date,
       cast(e.cents as hugeint), interval 90 day
from crm_opportunities o join in_euro e on e.kind = 'opportunity' and e.id = o.opportunity_id
where e.rate is not null and e.cents > 0;
create view touched as
select *, row_number() over (partition by kind, id order by touched_at, session_id) as place,
       count(*) over (partition by kind, id) as n
from (
  select s.*, v.session_id, v.touched_at, v.source, v.medium, v.campaign
  from sold s join crm_contacts c on c.account_id = s.account_id join visits v on v.contact_id = c.contact_id
  where v.touched_at <= s.sold_at and v.touched_at >= s.sold_at - s.reach
  union
  select s.*, v.session_id, v.touched_at, v.source, v.medium, v.campaign
  from sold s join redshift_behavior_events b on b.order_id = s.id and s.kind = 'order'
  join visits v on v.session_id = b.session_id
);
create view weighed as
select *, 'first' as model, if(place = 1, 1, 0) as weight from touched
union all select *, 'last', if(place = n, 1, 0) from touched
union all select *, 'linear', 1 from touched
union all select *, 'time_decay',
  cast(greatest(round(1000000 * 0.5 ** (greatest(date_diff('day', cast(touched_at as date), day), 0) / 7.0)), 1) as int)
  from touched
union all select *, 'position_based',
  case when n = 1 then 1 when n = 2 then 1 when place in (1, n) then 40 * (n - 2) else 20 end from touched;
create view marketing_attribution as
select kind as conversion_type, id as conversion_id, model, place as position, n as touches, account_id, session_id,
       coalesce(source, 'direct') as channel, medium, campaign, touched_at, sold_at as converted_at,
       cast(cents / 100 as decimal(18,2)) as revenue_eur,
       cast(((2 * cents * upto + total) // (2 * total) - (2 * cents * (upto - weight) + total) // (2 * total)) / 100
            as decimal(18,2)) as credit_eur,
       day as conversion_date
from (
  select *, cast(sum(weight) over (partition by kind, id, model order by place) as hugeint) as upto,
         cast(sum(weight) over (partition by kind, id, model) as hugeint) as total
  from weighed
)
union all
select kind, id, unnest(['first', 'last', 'linear', 'time_decay', 'position_based']), 0, 0, account_id, null, 'none',
       null, null, null, sold_at, cast(cents / 100 as decimal(18,2)), cast(cents / 100 as decimal(18,2)), day
from sold where (kind, id) not in (select (kind, id) from touched);
"""


def oracle(spark: SparkSession, bronze: str) -> duckdb.DuckDBPyConnection:
    """A database with `<table>_bronze`, what silver is of each (`<table>`), and what gold has to be."""
    database = duckdb.connect()
    database.execute("set timezone = 'UTC'")
    for table, (key, order) in SILVER.items():
        files = spark.read.format("delta").load(f"{bronze}/{table}").inputFiles()
        names = [name.replace("file://", "").replace("%253A", "%3A") for name in files]
        database.execute(
            f"create table raw as select * from read_parquet({names!r}, hive_partitioning = true, union_by_name = true)"
        )
        types = database.execute(
            "select column_name, data_type from information_schema.columns where table_name = 'raw'"
        )
        moments = [name for name, kind in types.fetchall() if "TIME ZONE" in kind]
        plain = ", ".join(f"make_timestamp(epoch_us({name})) as {name}" for name in moments)
        replaced = f"replace ({plain})" if plain else ""
        database.execute(f"create table {table}_bronze as select * {replaced} from raw")
        database.execute("drop table raw")
        database.execute(
            f"create table {table} as select * from {table}_bronze "
            f"qualify row_number() over (partition by {key} order by {order}) = 1"
        )
    for statements in (FACTS, HISTORY, ATTRIBUTION):
        database.execute(statements)
    return database
