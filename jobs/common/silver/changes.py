"""What is new in a bronze table since silver last read it.

Rows that came, and rows that went: a rerun of a date replaces its rows, and what it no longer has must leave silver
too. What went and came back the same is neither. Two ways of going do not count:

- Rows that somebody deleted from bronze, to keep it small: silver keeps what it has of them.
- Rows of a source that is asked for its changes alone. They leave a date that is run again because they have changed
  since; their new state is in a later date, which may not have been run yet. Only what has taken their place in the
  same date tells that they were wrong.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass

from delta.tables import DeltaTable
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.common.contract import Contract, spark_type
from jobs.common.delta_log import TableState
from jobs.common.errors import DeclarationError
from jobs.common.silver.position import Position
from jobs.common.write import GONE
from jobs.common.write.merge import comparable

log = logging.getLogger("dataplat.silver")

_CLEANING = ("DELETE", "TRUNCATE")
_TIMES = "_times"


@dataclass(frozen=True)
class Bronze:
    """A bronze table and the silver one that is made of it."""

    spark: SparkSession
    uri: str
    contract: Contract
    state: TableState
    silver_uri: str
    silver: Contract
    incremental: bool = False
    """Whether a date has what changed in its source, and not what was there."""

    @property
    def day(self) -> str:
        """The column that says of which logical date a row is.

        :raises DeclarationError: there is none, or silver does not have it
        """
        partitioned_by = self.contract.partitioned_by
        kinds = {column.name: column.type for column in self.contract.columns}
        if len(partitioned_by) != 1 or kinds[partitioned_by[0]] != "date":
            raise DeclarationError(
                f"{self.contract.id}: silver is made of tables that are partitioned by a date"
            )
        if partitioned_by[0] not in {column.name for column in self.silver.columns}:
            raise DeclarationError(f"{self.silver.id}: the column {partitioned_by[0]} of bronze is missing")
        return partitioned_by[0]


@dataclass(frozen=True)
class Changes:
    """What is new, as silver's rows."""

    rows: DataFrame
    """With `GONE`."""
    current: DataFrame
    """All that bronze has of the dates that are read."""
    position: Position
    """Where silver is when it has them."""


def changes_of(
    bronze: Bronze, position: Position | None, date: dt.date, full: bool = False
) -> Changes | None:
    """What a run of `date` reads: of the dates that were read before everything that changed since, and of those up to
    `date` that were not everything that is there. Rows of later dates, whose checks are still to come, are left alone.
    None: there is nothing new. `full`: compare all of bronze with all of silver.
    """
    through = date if position is None else max(date, position.through)
    reached = Position(bronze.state.version, through)
    if position == reached and not full:
        return None
    current = _snapshot(bronze, through)
    known = None if position is None or full else _since(bronze, position)
    if position is None or known is None:
        return Changes(_corrections(bronze, _compared(bronze, current)), current, reached)
    known = _corrections(bronze, known)
    later = current.where(F.col(bronze.day) > F.lit(position.through)).withColumn(GONE, F.lit(False))
    return Changes(known if through == position.through else known.unionByName(later), current, reached)


def columns_taken(bronze: Contract, silver: Contract) -> dict[str, str]:
    """By each column of silver the one of bronze that it is, or is the day of.

    :raises DeclarationError: silver has a column that comes from nowhere
    """
    known = {column.name for column in bronze.columns}
    strange = [
        column.name for column in silver.columns if column.date_of is None and column.name not in known
    ]
    if strange:
        raise DeclarationError(
            f'{silver.id}: the column "{strange[0]}" is not in {bronze.id}, and is no day of one ("dateOf")'
        )
    return {column.name: column.date_of or column.name for column in silver.columns}


def as_silver(rows: DataFrame, bronze: Contract, silver: Contract) -> DataFrame:
    """Rows of bronze with silver's columns: the same ones, and the days of moments.

    :raises DeclarationError: silver has a column that comes from nowhere
    """
    taken = columns_taken(bronze, silver)
    values = []
    for column in silver.columns:
        name = taken[column.name]
        if column.date_of is not None:
            value = F.to_date(name)
        elif name in rows.columns:
            value = F.col(name)
        else:  # the contract has gained it, and no run has written the table since
            value = F.lit(None)
        values.append(value.cast(spark_type(column.type)).alias(column.name))
    others = [name for name in (GONE, _TIMES) if name in rows.columns]
    return rows.select(*values, *others)


