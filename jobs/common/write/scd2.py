"""The strategy `scd2`: a table holds every version of a key; changes are put where they belong in time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from delta.tables import DeltaTable
from pyspark import StorageLevel
from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.common.history import CONFIRMED, IS_CURRENT, VALID_FROM, Timeline, changes_of, same, versions
from jobs.common.write.settings import EVOLVE, METADATA, settings

_REWRITE_BY_PARTITION = "spark.databricks.delta.merge.repartitionBeforeWrite.enabled"
_GONE, _LATE = "_gone", "_late"

Shape = Callable[[DataFrame], DataFrame]
"""Makes rows of the table out of versions: columns that follow from others, and their order."""


@dataclass(frozen=True)
class HistoryWritten:
    """What a write came to, in versions."""

    changes: int
    """Changes that were not known before."""
    put: int = 0
    """Versions that are new or differ from what was there."""
    removed: int = 0
    """Versions that there are no longer: a change that came late made them part of another."""


def scd2(
    changes: DataFrame,
    uri: str,
    timeline: Timeline,
    shape: Shape,
    commit: Mapping[str, object],
) -> HistoryWritten:
    """Put changes into the history, in one Delta commit; in none where they are all known.

    The table is partitioned by `is_current`. A change that is newer than its key's current version touches that
    partition alone; what happened before is read and written only for keys with a change that came late, and of the
    files only those whose range of keys holds one.
    """
    spark = changes.sparkSession
    held: list[DataFrame] = []

    def keep(frame: DataFrame) -> DataFrame:
        held.append(frame.persist(StorageLevel.MEMORY_AND_DISK))
        return held[-1]

    try:
        told = keep(changes.select(*timeline.columns))
        if not DeltaTable.isDeltaTable(spark, uri):
            rebuild(told, uri, timeline, shape, commit)
            return HistoryWritten(told.count(), spark.read.format("delta").load(uri).count())
        table = spark.read.format("delta").load(uri)
        fresh = keep(_fresh(told, table, timeline))
        count, reach = _reach(fresh, timeline)
        if count == 0:
            return HistoryWritten(0)
        existing = keep(_existing(fresh, table.where(reach("")), timeline))
        difference = keep(_difference(fresh, existing, timeline, shape))
        put, removed = difference.agg(F.count_if(~F.col(_GONE)), F.count_if(_GONE)).collect()[0]
        if put or removed:
            _merge(difference, uri, timeline, reach("there."), commit)
        return HistoryWritten(count, put, removed)
    finally:
        for frame in held:
            frame.unpersist()


def rebuild(
    changes: DataFrame, uri: str, timeline: Timeline, shape: Shape, commit: Mapping[str, object]
) -> None:
    """Write the history of all changes over whatever is there."""
    _write(shape(versions(changes.select(*timeline.columns), timeline)), uri, timeline, commit)


def _write(rows: DataFrame, uri: str, timeline: Timeline, commit: Mapping[str, object]) -> None:
    (
        # In ranges of the key, so that a file can be passed over by the least and the greatest key in it.
        rows.repartitionByRange(*timeline.key)
        .sortWithinPartitions(*timeline.key)
        .write.format("delta")
        .mode("overwrite")
        .partitionBy(IS_CURRENT)
        .option("overwriteSchema", "true")
        .option("userMetadata", json.dumps(commit))
        .save(uri)
    )


def _fresh(told: DataFrame, table: DataFrame, timeline: Timeline) -> DataFrame:
    """The changes that the current versions do not know, and whether they are older than those (`_LATE`)."""
    keys = told.select(*timeline.key).distinct()
    current = table.where(IS_CURRENT).join(keys, [*timeline.key], "left_semi").alias("there")
    mine = F.col(f"there.{VALID_FROM}")
    agree = same("new", "there", timeline.state)
    at, when = F.col(f"new.{timeline.at}"), F.col(f"new.{timeline.told}")
    confirmation = F.element_at(F.col(f"there.{CONFIRMED}"), at)
    known = agree & (((at == mine) & (when <= F.col(f"there.{timeline.told}"))) | (when <= confirmation))
    late = (at < mine) | ((at == mine) & ~agree)
    matches = [F.col(f"new.{name}") == F.col(f"there.{name}") for name in timeline.key]
    return (
        told.alias("new")
        .join(current, matches, "left")
        .where(~F.coalesce(known, F.lit(False)))
        .select(
            *(F.col(f"new.{name}") for name in timeline.columns),
            F.coalesce(late, F.lit(False)).alias(_LATE),
        )
    )


def _reach(fresh: DataFrame, timeline: Timeline) -> tuple[int, Callable[[str], Expression]]:
    """How many changes are fresh, and which rows of the table they can touch, for columns with a prefix."""
    leading = timeline.key[0]
    late = F.when(F.col(_LATE), F.col(leading))
    count, least, greatest = fresh.agg(F.count("*"), F.min(late), F.max(late)).collect()[0]

    def reach(prefix: str) -> Expression:
        current = F.col(f"{prefix}{IS_CURRENT}")
        return current if least is None else current | F.col(f"{prefix}{leading}").between(least, greatest)

    return count, reach


def _existing(fresh: DataFrame, table: DataFrame, timeline: Timeline) -> DataFrame:
    """The versions of the keys with fresh changes: the current one, and of those with a late change all."""
    keys = fresh.groupBy(*timeline.key).agg(F.bool_or(_LATE).alias(_LATE))
    found = table.join(keys, [*timeline.key]).where(F.col(IS_CURRENT) | F.col(_LATE))
    return found.drop(_LATE)


def _difference(fresh: DataFrame, existing: DataFrame, timeline: Timeline, shape: Shape) -> DataFrame:
    """The rows of the table that fresh changes make different: as they are to be, or to be gone."""
    changes = changes_of(existing, timeline).unionByName(fresh.drop(_LATE))
    wanted = shape(versions(changes, timeline))
    columns = tuple(name for name in wanted.columns if name not in (*timeline.key, VALID_FROM, CONFIRMED))
    places = [F.col(f"new.{name}") == F.col(f"there.{name}") for name in (*timeline.key, VALID_FROM)]
    entries = [F.array_sort(F.map_entries(F.col(f"{side}.{CONFIRMED}"))) for side in ("new", "there")]
    alike = same("new", "there", columns) & entries[0].eqNullSafe(entries[1])
    missing = F.col(f"new.{VALID_FROM}").isNull()
    return (
        wanted.alias("new")
        .join(existing.alias("there"), places, "full_outer")
        .where(missing | ~alike)
        .select(
            *(
                F.when(missing, F.col(f"there.{name}")).otherwise(F.col(f"new.{name}")).alias(name)
                for name in wanted.columns
            ),
            missing.alias(_GONE),
        )
    )


def _merge(
    difference: DataFrame, uri: str, timeline: Timeline, reach: Expression, commit: Mapping[str, object]
) -> None:
    spark = difference.sparkSession
    place = reach
    for name in (*timeline.key, VALID_FROM):
        place = place & (F.col(f"there.{name}") == F.col(f"new.{name}"))
    columns: dict[str, str | Expression] = {
        name: F.col(f"new.{name}") for name in difference.columns if name != _GONE
    }
    # Two partitions: gathering their rows by partition before they are written would leave one task with all of them.
    words = {METADATA: json.dumps(commit), EVOLVE: "false", _REWRITE_BY_PARTITION: "false"}
    with settings(spark, words):
        (
            DeltaTable.forPath(spark, uri)
            .alias("there")
            .merge(difference.alias("new"), place)
            .whenMatchedDelete(F.col(f"new.{_GONE}"))
            .whenMatchedUpdate(set=columns)
            .whenNotMatchedInsert(f"not new.{_GONE}", values=columns)
            .execute()
        )
