"""Bronze into silver: every job on the samples beside DuckDB over the same bronze, and what reruns, late dates, gaps in
the log and a repeated run make of it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from conftest import Lake
from delta.tables import DeltaTable
from pyspark.sql import functions as F
from silver_by_duckdb import wrong_rows

from jobs.common.contract import spark_schema
from jobs.common.errors import DeclarationError
from jobs.common.result import JobResult
from jobs.common.write import replace_partition
from jobs.ingest import (
    crm_accounts_ingest,
    crm_contacts_ingest,
    crm_opportunities_ingest,
    fx_rates_ingest,
    kafka_orders_stream,
    redshift_behavior_ingest,
    salesforce_to_bronze,
    snowflake_to_bronze,
)
from jobs.transform import bronze_to_silver_merge, snowflake_bronze_to_silver_merge

DATES = ("2026-01-05", "2026-01-06")
INGESTS = {
    "crm_accounts": (crm_accounts_ingest, ["crm/accounts"]),
    "crm_contacts": (crm_contacts_ingest, ["crm/contacts"]),
    "crm_opportunities": (crm_opportunities_ingest, ["crm/opportunities"]),
    "redshift_behavior": (redshift_behavior_ingest, ["redshift/behavior_events"]),
    "fx_rates": (fx_rates_ingest, ["fx"]),
    "salesforce": (salesforce_to_bronze, ["salesforce/leads"]),
    "kafka_orders": (kafka_orders_stream, ["kafka/orders"]),
    "snowflake": (snowflake_to_bronze, ["snowflake/orders", "snowflake/customers"]),
}


def ingest(lake: Lake, system: str, *dates: str) -> None:
    module, paths = INGESTS[system]
    for date in dates:
        lake.deliver_samples(*(f"{path}/{date}" for path in paths))
        module.run(lake.context(module.JOB, date))


def silver(lake: Lake, system: str, date: str, **arguments: object) -> JobResult:
    module = snowflake_bronze_to_silver_merge if system == "snowflake" else bronze_to_silver_merge
    return module.run(lake.context(f"{system}_to_silver", date, **arguments))


def versions(lake: Lake, job: str) -> list[int]:
    outputs = lake.declaration.job(job).outputs
    logs = [lake.folder / "silver" / one.removesuffix("_silver") / "_delta_log" for one in outputs]
    return [len(list(log.glob("*.json"))) for log in logs]


@pytest.mark.heavy
@pytest.mark.parametrize(
    "system",
    ["snowflake", *(pytest.param(one, marks=pytest.mark.heavy) for one in INGESTS if one != "snowflake")],
)
def test_silver_of_the_samples_is_what_duckdb_makes_of_the_same_bronze(lake: Lake, system: str) -> None:
    job = lake.declaration.job(f"{system}_to_silver")
    first, second = DATES
    ingest(lake, system, *(DATES if system == "kafka_orders" else (second,)))
    for date in (first, second) if system == "kafka_orders" else (second,):
        silver(lake, system, date)
        for bronze, made in zip(job.inputs, job.outputs):
            assert wrong_rows(lake, made, bronze, date) == []
    if system != "kafka_orders":  # an earlier date, run later
        ingest(lake, system, first)
        silver(lake, system, first)
        for bronze, made in zip(job.inputs, job.outputs):
            assert wrong_rows(lake, made, bronze, second) == []
    before = versions(lake, job.id)
    again = silver(lake, system, second)
    assert (again.rows_read, again.rows_written, versions(lake, job.id)) == (0, 0, before)


class Accounts:
    """Bronze of the accounts, written date by date as ingests write it."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.bronze = lake.declaration.contract("crm_accounts_bronze")
        self.uri = (lake.folder / "bronze" / "crm_accounts").as_uri()

    def day(self, date: str, **accounts: tuple[str, str]) -> None:
        """What a date holds now: by the account's id the time of its last change and its name."""
        values: dict[str, Any] = {"country": "DE", "is_active": True, "_source_file": "x"}
        midnight = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
        rows = [
            {
                **values,
                "account_id": key,
                "account_name": name,
                "created_at": midnight,
                "updated_at": dt.datetime.fromisoformat(f"{at}+00:00"),
                "ingest_date": dt.date.fromisoformat(date),
            }
            for key, (at, name) in accounts.items()
        ]
        schema = spark_schema(self.bronze)
        frame = self.lake.spark.createDataFrame(
            [tuple(row.get(name) for name in schema.names) for row in rows], schema
        )
        replace_partition(frame, self.uri, ["ingest_date"], dt.date.fromisoformat(date), {})

    def silver(self, date: str, **arguments: object) -> dict[str, str]:
        """The names in silver after a run."""
        self.result = silver(self.lake, "crm_accounts", date, **arguments)
        return self.names()

    def names(self) -> dict[str, str]:
        table = self.lake.spark.read.format("delta").load(
            (self.lake.folder / "silver" / "crm_accounts").as_uri()
        )
        rows = table.select("account_id", "account_name").collect()
        assert len({row["account_id"] for row in rows}) == len(rows)
        return {row["account_id"]: row["account_name"] for row in rows}


