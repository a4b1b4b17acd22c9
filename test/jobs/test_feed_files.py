"""Samples of FX, Salesforce and Kafka as delivered files: the tables have what plain Python works out of them."""

from __future__ import annotations

from collections import Counter

import pytest
from conftest import Lake
from expected import DATES
from expected_feeds import rows_of, sound_rows

from jobs.common.read.salesforce import table_name
from jobs.ingest import fx_rates_ingest, kafka_orders_stream, salesforce_to_bronze


@pytest.mark.parametrize(
    "date", ["2026-01-16", pytest.param("2026-01-21", marks=pytest.mark.heavy), "2026-01-27"]
)
def test_rates(lake: Lake, date: str) -> None:
    lake.deliver_samples(f"fx/{date}")
    for _ in range(2):
        result = fx_rates_ingest.run(lake.context("fx_rates", date))
        sound, reasons = sound_rows("fx", date)
        assert (result.rows_written, result.reasons) == (len(sound), dict(reasons))
        assert lake.table("fx_rates").count() == len(sound)
    days = {str(row[0]) for row in lake.table("fx_rates").select("rate_date").collect()}
    assert days == ({date, "2026-01-14"} if date == "2026-01-16" else {date})


@pytest.mark.parametrize(
    "date",
    [
        "2026-01-01",
        "2026-01-06",
        pytest.param("2026-01-13", marks=pytest.mark.heavy),
        pytest.param("2026-01-22", marks=pytest.mark.heavy),
    ],
)
def test_leads(lake: Lake, date: str) -> None:
    lake.deliver_samples(f"salesforce/leads/{date}")
    for _ in range(2):
        (result,) = salesforce_to_bronze.run(lake.context("salesforce_to_bronze", date)).outputs
        sound, reasons = sound_rows("salesforce leads", date)
        assert (result.rows_written, result.reasons, result.unmapped) == (len(sound), dict(reasons), {})
        rows = lake.table("salesforce_leads").collect()
        assert {row["id"]: row["is_deleted"] for row in rows} == {
            key: row["IsDeleted"] == "True" for key, row in sound.items()
        }
    quarantine = lake.table("salesforce_leads__quarantine").collect()
    names = {
        table_name(name) for name in (rows_of("salesforce leads", date)[0] or {}) if name != "attributes"
    }
    assert all(set(row["_raw"]) == names for row in quarantine)


@pytest.mark.parametrize("dates", [DATES[:1], DATES[:7]])
def test_order_events(lake: Lake, dates: list[str]) -> None:
    lake.deliver_samples(*(f"kafka/orders/{date}" for date in dates))
    sound = {date: sound_rows("kafka orders", date) for date in DATES[:8]}
    (result,) = kafka_orders_stream.run(lake.context("kafka_orders", dates[-1])).outputs
    assert result.reasons == dict(sum((sound[date][1] for date in dates), Counter()))
    rows = lake.table("kafka_orders").selectExpr("event_id", "cast(ingest_date as string)").collect()
    assert Counter(row[0] for row in rows) == Counter(key for date in dates for key in sound[date][0])
    assert Counter(row[1] for row in rows) == {date: len(sound[date][0]) for date in dates}
    (again,) = kafka_orders_stream.run(lake.context("kafka_orders", dates[-1])).outputs
    assert again.rows_read == 0
    lake.deliver_samples(f"kafka/orders/{DATES[7]}")
    (later,) = kafka_orders_stream.run(lake.context("kafka_orders", DATES[7])).outputs
    assert later.rows_written == len(sound[DATES[7]][0])
