"""The day that a message belongs to, whatever clock has stamped it."""

from __future__ import annotations

import datetime as dt
import json

from conftest import Lake

from jobs.common.conform import conform
from jobs.common.messages import delivery_of_messages

TAKEN = dt.datetime(2026, 1, 6, 0, 0, 30, tzinfo=dt.timezone.utc)
STAMPS = {
    "today": (dt.datetime(2026, 1, 6, 0, 0, 10, tzinfo=dt.timezone.utc), dt.date(2026, 1, 6)),
    "yesterday": (dt.datetime(2026, 1, 5, 23, 59, 59, 999000, tzinfo=dt.timezone.utc), dt.date(2026, 1, 5)),
    "years ago": (dt.datetime(2011, 1, 1, tzinfo=dt.timezone.utc), dt.date(2011, 1, 1)),
    "no timestamp, which Kafka writes as -1": (
        dt.datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=dt.timezone.utc),
        dt.date(2026, 1, 6),
    ),
    "a clock that was never set": (dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc), dt.date(2026, 1, 6)),
    "a clock before Kafka was": (
        dt.datetime(2010, 12, 31, 23, 59, 59, tzinfo=dt.timezone.utc),
        dt.date(2026, 1, 6),
    ),
    "a clock that is a second ahead": (
        dt.datetime(2026, 1, 6, 0, 0, 31, tzinfo=dt.timezone.utc),
        dt.date(2026, 1, 6),
    ),
    "a clock that is a day ahead": (dt.datetime(2026, 1, 7, tzinfo=dt.timezone.utc), dt.date(2026, 1, 6)),
    "a file that does not say": (None, dt.date(2026, 1, 6)),
}


def test_the_day_is_that_of_the_timestamp_unless_its_clock_cannot_be_right(lake: Lake) -> None:
    wanted = lake.declaration.contract("kafka_orders_bronze")
    value = {
        "event_type": "order_placed",
        "order_id": "ORD-000001",
        "customer_id": "CUS-000001",
        "currency": "EUR",
        "order_total": "12.50",
        "occurred_at": "2026-01-05T08:00:00Z",
    }
    rows = [
        ("orders", 0, number, stamp, TAKEN, json.dumps({**value, "event_id": f"EVT-{number:06d}"}).encode())
        for number, (stamp, _) in enumerate(STAMPS.values())
    ]
    frame = lake.spark.createDataFrame(
        rows,
        "_topic string, _partition int, _offset bigint, _timestamp timestamp, _taken timestamp, _message binary",
    ).selectExpr("*", "cast(null as binary) _key", "cast(null as string) _headers")
    with conform(delivery_of_messages(frame, wanted), wanted, dt.date(2000, 1, 1)) as conformed:
        found = conformed.accepted().orderBy("_offset").select("ingest_date").collect()
    assert [row["ingest_date"] for row in found] == [day for _, day in STAMPS.values()]
