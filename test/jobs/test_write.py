"""The strategies by which tables are written; `replace-partition` has its tests with the ingests."""

from __future__ import annotations

import json

import pytest
from conftest import Lake
from pyspark.sql import DataFrame

from jobs.common.write import append_batch, merge


def rows(lake: Lake, *values: tuple[str, int, str]) -> DataFrame:
    """Rows of key, version and text."""
    return lake.spark.createDataFrame(list(values), "k string, n bigint, t string")


def content(lake: Lake) -> list[tuple[object, ...]]:
    return sorted(tuple(row.values()) for row in lake.rows("things"))


def uri(lake: Lake) -> str:
    return (lake.folder / "bronze" / "things").as_uri()


def words(lake: Lake) -> list[object]:
    """What the table's commits say, the oldest first."""
    log = lake.folder / "bronze" / "things" / "_delta_log"
    commits = [
        json.loads(line) for file in sorted(log.glob("*.json")) for line in file.read_text().splitlines()
    ]
    return [json.loads(line["commitInfo"]["userMetadata"]) for line in commits if "commitInfo" in line]


def test_a_merge_inserts_updates_and_never_goes_back(lake: Lake) -> None:
    def merged(run: int, *values: tuple[str, int, str]) -> list[tuple[object, ...]]:
        merge(rows(lake, *values), uri(lake), ["k"], "n", [], {"run": run})
        return content(lake)

    merged(1, ("a", 1, "old"), ("b", 5, "stays"))
    assert merged(2, ("a", 2, "new"), ("b", 4, "late"), ("c", 1, "first")) == [
        ("a", 2, "new"),
        ("b", 5, "stays"),
        ("c", 1, "first"),
    ]
    before = content(lake)
    assert merged(3, ("a", 2, "new"), ("b", 4, "late"), ("c", 1, "first")) == before
    assert merged(4, ("c", 1, "corrected in place")) == [*before[:2], ("c", 1, "corrected in place")]
    assert words(lake) == [{"run": 1}, {"run": 2}, {"run": 3}, {"run": 4}]
    for name in (
        "spark.databricks.delta.commitInfo.userMetadata",
        "spark.databricks.delta.schema.autoMerge.enabled",
    ):
        assert lake.spark.conf.get(name, None) in (None, "false")


def test_a_merge_adds_the_columns_that_the_rows_have_gained(lake: Lake) -> None:
    merge(rows(lake, ("a", 1, "x"), ("b", 1, "y")), uri(lake), ["k"], "n", [], {})
    gained = lake.spark.createDataFrame([("a", 2, "x", True)], "k string, n bigint, t string, more boolean")
    merge(gained, uri(lake), ["k"], "n", [], {})
    assert content(lake) == [("a", 2, "x", True), ("b", 1, "y", None)]


def test_a_merge_of_a_key_that_comes_twice_fails_and_leaves_the_table(lake: Lake) -> None:
    merge(rows(lake, ("a", 1, "x")), uri(lake), ["k"], "n", [], {})
    with pytest.raises(Exception, match=r"(?i)multiple source rows"):
        merge(rows(lake, ("a", 2, "y"), ("a", 2, "z")), uri(lake), ["k"], "n", [], {})
    assert content(lake) == [("a", 1, "x")]


def test_a_batch_that_is_tried_again_is_in_the_table_once(lake: Lake) -> None:
    for batch in (0, 1, 1, 0):
        append_batch(rows(lake, ("a", batch, "x")), uri(lake), [], "orders/1", batch, {"batch": batch})
    append_batch(rows(lake, ("a", 0, "another stream")), uri(lake), [], "orders/2", 0, {"batch": 0})
    assert content(lake) == [("a", 0, "another stream"), ("a", 0, "x"), ("a", 1, "x")]
