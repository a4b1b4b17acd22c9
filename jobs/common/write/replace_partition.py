"""The strategy `replace-partition`: what a date has is what its last run wrote."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.common.delta_log import CHANGE_FEED
from jobs.common.hadoop_files import folder_exists


def replace_partition(
    frame: DataFrame,
    uri: str,
    partitioned_by: Sequence[str],
    date: dt.date,
    commit: Mapping[str, object],
    rows: int | None = None,
) -> None:
    """Replace the partition of a date by the rows given, in one Delta commit: readers see the old rows or the new ones,
    and a run that fails on the way leaves the old ones. The first write makes the table, with a feed of its changes for
    those that read on from where they were; columns that the contract has gained since are added.

    `rows`: how many rows the frame has, all of that date, where that is known. Where it has any, Delta sees by them
    which partition they replace; told which by a condition, it would first count all files of the table.
    """
    if len(partitioned_by) != 1:
        raise ValueError(f"replace-partition wants one partition column, not {list(partitioned_by)}")
    replaced = (
        ("partitionOverwriteMode", "dynamic")
        if rows
        else ("replaceWhere", f"`{partitioned_by[0]}` = DATE'{date.isoformat()}'")
    )
    (
        frame.write.format("delta")
        .mode("overwrite")
        .partitionBy(*partitioned_by)
        .option(*replaced)
        .option("mergeSchema", "true")
        .option(CHANGE_FEED, "true")
        .option("userMetadata", json.dumps(commit))
        .save(uri)
    )


def partition_is_empty(spark: SparkSession, uri: str, partitioned_by: Sequence[str], date: dt.date) -> bool:
    """Whether there is a table, and nothing of a date in it: then to replace that by nothing would change nothing."""
    if not DeltaTable.isDeltaTable(spark, uri):
        return False
    if not folder_exists(spark, f"{uri}/{partitioned_by[0]}={date.isoformat()}"):
        return True  # no file was ever written there, or they are long gone
    table = spark.read.format("delta").load(uri)
    return not table.where(F.col(partitioned_by[0]) == F.lit(date)).limit(1).collect()
