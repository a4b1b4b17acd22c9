"""The strategy `append-stream`, and what several of them use. `merge` has a file of its own, `replace-partition` its
tests with the ingests.
"""

from __future__ import annotations

import datetime as dt

from conftest import Lake
from pyspark.sql import DataFrame

from jobs.common.write import append_batch, partition_is_empty, replace_partition
from jobs.common.write.detached import detached


def rows(lake: Lake, *values: tuple[str, int, str]) -> DataFrame:
    """Rows of key, version and text."""
    return lake.spark.createDataFrame(list(values), "k string, n bigint, t string")


def content(lake: Lake) -> list[tuple[object, ...]]:
    return sorted(tuple(row.values()) for row in lake.rows("things"))


def uri(lake: Lake) -> str:
    return (lake.folder / "bronze" / "things").as_uri()


def test_a_batch_that_is_tried_again_is_in_the_table_once(lake: Lake) -> None:
    for batch in (0, 1, 1, 0):
        append_batch(rows(lake, ("a", batch, "x")), uri(lake), [], "orders/1", batch, {"batch": batch})
    append_batch(rows(lake, ("a", 0, "another stream")), uri(lake), [], "orders/2", 0, {"batch": 0})
    assert content(lake) == [("a", 0, "another stream"), ("a", 0, "x"), ("a", 1, "x")]


def test_a_partition_is_empty_whether_it_never_held_rows_or_holds_them_no_longer(lake: Lake) -> None:
    days = [dt.date(2026, 1, day) for day in (5, 6)]
    spark, table = lake.spark, uri(lake)

    def replace(day: dt.date, *keys: str) -> None:
        frame = spark.createDataFrame([(key, day) for key in keys], "k string, day date")
        replace_partition(frame, table, ["day"], day, {}, len(keys))

    def empty() -> list[bool]:
        return [partition_is_empty(spark, table, ["day"], day) for day in days]

    assert empty() == [False, False]  # there is no table
    replace(days[0], "a")
    assert empty() == [False, True]
    replace(days[0])
    assert empty() == [True, True]


def test_rows_that_are_held_stay_so_when_the_table_that_they_were_read_from_is_written(lake: Lake) -> None:
    append_batch(rows(lake, ("a", 1, "x")), uri(lake), [], "orders", 0, {})
    plain = lake.table("things").select("k").persist()
    held = detached(lake.table("things")).persist()
    assert (plain.count(), held.count()) == (1, 1)
    append_batch(rows(lake, ("b", 1, "x")), uri(lake), [], "orders", 1, {})

    def is_held(frame: DataFrame) -> bool:
        cached = lake.spark._jsparkSession.sharedState().cacheManager().lookupCachedData(frame._jdf)
        return bool(cached.get().cachedRepresentation().cacheBuilder().isCachedColumnBuffersLoaded())

    assert (is_held(plain), is_held(held)) == (False, True)
    assert [tuple(row) for row in held.collect()] == [("a", 1, "x")]
    for frame in (plain, held):
        frame.unpersist()
