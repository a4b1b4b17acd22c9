"""Snowflake into bronze: delivered files, and the protocol over HTTP as fakesnow serves it with DuckDB behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import fakesnow
import pytest
import snowflake.connector
from conftest import Lake, Sampled
from expected import DATES
from expected_feeds import Row, changed_rows, sound_rows
from peers.secrets_manager import secrets_manager

from jobs.common.context import RunContext
from jobs.common.errors import SecretError, SourceError, SourceSchemaError
from jobs.common.result import JobResult
from jobs.ingest import snowflake_to_bronze
from jobs.ingest.snowflake_to_bronze import JOB, run

TABLES = {
    "orders": (
        "snowflake orders",
        "order_id",
        "order_id varchar, customer_id varchar, order_status varchar, channel varchar, currency varchar,"
        " order_total number(18,2), line_count int, ordered_at timestamp_ntz, updated_at timestamp_ntz",
    ),
    "customers": (
        "snowflake customers",
        "customer_id",
        "customer_id varchar, account_id varchar, customer_name varchar, country varchar, segment varchar,"
        " currency varchar, credit_limit number(18,2), is_active boolean, created_at timestamp_tz,"
        " updated_at timestamp_ntz",
    ),
}
PASSWORD = "sn0w-blind"


class Snowflake:
    """A Snowflake that takes the days of the samples one after another, and a lake that reads it."""

    def __init__(self, lake: Lake, server: dict[str, Any], secrets: dict[str, str]) -> None:
        self.lake = lake
        self.secrets = secrets
        self.connection = snowflake.connector.connect(**server, database="SHOP_TEST", schema="SHOP")
        self.sql("create database if not exists shop_test")
        self.sql("create schema if not exists shop_test.shop")
        for name, (_, _, columns) in TABLES.items():
            self.sql(f"create or replace table shop_test.shop.{name} ({columns})")
        self.declaration = lake.reaching(
            "snowflake",
            {
                "kind": "snowflake",
                "account": "fakesnow",
                "warehouse": "W",
                "database": "SHOP_TEST",
                "url": f"http://127.0.0.1:{server['port']}",
                "secret": "dataplat-local/snowflake",
            },
        )

    def sql(self, statement: str) -> None:
        self.connection.cursor().execute(statement)

    def put(self, name: str, rows: list[Row]) -> None:
        """Insert rows, or replace those that are there."""
        _, key, _ = TABLES[name]
        keys = ", ".join(f"'{row[key]}'" for row in rows)
        self.sql(f"delete from shop_test.shop.{name} where {key} in ({keys})")
        values = [
            "("
            + ", ".join(
                "null" if value == "" else "'" + value.replace("'", "''") + "'" for value in row.values()
            )
            + ")"
            for row in rows
        ]
        self.sql(f"insert into shop_test.shop.{name} values {', '.join(values)}")

    def live(self, date: str) -> None:
        """Let what the samples say of a day happen."""
        for name, (feed, _, _) in TABLES.items():
            self.put(name, list(sound_rows(feed, date)[0].values()))

    def context(self, date: str, **arguments: object) -> RunContext:
        return self.lake.context(JOB, date, declaration=self.declaration, **arguments)

    def run(self, date: str, **arguments: object) -> JobResult:
        return run(self.context(date, **arguments))

    def bronze(self, name: str, date: str) -> set[tuple[str, ...]]:
        """A partition of bronze, in texts as the samples have them."""
        columns = list(next(iter(sound_rows(TABLES[name][0], "2026-01-01")[0].values())))
        return self.lake.texts(f"snowflake_{name}", date, columns)


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, Any]]:
    with fakesnow.server() as connection:
        yield connection


@pytest.fixture
def shop(lake: Lake, server: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Snowflake]:
    secrets = {"dataplat-local/snowflake": json.dumps({"user": "fake", "password": PASSWORD})}
    with secrets_manager(secrets) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        yield Snowflake(lake, server, secrets)


def changes(name: str, dates: list[str], run_before: str | None) -> set[tuple[str, ...]]:
    return changed_rows(TABLES[name][0], dates, run_before, "updated_at", lookback_minutes=15)


@pytest.mark.parametrize("days", [2, pytest.param(3, marks=pytest.mark.heavy)])
def test_each_day_has_what_changed_on_it(
    shop: Snowflake, caplog: pytest.LogCaptureFixture, days: int
) -> None:
    before = None
    for number, date in enumerate(DATES[:days], 1):
        shop.live(date)
        result = shop.run(date)
        assert result.rows_quarantined == 0
        for name in TABLES:
            assert shop.bronze(name, date) == changes(name, DATES[:number], before), date
        before = date
    newest = max(row["updated_at"] for row in sound_rows("snowflake orders", DATES[days - 1])[0].values())
    assert result.outputs[0].watermark == newest.replace("Z", ".000000Z")
    (origin,) = {row["_source_file"] for row in shop.lake.rows("snowflake_orders")}
    assert origin == "snowflake://fakesnow/SHOP_TEST.SHOP.ORDERS"
    assert PASSWORD not in caplog.text


@pytest.mark.heavy
def test_running_a_day_again_changes_nothing_and_days_left_out_are_caught_up(shop: Snowflake) -> None:
    shop.live(DATES[0])
    shop.run(DATES[0])
    for date in DATES[1:4]:
        shop.live(date)
    shop.run(DATES[3])  # the second and third were left out
    caught_up = shop.bronze("customers", DATES[3])
    assert caught_up == changes("customers", DATES[:4], DATES[0])
    before = shop.lake.content("snowflake_orders")
    shop.run(DATES[3])
    assert shop.lake.content("snowflake_orders") == before


@pytest.mark.heavy
def test_a_change_that_became_visible_late_is_found_within_the_lookback(shop: Snowflake) -> None:
    shop.live(DATES[0])
    shop.run(DATES[0])
    rows = list(sound_rows("snowflake orders", DATES[0])[0].values())
    newest = max(row["updated_at"] for row in rows)
    minute = int(newest[14:16])
    late = dict(rows[0], order_id="ORD-900001", updated_at=f"{newest[:14]}{max(minute - 5, 0):02d}:00Z")
    too_late = dict(rows[0], order_id="ORD-900002", updated_at="2026-01-01T01:00:00Z")
    shop.put("orders", [late, too_late])
    shop.live(DATES[1])
    shop.run(DATES[1])
    found = {row[0] for row in shop.bronze("orders", DATES[1])}
    assert "ORD-900001" in found
    assert "ORD-900002" not in found
    shop.run(DATES[1], full_refresh=True)
    found = {row[0] for row in shop.bronze("orders", DATES[1])}
    assert {"ORD-900001", "ORD-900002"} <= found


def test_numbers_and_times_arrive_as_they_are(shop: Snowflake) -> None:
    shop.live(DATES[0])
    row = dict(next(iter(sound_rows("snowflake orders", DATES[0])[0].values())))
    row.update(
        order_id="ORD-900001", order_total="9007199254740993.07", updated_at="2026-01-01 23:59:59.999999"
    )
    shop.put("orders", [row])
    shop.run(DATES[0])
    (found,) = (
        shop.lake.table("snowflake_orders")
        .where("order_id = 'ORD-900001'")
        .selectExpr("cast(order_total as string)", "unix_micros(updated_at)")
        .collect()
    )
    assert tuple(found) == ("9007199254740993.07", 1767311999999999)


def test_a_secret_that_is_not_there_or_lacks_something_is_told_by_its_name(shop: Snowflake) -> None:
    shop.secrets["dataplat-local/snowflake"] = json.dumps({"user": "fake"})
    with pytest.raises(SecretError, match='dataplat-local/snowflake has no "password"'):
        shop.run(DATES[0])
    shop.secrets["dataplat-local/snowflake"] = json.dumps({"user": "fake", "privateKey": "none"})
    with pytest.raises(SecretError, match=r"is no private key in PEM"):
        shop.run(DATES[0])
    shop.secrets.clear()
    with pytest.raises(SecretError, match=r"cannot fetch the secret dataplat-local/snowflake.*can't find"):
        shop.run(DATES[0])
    assert not (shop.lake.folder / "bronze").exists()


def test_a_table_that_is_not_there_or_lost_a_column_writes_nothing(shop: Snowflake) -> None:
    shop.live(DATES[0])
    shop.sql("alter table shop_test.shop.orders drop column currency")
    with pytest.raises(SourceSchemaError, match=r"SHOP\.ORDERS lacks currency"):
        shop.run(DATES[0])
    shop.sql("drop table shop_test.shop.orders")
    with pytest.raises(SourceError, match=r"Snowflake, SHOP\.ORDERS"):
        shop.run(DATES[0])
    assert not (shop.lake.folder / "bronze").exists()


@pytest.mark.heavy
@pytest.mark.parametrize("date", ["2026-01-01", "2026-01-05", "2026-01-14"])
def test_delivered_files_do_as_well(sampled: Callable[..., Sampled], date: str) -> None:
    landed = sampled(snowflake_to_bronze, date)
    lake, result = landed.lake, landed.result
    for output, name in zip(result.outputs, ("orders", "customers")):
        sound, reasons = sound_rows(f"snowflake {name}", date)
        assert (output.rows_written, output.reasons) == (len(sound), dict(reasons))
        assert sorted(row[TABLES[name][1]] for row in lake.rows(f"snowflake_{name}")) == sorted(sound)
    assert result.rows_read == sum(output.rows_read for output in result.outputs)