@pytest.mark.heavy
def test_a_rerun_of_a_date_corrects_silver_and_an_older_date_takes_nothing_back(lake: Lake) -> None:
    accounts = Accounts(lake)
    accounts.day("2026-01-04", a=("2026-01-03T01:00:00", "A 3"), c=("2026-01-03T01:00:00", "C 3"))
    accounts.day("2026-01-05", a=("2026-01-04T01:00:00", "A 4 wrong"), b=("2026-01-04T01:00:00", "B wrong"))
    accounts.day("2026-01-06", d=("2026-01-05T01:00:00", "D 5"))
    # A run reads nothing of later dates, whose checks are still to come.
    assert accounts.silver("2026-01-05") == {"a": "A 4 wrong", "b": "B wrong", "c": "C 3"}
    # The rerun has the same rows with other names, lacks one, and has one key in a state of before.
    accounts.day("2026-01-05", a=("2026-01-04T01:00:00", "A 4"), c=("2026-01-02T01:00:00", "C 2"))
    assert accounts.silver("2026-01-05") == {"a": "A 4", "c": "C 3"}
    (merged,) = accounts.result.details["merged"]  # type: ignore[misc]
    assert (merged["inserted"], merged["updated"], merged["removed"]) == (0, 1, 1)
    # Two reruns at once, of which only the last counts; and a date that takes back what it had.
    accounts.day("2026-01-05", a=("2026-01-09T01:00:00", "A 9 wrong"))
    accounts.day("2026-01-05")
    assert accounts.silver("2026-01-06") == {"a": "A 3", "c": "C 3", "d": "D 5"}
    # An earlier date that comes later: new keys come, older states do not.
    accounts.day("2026-01-02", a=("2026-01-01T01:00:00", "A 1"), e=("2026-01-01T01:00:00", "E 1"))
    assert accounts.silver("2026-01-02") == {"a": "A 3", "c": "C 3", "d": "D 5", "e": "E 1"}


@pytest.mark.heavy
def test_what_has_moved_on_to_a_later_date_of_an_incremental_source_is_not_lost(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = Accounts(lake)
    asked = dataclasses.replace(lake.declaration.source("crm_accounts"), watermark="updated_at")
    monkeypatch.setattr(type(lake.declaration), "source_of", lambda *_: asked)
    accounts.day("2026-01-04", a=("2026-01-03T01:00:00", "A 3"))
    accounts.day("2026-01-05", a=("2026-01-04T01:00:00", "A 4"), b=("2026-01-04T01:00:00", "B 4"))
    accounts.silver("2026-01-05")
    # Both change before the date is run again; the date that has their new state has not been run yet.
    accounts.day("2026-01-05")
    assert accounts.silver("2026-01-05") == {"a": "A 4", "b": "B 4"}
    assert accounts.silver("2026-01-05", full_refresh=True) == {"a": "A 4", "b": "B 4"}
    # What stands in the same date in their place was corrected there.
    accounts.day("2026-01-04", a=("2026-01-03T01:00:00", "A 3 right"))
    accounts.day("2026-01-06", b=("2026-01-05T01:00:00", "B 5"))
    assert accounts.silver("2026-01-06") == {"a": "A 4", "b": "B 5"}
    accounts.day("2026-01-06", b=("2026-01-05T01:00:00", "B 5 right"))
    assert accounts.silver("2026-01-06") == {"a": "A 4", "b": "B 5 right"}


@pytest.mark.heavy
def test_what_somebody_deletes_from_bronze_stays_in_silver(lake: Lake) -> None:
    accounts = Accounts(lake)
    accounts.day("2026-01-04", a=("2026-01-03T01:00:00", "A"))
    accounts.day("2026-01-05", b=("2026-01-04T01:00:00", "B"))
    accounts.silver("2026-01-05")
    DeltaTable.forPath(lake.spark, accounts.uri).delete(F.col("ingest_date") == "2026-01-04")
    accounts.day("2026-01-06", c=("2026-01-05T01:00:00", "C"))
    assert accounts.silver("2026-01-06") == {"a": "A", "b": "B", "c": "C"}
    assert accounts.silver("2026-01-06", full_refresh=True) == {"a": "A", "b": "B", "c": "C"}


@pytest.mark.heavy
@pytest.mark.parametrize("why", ["no feed", "vacuum"])
def test_where_the_feed_does_not_reach_back_all_of_bronze_is_compared(lake: Lake, why: str) -> None:
    accounts = Accounts(lake)
    accounts.day("2026-01-04", a=("2026-01-03T01:00:00", "A wrong"), b=("2026-01-03T01:00:00", "B"))
    accounts.silver("2026-01-04")
    if why == "no feed":
        off = "set tblproperties (delta.enableChangeDataFeed = false)"
        lake.spark.sql(f"alter table delta.`{accounts.uri}` {off}")
    accounts.day("2026-01-04", b=("2026-01-03T01:00:00", "B right"))
    accounts.day("2026-01-05", c=("2026-01-04T01:00:00", "C"))
    if why == "vacuum":
        check = "spark.databricks.delta.retentionDurationCheck.enabled"
        lake.spark.conf.set(check, "false")
        DeltaTable.forPath(lake.spark, accounts.uri).vacuum(0)
        lake.spark.conf.unset(check)
    assert accounts.silver("2026-01-05") == {"b": "B right", "c": "C"}
    assert accounts.silver("2026-01-05") == {"b": "B right", "c": "C"}
    assert accounts.result.rows_read == 0


@pytest.mark.heavy
def test_nothing_to_read_is_told_and_a_job_that_cannot_merge_is_refused(lake: Lake) -> None:
    result = silver(lake, "fx_rates", "2026-01-05")
    assert result.warnings == ("fx_rates_silver: there is no table of fx_rates_bronze yet; nothing was read",)
    with pytest.raises(DeclarationError, match="as many others in the same order"):
        bronze_to_silver_merge.run(lake.context("dq_check_bronze", "2026-01-05"))
