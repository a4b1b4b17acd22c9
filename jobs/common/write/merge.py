"""The strategy `merge`: a table holds the newest state of every key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession

_METADATA = "spark.databricks.delta.commitInfo.userMetadata"
_EVOLVE = "spark.databricks.delta.schema.autoMerge.enabled"


def merge(
    frame: DataFrame,
    uri: str,
    primary_key: Sequence[str],
    watermark: str | None,
    partitioned_by: Sequence[str],
    commit: Mapping[str, object],
) -> None:
    """Insert the rows whose key is new and update those that are there, in one Delta commit.

    A row that is older by the watermark than the one that is there changes nothing; so running a date again, or an
    earlier date after a later one, never takes a table back. The rows must hold each key once.
    """
    spark = frame.sparkSession
    if not DeltaTable.isDeltaTable(spark, uri):
        (
            frame.write.format("delta")
            .partitionBy(*partitioned_by)
            .option("userMetadata", json.dumps(commit))
            .save(uri)
        )
        return
    same = " and ".join(f"there.`{name}` = new.`{name}`" for name in primary_key)
    newer = None if watermark is None else f"new.`{watermark}` >= there.`{watermark}`"
    with _settings(spark, {_METADATA: json.dumps(commit), _EVOLVE: "true"}):
        (
            DeltaTable.forPath(spark, uri)
            .alias("there")
            .merge(frame.alias("new"), same)
            .whenMatchedUpdateAll(newer)
            .whenNotMatchedInsertAll()
            .execute()
        )


@contextmanager
def _settings(spark: SparkSession, settings: Mapping[str, str]) -> Iterator[None]:
    """Settings of the session for a while: a merge takes no options of its own."""
    before = {name: spark.conf.get(name, None) for name in settings}
    for name, value in settings.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        for name, old in before.items():
            if old is None:
                spark.conf.unset(name)
            else:
                spark.conf.set(name, old)
