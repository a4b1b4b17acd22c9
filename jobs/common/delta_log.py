"""What a Delta table's own log says of it, beyond what Delta's Python interface tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession

CHANGE_FEED = "delta.enableChangeDataFeed"
"""The property of a table whose changes can be read, version by version."""


@dataclass(frozen=True)
class TableState:
    """A table as it stands."""

    id: str
    """Delta's own: a table that was dropped and made anew has another."""
    version: int
    feeds_changes: bool


def state_of(spark: SparkSession, uri: str) -> TableState:
    """The state of the table at an URI, which must be there."""
    snapshot = _snapshot(spark, uri)
    feed = snapshot.metadata().configuration().get(CHANGE_FEED)
    return TableState(
        id=str(snapshot.metadata().id()),
        version=int(snapshot.version()),
        feeds_changes=feed.isDefined() and str(feed.get()).lower() == "true",
    )


def transaction_of(spark: SparkSession, uri: str, application: str) -> int | None:
    """The `txnVersion` with which an application last wrote the table; None: it never has. Delta keeps it as long as
    the table, unlike what the history says, and writes nothing under the same number or a lower one.
    """
    found = _snapshot(spark, uri).transactions().get(application)
    return int(found.get()) if found.isDefined() else None


def _snapshot(spark: SparkSession, uri: str) -> Any:
    jvm: Any = spark._jvm
    return jvm.org.apache.spark.sql.delta.DeltaLog.forTableWithSnapshot(spark._jsparkSession, uri)._2()