def _snapshot(bronze: Bronze, through: dt.date) -> DataFrame:
    table = bronze.spark.read.format("delta").option("versionAsOf", bronze.state.version).load(bronze.uri)
    return as_silver(table.where(F.col(bronze.day) <= F.lit(through)), bronze.contract, bronze.silver)


def _since(bronze: Bronze, position: Position) -> DataFrame | None:
    """What changed of the dates that were read, by the table's change feed; None where that does not reach back."""
    first, last = position.version + 1, bronze.state.version
    nothing = _snapshot(bronze, position.through).limit(0).withColumn(GONE, F.lit(False))
    if first > last:
        return nothing if first == last + 1 else None  # a table that was set back by a copy of an older one
    if not bronze.state.feeds_changes:
        return None
    history = DeltaTable.forPath(bronze.spark, bronze.uri).history(last - first + 1)
    operations = {
        row["version"]: row["operation"] for row in history.select("version", "operation").collect()
    }
    if set(operations) != set(range(first, last + 1)):
        return None  # the log has been cleaned of some of them
    taken = [version for version, operation in operations.items() if operation not in _CLEANING]
    if not taken:
        return nothing
    went = F.col("_change_type").isin("delete", "update_preimage")
    try:
        feed = (
            bronze.spark.read.format("delta")
            .option("readChangeFeed", "true")
            .option("startingVersion", first)
            .option("endingVersion", last)
            .load(bronze.uri)
        )
        rows = feed.where(F.col(bronze.day) <= F.lit(position.through))
        if len(taken) < len(operations):
            rows = rows.where(F.col("_commit_version").isin(taken))
        counted = rows.withColumn(_TIMES, F.when(went, F.lit(-1)).otherwise(F.lit(1)))
        net = _net(as_silver(counted, bronze.contract, bronze.silver)).persist()
        net.count()  # here, where it can be seen that a vacuum has taken files that the feed wants
    except (PySparkException, Py4JJavaError) as error:
        told = str(error).strip().split("\n")[0][:300]
        log.warning(
            "%s: its change feed cannot be read, so all of it is compared: %s", bronze.contract.id, told
        )
        return None
    return net


def _compared(bronze: Bronze, current: DataFrame) -> DataFrame:
    """All of bronze beside all of silver: the rows that silver lacks, and those of it which their date no longer has.
    Of dates that bronze has nothing of, silver keeps what it has.
    """
    new = current.withColumn(_TIMES, F.lit(1))
    if not DeltaTable.isDeltaTable(bronze.spark, bronze.silver_uri):
        return current.withColumn(GONE, F.lit(False))
    table = bronze.spark.read.format("delta").load(bronze.silver_uri)
    there = as_silver(table, bronze.silver, bronze.silver).withColumn(_TIMES, F.lit(-1))
    dates = current.select(bronze.day).distinct()
    return _net(new.unionByName(there.join(dates, bronze.day, "left_semi")))


def _corrections(bronze: Bronze, rows: DataFrame) -> DataFrame:
    """The changes without the rows that have only moved on to another date."""
    if not bronze.incremental:
        return rows
    new, names = rows.where(~F.col(GONE)), [*bronze.silver.primary_key, bronze.day]
    return new.unionByName(rows.where(GONE).join(new.select(*names).distinct(), names, "left_semi"))


def _net(counted: DataFrame) -> DataFrame:
    """Rows that came more often than they went, and those that went more often than they came."""
    names = _without(counted, _TIMES)
    keys = [comparable(counted, name).alias(f"_by_{name}") for name in names]
    totals = counted.groupBy(*keys).agg(
        F.sum(_TIMES).alias(_TIMES), *(F.first(name).alias(name) for name in names)
    )
    return totals.where(F.col(_TIMES) != 0).select(*names, (F.col(_TIMES) < 0).alias(GONE))


def _without(frame: DataFrame, name: str) -> list[str]:
    return [one for one in frame.columns if one != name]
