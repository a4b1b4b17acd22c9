"""Gold against an oracle: the same tables computed by DuckDB from the files of bronze, compared row by row."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT, Lake
from gold_oracle import SILVER, oracle
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.analytics import (
    build_customer_dimension,
    build_marketing_attribution,
    build_sales_fact_table,
    update_customer_dimension_scd2,
)
from jobs.common.declaration import Declaration
from jobs.common.errors import InputMissingError, QualityError
from jobs.common.gold.attribution import credited, order_conversions, sessions, touches
from jobs.common.gold.sales import sales
from jobs.common.read.table import table_of
from jobs.ingest import (
    crm_accounts_ingest,
    crm_contacts_ingest,
    crm_opportunities_ingest,
    fx_rates_ingest,
    redshift_behavior_ingest,
    snowflake_to_bronze,
)

INGESTS = (
    crm_accounts_ingest,
    crm_contacts_ingest,
    crm_opportunities_ingest,
    fx_rates_ingest,
    redshift_behavior_ingest,
    snowflake_to_bronze,
)
GOLD = (
    build_sales_fact_table,
    build_customer_dimension,
    update_customer_dimension_scd2,
    build_marketing_attribution,
)
TABLES = ("sales_fact", "customer_dimension", "customer_dimension_scd2", "marketing_attribution")
# The initial load, a day with rates, and one that corrects the dollar of the 14th.
DATES = ("2026-01-01", "2026-01-14", "2026-01-16")


@dataclass(frozen=True)
class Gold(Lake):
    """A lake whose silver is made by SQL of the tests, so that gold is tested for itself."""

    def ingest(self, date: str) -> None:
        for job in INGESTS:
            job.run(self.context(job.JOB, date))

    def refine(self) -> None:
        for table, (key, order) in SILVER.items():
            contract = self.declaration.contract(f"{table}_silver")
            self.table(table).createOrReplaceTempView("bronze")
            days = [f"to_date({one.date_of}) as {one.name}" for one in contract.columns if one.date_of]
            rows = self.spark.sql(
                f"select {', '.join(['*', *days])}, "
                f"row_number() over (partition by {key} order by {order}) as place from bronze"
            ).where("place = 1")
            (
                rows.select(*(column.name for column in contract.columns))
                .write.format("delta")
                .mode("overwrite")
                .partitionBy(*contract.partitioned_by)
                .save((self.folder / "silver" / table).as_uri())
            )

    def build(self, date: str) -> None:
        for job in GOLD:
            job.run(self.context(job.JOB, date))

    def gold(self, name: str) -> DataFrame:
        return self.spark.read.format("delta").load((self.folder / "gold" / name).as_uri())

    def versions(self) -> dict[str, int]:
        """How many commits each table of gold has, quarantine included."""
        return {
            folder.name: len(list((folder / "_delta_log").glob("*.json")))
            for folder in (self.folder / "gold").iterdir()
        }


@pytest.fixture(scope="module")
def built(
    spark: SparkSession, declaration: Declaration, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gold]:
    """Gold of three days of the samples, built twice: over the first, then over all three."""
    lake = Gold(tmp_path_factory.mktemp("lake"), spark, declaration)
    lake.deliver_samples("crm", "snowflake", "redshift", "fx")
    for date in DATES:
        lake.ingest(date)
        if date != DATES[1]:
            lake.refine()
            lake.build(date)
    return lake


@pytest.fixture(scope="module")
def database(built: Gold) -> Iterator[duckdb.DuckDBPyConnection]:
    with oracle(built.spark, (built.folder / "bronze").as_uri()) as found:
        yield found


def texts(frame: DataFrame) -> list[tuple[str | None, ...]]:
    """Rows as text; of a map, how many entries it has."""
    columns = [
        (F.size(name) if kind.startswith("map") else F.col(name)).cast("string").alias(name)
        for name, kind in frame.dtypes
    ]
    return sorted((tuple(row) for row in frame.select(*columns).collect()), key=str)


def expected(
    database: duckdb.DuckDBPyConnection, table: str, columns: list[str]
) -> list[tuple[str | None, ...]]:
    chosen = ", ".join(f"cast({name} as varchar)" for name in columns)
    return sorted(database.execute(f"select {chosen} from {table}").fetchall(), key=str)


@pytest.mark.heavy
@pytest.mark.parametrize("table", TABLES)
def test_every_row_is_the_oracles(built: Gold, database: duckdb.DuckDBPyConnection, table: str) -> None:
    frame = built.gold(table)
    contract = built.declaration.contract(f"{table}_gold")
    assert frame.columns == [column.name for column in contract.columns]
    rows = texts(frame)
    assert len(rows) > 50
    assert rows == expected(database, table, frame.columns)
    key = [frame.columns.index(name) for name in contract.primary_key]
    assert len({tuple(row[place] for place in key) for row in rows}) == len(rows)


@pytest.mark.heavy
def test_an_order_without_a_rate_is_in_quarantine_with_its_reason(
    built: Gold, database: duckdb.DuckDBPyConnection
) -> None:
    rows = built.gold("sales_fact__quarantine").select("_raw.order_id", F.col("_reasons")[0]).collect()
    assert rows  # of January 1, when no rate had been fixed
    assert sorted(map(tuple, rows)) == sorted(database.execute("from sales_fact__quarantine").fetchall())


@pytest.mark.heavy
def test_credit_comes_to_the_revenue_by_each_model(built: Gold) -> None:
    rows = built.gold("marketing_attribution")
    sums = rows.groupBy("conversion_type", "conversion_id", "model").agg(
        F.sum("credit_eur").alias("credit"),
        F.first("revenue_eur").alias("revenue"),
        F.max("touches").alias("touches"),
    )
    assert sums.where("credit <> revenue").count() == 0
    of_model = {row[0]: row[1] for row in rows.groupBy("model").agg(F.sum("credit_eur")).collect()}
    assert len(of_model) == 5
    assert len(set(of_model.values())) == 1
    orders = built.gold("sales_fact").agg(F.sum("revenue_eur")).collect()[0][0]
    credited = rows.where("conversion_type = 'order' and model = 'linear'").agg(F.sum("credit_eur"))
    assert credited.collect()[0][0] == orders
    assert sums.where("touches > 1").count() > 0


@pytest.mark.heavy
def test_a_second_run_of_everything_commits_nothing(built: Gold) -> None:
    before = built.versions()
    built.build(DATES[-1])
    built.build(DATES[0])
    assert built.versions() == before


@pytest.mark.heavy
def test_the_history_of_each_customer_has_no_gap_no_overlap_and_one_current_state(built: Gold) -> None:
    built.gold("customer_dimension_scd2").createOrReplaceTempView("history")
    wrong = built.spark.sql(
        """select * from (
             select valid_to, is_current,
                    lead(valid_from) over (partition by customer_id order by valid_from) as next
             from history)
           where not (valid_to <=> next) or is_current <> (next is null)"""
    )
    assert wrong.count() == 0
    assert built.spark.sql("select 1 from history where not is_current").count() > 0


def plan_of(frame: DataFrame) -> str:
    return str(frame._jdf.queryExecution().executedPlan().toString())


@pytest.mark.heavy
def test_rates_are_joined_by_broadcast_and_days_are_pruned(built: Gold) -> None:
    context = built.context("sales_fact", DATES[-1])
    orders, rates = table_of(context, "snowflake_orders_silver"), table_of(context, "fx_rates_silver")
    plan = plan_of(sales(orders.frame.where("order_date = DATE'2026-01-14'"), rates.frame, "orders")[0])
    assert "BroadcastHashJoin" in plan
    assert "SortMergeJoin" not in plan
    assert "PartitionFilters: [isnotnull(order_date" in plan


@pytest.mark.heavy
def test_sessions_and_conversions_meet_by_a_key_and_never_as_a_product(built: Gold) -> None:
    context = built.context("marketing_attribution", DATES[-1])
    of = {dataset: table_of(context, dataset).frame for dataset in context.job.inputs}
    sold = order_conversions(of["sales_fact_gold"], of["snowflake_customers_silver"])
    touched = touches(sold, sessions(of["redshift_behavior_events_silver"]), of["crm_contacts_silver"])
    plan = plan_of(credited(sold, touched))
    assert "Join" in plan
    assert "CartesianProduct" not in plan
    assert "NestedLoop" not in plan


def test_what_was_not_written_yet_is_named(lake: Lake) -> None:
    with pytest.raises(InputMissingError, match=r"snowflake_orders_silver.*dataplat backfill silver"):
        build_sales_fact_table.run(lake.context("sales_fact", "2026-01-05"))


def silver(lake: Lake, table: str, rows: list[tuple[object, ...]], schema: str, partition: list[str]) -> None:
    frame = lake.spark.createDataFrame(rows, schema)
    uri = (lake.folder / "silver" / table).as_uri()
    frame.write.format("delta").mode("overwrite").partitionBy(*partition).save(uri)


ORDERS = (
    "order_id string, customer_id string, order_status string, channel string, currency string, "
    "order_total decimal(18,2), line_count bigint, ordered_at timestamp, updated_at timestamp, order_date date, "
    "ingest_date date"
)
RATES = "rate_date date, base_currency string, quote_currency string, rate decimal(18,8), ingest_date date"


def order(number: int, day: int, currency: str, total: str, status: str = "placed") -> tuple[object, ...]:
    at, date = dt.datetime(2026, 1, day, 12), dt.date(2026, 1, day)
    key = f"ORD-{number:06}"
    return (key, "CUS-000001", status, "web", currency, Decimal(total), 1, at, at, date, date)


def rate(day: int, currency: str, value: str) -> tuple[object, ...]:
    date = dt.date(2026, 1, day)
    return (date, "EUR", currency, Decimal(value), date)


@pytest.mark.heavy
def test_rates_of_the_day_the_last_known_and_those_that_come_or_change_later(lake: Lake) -> None:
    def put(orders: list[tuple[object, ...]], rates: list[tuple[object, ...]]) -> None:
        silver(lake, "snowflake_orders", orders, ORDERS, ["order_date"])
        silver(lake, "fx_rates", rates, RATES, [])

    def built(date: str = "2026-01-05") -> dict[str, tuple[Decimal, Decimal]]:
        build_sales_fact_table.run(lake.context("sales_fact", date))
        table = lake.spark.read.format("delta").load((lake.folder / "gold" / "sales_fact").as_uri())
        return {row["order_id"][-1]: (row["amount_eur"], row["revenue_eur"]) for row in table.collect()}

    orders = [
        order(1, 2, "USD", "100.00"),  # of the day
        order(2, 4, "USD", "1.01"),  # a Sunday: of Friday the 2nd; 1.01 / 1.25 = 0.808
        order(3, 4, "EUR", "7.77", "returned"),
        order(4, 1, "USD", "5.00"),  # before the first rate
        order(5, 2, "GBP", "0.01"),  # 0.005: half a cent goes up
        *(order(number, 2, "EUR", "1.00") for number in (6, 7, 8)),
    ]
    put(orders, [rate(2, "USD", "1.25"), rate(2, "GBP", "2"), rate(5, "USD", "2")])
    ones = {name: (Decimal("1.00"), Decimal("1.00")) for name in "678"}
    first = {
        "1": (Decimal("80.00"), Decimal("80.00")),
        "2": (Decimal("0.81"), Decimal("0.81")),
        "3": (Decimal("7.77"), Decimal("0.00")),
        "5": (Decimal("0.01"), Decimal("0.01")),
        **ones,
    }
    assert built() == first
    # The rate of the 2nd is corrected, and one of New Year's Eve comes in: only what they apply to is written again.
    files = {file.name for file in (lake.folder / "gold" / "sales_fact").rglob("*.parquet")}
    corrected = [rate(2, "USD", "2"), rate(2, "GBP", "2"), rate(5, "USD", "2")]
    silver(
        lake,
        "fx_rates",
        [*corrected, (dt.date(2025, 12, 31), "EUR", "USD", Decimal(4), dt.date(2026, 1, 6))],
        RATES,
        [],
    )
    assert built() == {
        **first,
        "1": (Decimal("50.00"), Decimal("50.00")),
        "2": (Decimal("0.51"), Decimal("0.51")),  # 0.505
        "4": (Decimal("1.25"), Decimal("1.25")),
    }
    assert {file.name for file in (lake.folder / "gold" / "sales_fact").rglob("*.parquet")} > files
    quarantine = lake.spark.read.format("delta").load(
        (lake.folder / "gold" / "sales_fact__quarantine").as_uri()
    )
    assert quarantine.count() == 0


def test_a_run_fails_where_hardly_any_order_has_a_rate_and_leaves_the_table(lake: Lake) -> None:
    silver(
        lake,
        "snowflake_orders",
        [order(1, 2, "USD", "1.00"), order(2, 2, "XTS", "1.00")],
        ORDERS,
        ["order_date"],
    )
    silver(lake, "fx_rates", [rate(5, "USD", "2")], RATES, [])
    with pytest.raises(
        QualityError, match=r"2 of 2 rows have no rate \(unknown:currency 1, unrated:currency 1\)"
    ):
        build_sales_fact_table.run(lake.context("sales_fact", "2026-01-05"))
    assert not (lake.folder / "gold" / "sales_fact").exists()
    assert (lake.folder / "gold" / "sales_fact__quarantine").is_dir()


@pytest.mark.heavy
def test_surrogate_keys_are_what_any_other_tool_computes(built: Gold) -> None:
    row = built.gold("sales_fact").select("sales_key", "order_id", "customer_key", "customer_id").first()
    assert row is not None
    for key, business in ((row[0], row[1]), (row[2], row[3])):
        assert key == hashlib.sha256(business.encode()).hexdigest()[:32]


def test_only_the_analytics_jobs_write_gold_that_is_queried() -> None:
    assert {Path(job.__file__).name for job in GOLD} == {
        file.name for file in (PROJECT / "jobs" / "analytics").glob("*.py") if file.name != "__init__.py"
    }
