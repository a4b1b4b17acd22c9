"""What becomes of values that come with types of their own, as a database gives them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from conftest import Lake
from pyspark.sql import functions as F
from test_conform import by_id, contract

from jobs.common.conform import Conformed, conform
from jobs.common.contract import Contract
from jobs.common.delivery import delivery_of
from jobs.common.errors import SourceSchemaError

DATE = dt.date(2026, 1, 5)
KINDS: dict[str, dict[str, Any]] = {
    "day": {"type": ["string", "null"], "format": "date"},
    "at": {"type": ["string", "null"], "format": "date-time"},
    "whole": {"type": ["integer", "null"]},
    "small": {"type": ["integer", "null"], "x-dataplat": {"type": "int"}},
    "number": {"type": ["number", "null"]},
    "money": {"type": ["number", "null"], "x-dataplat": {"type": "decimal(6,2)"}},
    "flag": {"type": ["boolean", "null"]},
    "text": {"type": ["string", "null"]},
}
WANTED = contract(KINDS, [])


def typed(lake: Lake, row: str, wanted: Contract = WANTED) -> Conformed:
    """Conform a row that is written as SQL."""
    return conform(delivery_of(lake.spark.sql(f"select {row}"), "db://shop/things", wanted), wanted, DATE)


def side_by_side(lake: Lake, cases: Sequence[tuple[str, str]]) -> Conformed:
    """Conform a row that has each case (a kind, and a value as SQL) in a column of its own: `case_0`, `case_1`."""
    wanted = contract({f"case_{index}": KINDS[kind] for index, (kind, _) in enumerate(cases)}, [])
    values = (f"{value} case_{index}" for index, (_, value) in enumerate(cases))
    return typed(lake, ", ".join(["'1' id", *values]), wanted)


FITTING: list[tuple[str, str, Any]] = [
    ("day", "date'2026-02-28'", dt.date(2026, 2, 28)),
    ("at", "timestamp'2026-01-05 08:00:00.25 UTC'", 1767600000.25),
    ("at", "timestamp_ntz'2026-01-05 08:00:00'", 1767600000.0),
    ("at", "'2026-01-05T09:00:00+01:00'", 1767600000.0),
    ("whole", "cast(7 as tinyint)", 7),
    ("whole", "9223372036854775807", 9223372036854775807),
    ("whole", "cast(12 as decimal(38,0))", 12),
    ("whole", "12.0d", 12),
    ("small", "cast(2147483647 as bigint)", 2147483647),
    ("number", "cast(0.1 as decimal(4,2))", 0.1),
    ("number", "cast(2 as int)", 2.0),
    ("money", "cast(9999.99 as decimal(18,4))", Decimal("9999.99")),
    ("money", "12.5d", Decimal("12.50")),
    ("money", "7", Decimal("7.00")),
    ("flag", "true", True),
    ("text", "' kept '", " kept "),
    ("text", "'  '", None),
    ("text", "cast(null as int)", None),
]


def test_a_value_that_fits_is_taken(lake: Lake) -> None:
    result = side_by_side(lake, [(kind, value) for kind, value, _ in FITTING])
    times = [
        f"cast(case_{index} as double) time_{index}"
        for index, (kind, *_) in enumerate(FITTING)
        if kind == "at"
    ]
    (row,) = result.accepted().selectExpr("*", *times).collect()
    for index, (kind, value, meant) in enumerate(FITTING):
        assert row[f"{'time' if kind == 'at' else 'case'}_{index}"] == meant, (kind, value)
    assert row["_source_file"] == "db://shop/things"
    assert row["ingest_date"] == DATE


LOSING = [
    ("day", "timestamp'2026-02-28 10:00:00'"),
    ("day", "20260228"),
    ("at", "date'2026-01-05'"),
    ("at", "1767600000L"),
    ("at", "'2026-01-05 08:00:00'"),
    ("whole", "1.5d"),
    ("whole", "cast(9223372036854775808 as decimal(20,0))"),
    ("whole", "true"),
    ("small", "2147483648L"),
    ("small", "-4294967296L"),
    ("number", "cast('NaN' as double)"),
    ("number", "9007199254740993L"),
    ("money", "cast(10000 as decimal(18,2))"),
    ("money", "cast(1.005 as decimal(18,3))"),
    ("money", "cast('Infinity' as double)"),
    ("flag", "1"),
    ("text", "7"),
    ("text", "date'2026-01-05'"),
]


def test_a_value_that_would_lose_something_is_rejected_and_kept(lake: Lake) -> None:
    result = side_by_side(lake, LOSING)
    assert result.accepted().collect() == []
    (row,) = result.rejected().collect()
    assert row["_reasons"] == [f"type:case_{index}" for index in range(len(LOSING))]
    assert row["_raw"]["id"] == "1"
    for index, case in enumerate(LOSING):
        assert row["_raw"][f"case_{index}"], case


def test_what_the_contract_does_not_know_is_kept_as_text(lake: Lake) -> None:
    result = typed(lake, "'1' id, 7 more, array(1, 2) list, cast('ab' as binary) bytes")
    (row,) = result.accepted().collect()
    assert row["_unmapped"] == {"more": "7", "list": "[1,2]", "bytes": "YWI="}
    assert result.counts.unmapped == {"more": 1, "list": 1, "bytes": 1}


def test_of_equal_keys_the_latest_stays_and_the_newest_change_is_told(lake: Lake) -> None:
    wanted = contract({"at": {"type": "string", "format": "date-time"}}, ["at"], "at")
    frame = lake.spark.sql(
        "select 'a' id, timestamp'2026-01-05 08:00:00 UTC' at union all "
        "select 'a', timestamp'2026-01-05 09:00:00.000001 UTC' union all "
        "select null, timestamp'2026-01-05 10:00:00 UTC'"
    )
    result = conform(delivery_of(frame, "db", wanted), wanted, DATE)
    accepted = by_id(result.accepted().withColumn("at", F.unix_micros("at")).collect())
    assert {key: row["at"] for key, row in accepted.items()} == {"a": 1767603600000001}
    counts = result.counts
    assert counts.reasons == {"duplicate:id": 1, "required:id": 1}
    assert (
        counts.latest == 1767607200000000
    )  # of a rejected row as well: asking for it again would not mend it


@pytest.mark.parametrize(("columns", "said"), [("1 x", "lacks id"), ("'1' id, 2 a, 3 A", "has a twice")])
def test_a_source_without_a_required_column_is_refused(lake: Lake, columns: str, said: str) -> None:
    with pytest.raises(SourceSchemaError, match=rf"db://shop/things {said}"):
        delivery_of(lake.spark.sql(f"select {columns}"), "db://shop/things", WANTED)


def test_columns_of_the_platform_may_come_with_the_rows(lake: Lake) -> None:
    frame = lake.spark.sql(
        "select '1' id, date'2026-01-04' ingest_date, 5L place, cast(null as string) broken"
    )
    delivery = delivery_of(frame, F.lit("topic/0@5"), WANTED, "place", "broken", provided=["ingest_date"])
    (row,) = conform(delivery, WANTED, DATE).accepted().collect()
    assert (row["ingest_date"], row["_source_file"], row["_unmapped"]) == (
        dt.date(2026, 1, 4),
        "topic/0@5",
        None,
    )
