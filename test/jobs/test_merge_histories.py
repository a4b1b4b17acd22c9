"""Random histories of bronze, merged in random steps: silver is what a plain fold makes of what bronze holds at last,
whatever came in which order, and nothing that is repeated changes anything.

A history is many keys' at once, so that one pass of Spark tries many.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from jobs.common.contract import Contract, contract_of, spark_schema
from jobs.common.delta_log import state_of
from jobs.common.silver.changes import Bronze
from jobs.common.silver.merge_bronze import merge_new
from jobs.common.write import replace_partition

DATES = [dt.date(2026, 1, day) for day in (1, 2, 3)]
KEYS = [f"k{number:02d}" for number in range(12)]


class Change(NamedTuple):
    key: str
    at: int
    """Seconds; the newest wins."""
    gone: bool
    """Whether it says that the thing was deleted."""
    text: str | None
    day: int
    """Of the thing itself, by which silver is partitioned; a correction may move it."""


Write = tuple[dt.date, "list[Change]", "dt.date | None"]
"""What a date holds from now on, and up to which date silver is run then, if it is."""

changes = st.builds(
    Change,
    key=st.sampled_from(KEYS),
    at=st.integers(0, 4),
    gone=st.booleans(),
    text=st.sampled_from(["x", "y", None]),
    day=st.sampled_from([1, 1, 1, 2]),
)
days = st.lists(changes, max_size=14, unique_by=lambda change: change.key)
histories = st.lists(
    st.tuples(st.sampled_from(DATES), days, st.none() | st.sampled_from(DATES)), min_size=2, max_size=5
)


def contract(layer: str) -> Contract:
    def column(kind: str | list[str], **more: object) -> dict[str, object]:
        return {"type": kind, "description": "x", **more}

    silver = layer == "silver"
    day_of = {"x-dataplat": {"origin": "platform", "dateOf": "since"}}
    return contract_of(
        {
            "$id": f"things_{layer}",
            "properties": {
                "key": column("string"),
                "at": column("integer"),
                "is_deleted": column("boolean"),
                "text": column(["string", "null"]),
                "since": column("string", format="date-time"),
                **({"day": column("string", format="date", **day_of)} if silver else {}),
                "ingest_date": column("string", format="date"),
            },
            "required": ["key", "at", "is_deleted", "since", "ingest_date"],
            "x-dataplat": {
                "layer": layer,
                "table": "things",
                "primaryKey": ["key"],
                "partitionedBy": ["day" if silver else "ingest_date"],
                "write": "merge" if silver else "replace-partition",
                **(
                    {"merge": {"orderedBy": ["at", "ingest_date"], "deletedBy": "is_deleted"}}
                    if silver
                    else {}
                ),
            },
        }
    )


BRONZE, SILVER = contract("bronze"), contract("silver")


class Tables:
    """A bronze table and the silver one that is made of it."""

    def __init__(self, spark: SparkSession, folder: str) -> None:
        self.spark, self.folder = spark, Path(folder)
        self.bronze, self.silver = ((self.folder / layer).as_uri() for layer in ("bronze", "silver"))

    def write(self, date: dt.date, rows: list[Change]) -> None:
        values = [
            (
                row.key,
                row.at,
                row.gone,
                row.text,
                dt.datetime(2026, 1, row.day, 12, tzinfo=dt.timezone.utc),
                date,
            )
            for row in rows
        ]
        frame = self.spark.createDataFrame(values, spark_schema(BRONZE))
        replace_partition(frame, self.bronze, ["ingest_date"], date, {})

    def merge(self, date: dt.date) -> None:
        tables = Bronze(
            self.spark, self.bronze, BRONZE, state_of(self.spark, self.bronze), self.silver, SILVER
        )
        merge_new(tables, date, {})

    def content(self) -> list[tuple[object, ...]]:
        columns = ["key", "at", "is_deleted", "text", "day", "ingest_date"]
        return sorted(
            tuple(row) for row in self.spark.read.format("delta").load(self.silver).select(*columns).collect()
        )

    def version(self) -> int:
        return state_of(self.spark, self.silver).version


def fold(bronze: dict[dt.date, list[Change]]) -> list[tuple[object, ...]]:
    """The newest state of each key; a deleted one stays, marked."""
    newest: dict[str, tuple[int, dt.date, Change]] = {}
    for date, rows in bronze.items():
        for row in rows:
            if row.key not in newest or (row.at, date) > newest[row.key][:2]:
                newest[row.key] = (row.at, date, row)
    return sorted(
        (row.key, row.at, row.gone, row.text, dt.date(2026, 1, row.day), date)
        for _, date, row in newest.values()
    )


def check(spark: SparkSession, history: list[Write]) -> None:
    with TemporaryDirectory() as folder:
        tables = Tables(spark, folder)
        bronze: dict[dt.date, list[Change]] = {}
        through = dt.date.min
        for date, rows, until in history:
            tables.write(date, rows)
            bronze[date] = rows
            if until is not None:
                tables.merge(until)
                through = max(through, until)
                # A run takes nothing of later dates, unless a run of theirs was before.
                assert tables.content() == fold({day: bronze[day] for day in bronze if day <= through})
        tables.merge(DATES[-1])
        assert tables.content() == fold(bronze)
        version = tables.version()
        tables.merge(DATES[0])
        tables.merge(DATES[-1])
        assert tables.version() == version
    with TemporaryDirectory() as folder:
        other = Tables(spark, folder)
        for date in sorted(bronze, reverse=True):  # the same dates the other way round, each merged at once
            other.write(date, bronze[date])
            other.merge(date)
        assert other.content() == fold(bronze)


fixed = settings(
    deadline=None,
    derandomize=True,  # the same histories every time: what fails here fails for everybody
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.heavy
def test_a_history_with_everything_that_happens(spark: SparkSession) -> None:
    first, second, third = DATES
    check(
        spark,
        [
            (second, [Change("k1", 2, False, "x", 1), Change("k2", 1, True, "x", 1)], None),
            # Again before silver has seen it: two keys more.
            (
                second,
                [
                    Change("k1", 2, False, "x", 1),
                    Change("k2", 1, True, "x", 1),
                    Change("k3", 3, False, None, 1),
                    Change("k4", 0, False, "y", 1),
                ],
                second,
            ),
            # An earlier date: an older state, a newer one that moves its key, a late one of a deleted key, a new key.
            (
                first,
                [
                    Change("k1", 1, False, "y", 2),
                    Change("k3", 4, False, "y", 2),
                    Change("k2", 0, False, "y", 1),
                    Change("k5", 0, False, "x", 1),
                ],
                first,
            ),
            # A rerun: one corrected in place, one as it was, one that fell back, and one that is gone for good.
            (second, [Change("k1", 2, False, "y", 1), Change("k3", 3, False, None, 1)], third),
            (third, [Change("k1", 2, True, None, 2), Change("k3", 0, False, "x", 1)], None),
            (first, [], third),
        ],
    )


@pytest.mark.heavy
@given(history=histories)
@settings(fixed, max_examples=8)
def test_many_histories(spark: SparkSession, history: list[Write]) -> None:
    check(spark, history)
