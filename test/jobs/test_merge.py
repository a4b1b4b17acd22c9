"""The strategy `merge`: which of several changes of a key stays, what a batch touches, and what is left alone."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest
from conftest import Lake
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.common.contract import Contract, contract_of, spark_schema
from jobs.common.write import GONE, Merged, Transaction, merge
from jobs.common.write.merge import _decided, _touched

Row = tuple[str, int, str, "str | None"]
"""Key, version, text, and the day that the row belongs to."""


def contract(partitioned: bool = False, **merging: Any) -> Contract:
    text = {"type": ["string", "null"], "description": "x"}
    return contract_of(
        {
            "$id": "things_bronze",
            "properties": {
                "k": {"type": "string", "description": "x"},
                "n": {"type": "integer", "description": "x"},
                "t": text,
                "day": {**text, "format": "date"},
            },
            "required": ["k", "n"],
            "x-dataplat": {
                "layer": "bronze",
                "table": "things",
                "primaryKey": ["k"],
                "partitionedBy": ["day"] if partitioned else [],
                "write": "merge",
                "merge": {"orderedBy": ["n"], **merging},
            },
        }
    )


class Things:
    """A table that changes are merged into."""

    def __init__(self, lake: Lake, declared: Contract) -> None:
        self.lake, self.contract = lake, declared
        self.uri = (lake.folder / "bronze" / "things").as_uri()

    def rows(self, *rows: Row) -> DataFrame:
        values = [(k, n, t, day and dt.date.fromisoformat(day)) for k, n, t, day in rows]
        return self.lake.spark.createDataFrame(values, spark_schema(self.contract))

    def merge(self, *rows: Row, number: int | None = None, **more: Any) -> Merged:
        transaction = None if number is None else Transaction("reader", number)
        return merge(self.rows(*rows), self.uri, self.contract, {"run": number}, transaction, **more)

    def content(self) -> list[Row]:
        rows = self.lake.table("things").select("k", "n", "t", "day").collect()
        return sorted((row["k"], row["n"], row["t"], row["day"] and str(row["day"])) for row in rows)

    def commits(self) -> list[dict[str, Any]]:
        """What each commit says of itself, the oldest first."""
        log = self.lake.folder / "bronze" / "things" / "_delta_log"
        lines = [
            json.loads(line) for file in sorted(log.glob("*.json")) for line in file.read_text().splitlines()
        ]
        return [line["commitInfo"] for line in lines if "commitInfo" in line]


def test_the_newest_change_of_a_key_stays_whatever_came_first(lake: Lake) -> None:
    things = Things(lake, contract())
    assert things.merge(("a", 1, "old", None), ("b", 5, "stays", None), ("b", 3, "older", None)) == Merged(
        3, 2
    )
    done = things.merge(
        ("a", 2, "between", None), ("a", 3, "new", None), ("b", 4, "late", None), ("c", 1, "first", None)
    )
    assert done == Merged(read=4, inserted=1, updated=1)
    expected = [("a", 3, "new", None), ("b", 5, "stays", None), ("c", 1, "first", None)]
    assert things.content() == expected
    version = lake.version("things")
    # What has nothing new in it makes no commit at all.
    assert things.merge(("a", 3, "new", None), ("b", 4, "late", None)) == Merged(read=2)
    assert lake.version("things") == version
    for name in (
        "spark.databricks.delta.commitInfo.userMetadata",
        "spark.databricks.delta.schema.autoMerge.enabled",
        "spark.databricks.delta.write.txnAppId",
        "spark.databricks.delta.write.txnVersion",
    ):
        assert lake.spark.conf.get(name, None) in (None, "false")


@pytest.mark.heavy
def test_changes_of_one_order_are_decided_by_what_they_hold_and_not_by_which_came_first(lake: Lake) -> None:
    things = Things(lake, contract())
    things.merge(("a", 1, "x", None), ("b", 1, "y", None), ("c", 1, None, None))
    things.merge(("a", 1, "y", None), ("b", 1, "x", None), ("c", 1, "z", None))
    assert things.content() == [("a", 1, "y", None), ("b", 1, "y", None), ("c", 1, "z", None)]


@pytest.mark.heavy
def test_a_source_that_is_asked_again_is_believed(lake: Lake) -> None:
    things = Things(lake, contract())
    things.merge(("a", 2, "x", None), ("b", 2, "y", None))
    done = things.merge(("a", 2, "corrected", None), ("b", 1, "late", None), later_wins=True)
    assert done == Merged(read=2, updated=1)
    assert things.content() == [("a", 2, "corrected", None), ("b", 2, "y", None)]


def test_columns_that_the_contract_has_gained_are_added(lake: Lake) -> None:
    things = Things(lake, contract())
    rows = things.rows(("a", 1, "x", None), ("b", 1, "y", None)).drop("day")
    rows.write.format("delta").save(things.uri)
    things.merge(("a", 1, "x", "2026-01-05"), ("c", 1, "z", None))
    assert things.content() == [("a", 1, "x", "2026-01-05"), ("b", 1, "y", None), ("c", 1, "z", None)]


def test_a_key_that_moves_to_another_partition_is_there_once(lake: Lake) -> None:
    things = Things(lake, contract(partitioned=True))
    things.merge(("a", 1, "x", "2026-01-05"), ("b", 9, "newer", "2026-01-06"), ("c", 1, "y", None))
    done = things.merge(
        ("a", 2, "moved", "2026-01-07"), ("b", 8, "late", "2026-01-08"), ("c", 2, "found", "2026-01-05")
    )
    assert done == Merged(read=3, updated=2)
    assert things.content() == [
        ("a", 2, "moved", "2026-01-07"),
        ("b", 9, "newer", "2026-01-06"),
        ("c", 2, "found", "2026-01-05"),
    ]


def test_a_row_that_is_gone_gives_way_to_what_is_left_of_its_key(lake: Lake) -> None:
    things = Things(lake, contract(partitioned=True))
    day = "2026-01-05"
    there: list[Row] = [("a", 3, "wrong", day), ("b", 3, "wrong", day), ("c", 3, "right", day)]
    things.merge(*there)
    gone = things.rows(("a", 3, "wrong", day), ("b", 3, "wrong", day), ("c", 2, "older", day))
    new = things.rows(("d", 1, "new", day))
    changes = gone.withColumn(GONE, F.lit(True)).unionByName(new.withColumn(GONE, F.lit(False)))
    current = things.rows(
        ("b", 1, "oldest", None), ("b", 2, "left", "2026-01-04"), there[2], ("d", 1, "new", day)
    )
    done = merge(changes, things.uri, things.contract, {}, None, current)
    assert done == Merged(read=4, inserted=1, updated=1, removed=1)
    assert things.content() == [("b", 2, "left", "2026-01-04"), ("c", 3, "right", day), ("d", 1, "new", day)]


def test_a_transaction_is_kept_with_the_rows_and_is_taken_once(lake: Lake) -> None:
    things = Things(lake, contract())
    things.merge(("a", 1, "x", None), number=4)
    things.merge(("a", 2, "y", None), number=5)
    things.merge(("a", 2, "y", None), number=6)  # nothing to do but to remember
    assert things.content() == [("a", 2, "y", None)]
    things.merge(("a", 3, "again", None), number=6)
    assert things.content() == [("a", 2, "y", None)]
    assert [json.loads(one["userMetadata"])["run"] for one in things.commits()] == [4, 5, 6]
    assert things.commits()[2]["operationMetrics"]["numOutputRows"] == "0"


@pytest.mark.heavy
@pytest.mark.parametrize("partitioned", [True, False])
def test_files_that_cannot_hold_a_key_of_the_batch_are_neither_read_nor_written(
    lake: Lake, partitioned: bool
) -> None:
    things = Things(lake, contract(partitioned))
    for number in range(3):  # three commits, a file each: keys k0 and k1, k2 and k3, k4 and k5
        day = f"2026-01-0{number + 1}"
        things.merge((f"k{2 * number}", 1, "x", day), (f"k{2 * number + 1}", 1, "x", day))
    files = set(things.lake.table("things").inputFiles())
    assert len(files) == 3
    things.merge(("k2", 2, "y", "2026-01-02"))
    said = things.commits()[-1]["operationMetrics"]
    assert (said["numTargetFilesRemoved"], said["numTargetFilesAdded"], said["numTargetRowsCopied"]) == (
        "1",
        "1",
        "1",
    )
    assert len(files - set(things.lake.table("things").inputFiles())) == 1


@pytest.mark.heavy
def test_the_comparison_reads_the_partitions_of_the_batch_and_joins_by_key(lake: Lake) -> None:
    things = Things(lake, contract(partitioned=True))
    day = "2026-01-05"
    things.merge(*((f"k{number}", 1, "x", f"2026-01-0{number}") for number in range(1, 8)))
    gone = things.rows(("k4", 1, "x", "2026-01-04")).withColumn(GONE, F.lit(True))
    changes = things.rows(("k5", 2, "y", day), ("k6", 2, "y", "2026-01-06")).withColumn(GONE, F.lit(False))
    changes = changes.unionByName(gone)
    touched = _touched(changes, things.contract)
    decided = _decided(changes, things.uri, things.contract, touched, things.rows(("k4", 0, "x", day)), False)
    plan = str(decided._jdf.queryExecution().executedPlan())
    scans = re.findall(r"PartitionFilters: \[([^\]]*)\]", plan)
    assert scans
    assert all(re.search(r"\bday#\d+", filters) for filters in scans)
    assert not re.search("CartesianProduct|BroadcastNestedLoopJoin", plan)
    rows = {row["k"]: (row["t"], row["_remove"]) for row in decided.collect()}
    assert rows == {"k5": ("y", False), "k6": ("y", False), "k4": ("x", False)}
