"""What a Delta table's own log tells of it: its files, its versions, and what its commits say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F


@dataclass(frozen=True)
class File:
    """A file of a table as it stands."""

    size: int
    modified: int
    """Milliseconds since 1970."""
    partition: tuple[tuple[str, str | None], ...]
    """Its partition's values as the log has them, by the columns' names."""


def files_of(spark: SparkSession, uri: str) -> tuple[File, ...]:
    """The files of a table, out of its log: none of them is opened."""
    files = DataFrame(_snapshot(spark, uri).allFiles().toDF(), spark)
    return tuple(
        File(row["size"], row["modificationTime"], tuple(sorted(row["partitionValues"].items())))
        for row in files.select("size", "modificationTime", "partitionValues").collect()
    )


def latest_version(spark: SparkSession, uri: str) -> int:
    """The version that the table is at."""
    return int(_snapshot(spark, uri).version())


def commit_words(spark: SparkSession, uri: str, key: str) -> Any:
    """What the newest commit that says anything under `key` says; None where none does, or the history is gone."""
    history = DeltaTable.forPath(spark, uri).history().select("version", "userMetadata")
    for row in history.where(F.col("userMetadata").isNotNull()).orderBy(F.desc("version")).collect():
        try:
            words = json.loads(row["userMetadata"])
        except ValueError:
            continue  # somebody else's
        if isinstance(words, Mapping) and key in words:
            return words[key]
    return None


def _snapshot(spark: SparkSession, uri: str) -> Any:
    jvm: Any = spark._jvm
    return jvm.org.apache.spark.sql.delta.DeltaLog.forTableWithSnapshot(spark._jsparkSession, uri)._2()
