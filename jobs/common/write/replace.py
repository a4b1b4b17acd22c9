"""The strategy `replace`: a table is what its last run computed, and only what differs is written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date

from delta.tables import DeltaTable
from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as spark_types

from jobs.common.write.settings import EVOLVE, METADATA, settings

_GONE = "_gone"
_WHOLE = {"ignoreNullFields": "false", "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"}


def replace_partitions(
    frame: DataFrame,
    uri: str,
    partitioned_by: str,
    commit: Mapping[str, object],
    within: Sequence[date] | None = None,
) -> Sequence[date] | None:
    """Make the partitions of a table, which are dates, what `frame` has of them, in one Delta commit: those that differ
    are written, the others are left alone. `within` says which dates the frame speaks of; without it, of all.

    Returns the dates that were written; none at all where nothing differs, and then there is no commit. None: the table
    was made.
    """
    spark = frame.sparkSession
    writer = (
        frame.write.format("delta").partitionBy(partitioned_by).option("userMetadata", json.dumps(commit))
    )
    if not DeltaTable.isDeltaTable(spark, uri):
        writer.mode("overwrite").save(uri)
        return None
    there = spark.read.format("delta").load(uri)
    if within is not None:
        there = there.where(F.col(partitioned_by).isin(list(within)))
    missing = set(frame.columns) - set(there.columns)
    wanted = _digests(frame, partitioned_by, frame.columns)
    found = (
        # Nothing is like what lacks a column.
        dict.fromkeys(_dates(there, partitioned_by), ())
        if missing
        else _digests(there, partitioned_by, frame.columns)
    )
    dates = sorted(day for day in {*wanted, *found} if wanted.get(day) != found.get(day))
    if dates:
        days = ", ".join(f"DATE'{day.isoformat()}'" for day in dates)
        (
            frame.where(F.col(partitioned_by).isin(dates))
            # One file a date is what a day comes to; compaction sees to the rest.
            .repartition(partitioned_by)
            .write.format("delta")
            .mode("overwrite")
            .option("replaceWhere", f"`{partitioned_by}` IN ({days})")
            .option("mergeSchema", "true")
            .option("userMetadata", json.dumps(commit))
            .save(uri)
        )
    return dates


def replace_rows(frame: DataFrame, uri: str, primary_key: Sequence[str], commit: Mapping[str, object]) -> int:
    """Make a table without partitions what `frame` is, in one Delta commit: rows that differ are written, those that
    `frame` lacks are taken out. Returns how many rows differed; with none there is no commit.
    """
    spark = frame.sparkSession
    if not DeltaTable.isDeltaTable(spark, uri):
        frame.write.format("delta").option("userMetadata", json.dumps(commit)).save(uri)
        return spark.read.format("delta").load(uri).count()
    table = spark.read.format("delta").load(uri)
    if set(frame.columns) != set(table.columns):
        (
            frame.write.format("delta")
            .mode("overwrite")
            .option("overwriteSchema", "true")
            .option("userMetadata", json.dumps(commit))
            .save(uri)
        )
        return spark.read.format("delta").load(uri).count()
    there = table.select(*primary_key, _row_digest(table, frame.columns).alias("_there"))
    new = frame.withColumn("_new", _row_digest(frame, frame.columns))
    changes = new.join(there, [*primary_key], "full_outer").where(~F.col("_new").eqNullSafe(F.col("_there")))
    changes = changes.select(*frame.columns, F.col("_new").isNull().alias(_GONE)).persist()
    try:
        count = changes.count()
        if count:
            same = " and ".join(f"there.`{name}` = new.`{name}`" for name in primary_key)
            columns: dict[str, str | Expression] = {name: F.col(f"new.{name}") for name in frame.columns}
            with settings(spark, {METADATA: json.dumps(commit), EVOLVE: "false"}):
                (
                    DeltaTable.forPath(spark, uri)
                    .alias("there")
                    .merge(changes.alias("new"), same)
                    .whenMatchedDelete(F.col(f"new.{_GONE}"))
                    .whenMatchedUpdate(set=columns)
                    .whenNotMatchedInsert(f"not new.{_GONE}", values=columns)
                    .execute()
                )
        return count
    finally:
        changes.unpersist()


def _digests(frame: DataFrame, partitioned_by: str, columns: Sequence[str]) -> dict[date, tuple[object, ...]]:
    """What each date holds, in whatever order: how many rows, and the sums of their digests."""
    digest = _row_digest(frame, columns)
    halves = [F.conv(F.substring(digest, begin, 15), 16, 10).cast("decimal(20,0)") for begin in (1, 16)]
    rows = frame.groupBy(partitioned_by).agg(F.count("*"), *(F.sum(half) for half in halves)).collect()
    return {row[0]: tuple(row)[1:] for row in rows}


def _dates(frame: DataFrame, partitioned_by: str) -> list[date]:
    return [row[0] for row in frame.select(partitioned_by).distinct().collect()]


def _row_digest(frame: DataFrame, columns: Sequence[str]) -> Expression:
    """MD5 of a row's values, a missing one told from an empty one."""
    values = F.struct(*(_plain(frame, name) for name in sorted(columns)))
    return F.md5(F.to_json(values, _WHOLE))


def _plain(frame: DataFrame, name: str) -> Expression:
    """A value as its digest is taken of: a map has no order, so it gets one."""
    if isinstance(frame.schema[name].dataType, spark_types.MapType):
        return F.array_sort(F.map_entries(name)).alias(name)
    return F.col(name)
