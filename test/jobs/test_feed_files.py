"""Samples of FX, Salesforce and Kafka as delivered files: the tables have what plain Python works out of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from conftest import Lake
from expected import DATES
from expected_feeds import rows_of, sound_rows

from jobs.common.read.salesforce import table_name
from jobs.ingest import fx_rates_ingest, kafka_orders_stream, salesforce_to_bronze

Test = TypeVar("Test", bound=Callable[..., Any])


def one_and(*dates: str) -> Callable[[Test], Test]:
    """Marks a test to be run for the first of these dates once, and as heavy ones for all of them, twice over."""
    heavy = [pytest.param(date, 2, marks=pytest.mark.heavy) for date in dates]
    return pytest.mark.parametrize(("date", "times"), [(dates[0], 1), *heavy])


@one_and("2026-01-16", "2026-01-21", "2026-01-27")
def test_rates(lake: Lake, date: str, times: int) -> None:
    lake.deliver_samples(f"fx/{date}")
    for _ in range(times):
        result = fx_rates_ingest.run(lake.context("fx_rates", date))
        sound, reasons = sound_rows("fx", date)
        assert (result.rows_written, result.reasons) == (len(sound), dict(reasons))
        assert len(lake.rows("fx_rates")) == len(sound)
    days = {str(row["rate_date"]) for row in lake.rows("fx_rates")}
    assert days == ({date, "2026-01-14"} if date == "2026-01-16" else {date})


@one_and("2026-01-06", "2026-01-01", "2026-01-13", "2026-01-22")
def test_leads(lake: Lake, date: str, times: int) -> None:
    lake.deliver_samples(f"salesforce/leads/{date}")
    for _ in range(times):
        (result,) = salesforce_to_bronze.run(lake.context("salesforce_to_bronze", date)).outputs
        sound, reasons = sound_rows("salesforce leads", date)
        assert (result.rows_written, result.reasons, result.unmapped) == (len(sound), dict(reasons), {})
        rows = lake.rows("salesforce_leads")
        assert {row["id"]: row["is_deleted"] for row in rows} == {
            key: row["IsDeleted"] == "True" for key, row in sound.items()
        }
    quarantine = lake.rows("salesforce_leads__quarantine")
    names = {
        table_name(name) for name in (rows_of("salesforce leads", date)[0] or {}) if name != "attributes"
    }
    assert all(set(row["_raw"]) == names for row in quarantine)


@pytest.mark.parametrize("dates", [pytest.param(DATES[:1], marks=pytest.mark.heavy), DATES[:7]])
def test_order_events(lake: Lake, dates: list[str]) -> None:
    lake.deliver_samples(*(f"kafka/orders/{date}" for date in dates))
    sound = {date: sound_rows("kafka orders", date) for date in DATES[:8]}
    (result,) = kafka_orders_stream.run(lake.context("kafka_orders", dates[-1])).outputs
    assert result.reasons == dict(sum((sound[date][1] for date in dates), Counter()))
    rows = lake.rows("kafka_orders")
    assert Counter(row["event_id"] for row in rows) == Counter(
        key for date in dates for key in sound[date][0]
    )
    assert Counter(str(row["ingest_date"]) for row in rows) == {date: len(sound[date][0]) for date in dates}
    (again,) = kafka_orders_stream.run(lake.context("kafka_orders", dates[-1])).outputs
    assert again.rows_read == 0
    lake.deliver_samples(f"kafka/orders/{DATES[7]}")
    (later,) = kafka_orders_stream.run(lake.context("kafka_orders", DATES[7])).outputs
    assert later.rows_written == len(sound[DATES[7]][0])
