"""Tables kept in order: small files brought together, rows laid by what they are asked for, old versions let go.

Nothing is done where there is nothing to do, so that a second run leaves every table at its version. What there is to
do is seen in a table's log, by the sizes of its files; none of them is opened for it.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from delta.tables import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.common.declaration import Maintenance
from jobs.common.table_files import File, files_of
from jobs.common.write.settings import settings

log = logging.getLogger("dataplat.maintenance")

LEAST_KEPT = dt.timedelta(days=7)
"""What Delta itself takes for the least: writers and readers may be at work on what is a little younger."""

_DELTA = "spark.databricks.delta."
_MEGABYTE = 1024 * 1024
_HOUR = dt.timedelta(hours=1)

Partition = tuple[tuple[str, "str | None"], ...]


@dataclass(frozen=True)
class Plan:
    """What is to be done to the files of a table."""

    compact: tuple[Partition, ...] = ()
    """The partitions whose small files are worth bringing together; a table without any is one of no name."""
    order: tuple[Partition, ...] = ()
    """Those whose rows are to be laid anew."""
    cluster: bool = False
    """Whether the table, without partitions, is to lay new rows by its columns."""

    @property
    def nothing(self) -> bool:
        """Whether everything is in order."""
        return not (self.compact or self.order or self.cluster)


def plan_of(files: Sequence[File], wanted: Maintenance, ordered: int | None) -> Plan:
    """What there is to do. `ordered`: when the rows were last laid (milliseconds since 1970); None: never. Pure.

    A file is small below half of what files are to become. Small ones are brought together where fewer come of it.
    """
    target = wanted.file_megabytes * _MEGABYTE
    by_partition: dict[Partition, list[File]] = defaultdict(list)
    for file in files:
        by_partition[file.partition].append(file)
    compact, order = [], []
    for partition, there in sorted(by_partition.items(), key=str):
        small = [file for file in there if file.size < target / 2]
        after = -(-sum(file.size for file in small) // target)
        worth = len(small) > max(1, after)
        fresh = ordered is None or any(file.modified > ordered for file in there)
        if wanted.cluster_by == "zorder" and fresh:
            order.append(partition)
        elif worth:
            compact.append(partition)
    if wanted.cluster_by == "liquid":
        return Plan(cluster=any(ordered is None or file.modified > ordered for file in files))
    return Plan(tuple(compact), tuple(order))


@dataclass(frozen=True)
class Kept:
    """What was done to a table, or would be."""

    table: str
    files: int
    files_after: int
    bytes: int
    bytes_after: int
    plan: Plan
    vacuumed: int
    """How many files of old versions are gone."""

    def document(self) -> dict[str, object]:
        """As it stands in the result line."""
        return {
            "table": self.table,
            "files": {"before": self.files, "after": self.files_after},
            "bytes": {"before": self.bytes, "after": self.bytes_after},
            "partitions": {"compacted": len(self.plan.compact), "ordered": len(self.plan.order)},
            "clustered": self.plan.cluster,
            "vacuumed": self.vacuumed,
        }

    def sentence(self) -> str:
        """For a log line."""
        done = [
            f"{len(self.plan.compact)} partitions compacted" if self.plan.compact else "",
            f"{len(self.plan.order)} partitions ordered" if self.plan.order else "",
            "clustered" if self.plan.cluster else "",
            f"{self.vacuumed} files of old versions removed" if self.vacuumed else "",
        ]
        return (
            f"{self.table}: {self.files} files of {_size(self.bytes)} before, {self.files_after} of "
            f"{_size(self.bytes_after)} after; {', '.join(filter(None, done)) or 'nothing to do'}"
        )


def keep(
    spark: SparkSession, name: str, uri: str, wanted: Maintenance, retain: dt.timedelta, dry: bool = False
) -> Kept:
    """Keep one table in order. `dry`: only look. Who calls has seen to `retain` not being too short by mistake."""
    before = files_of(spark, uri)
    plan = plan_of(before, wanted, _ordered(spark, uri, wanted))
    if not dry and not plan.nothing:
        _arrange(spark, uri, wanted, plan)
    vacuumed = _vacuum(spark, uri, retain, dry)
    after = before if dry else files_of(spark, uri)
    sizes = [sum(file.size for file in there) for there in (before, after)]
    return Kept(name, len(before), len(after), sizes[0], sizes[1], plan, vacuumed)


def _arrange(spark: SparkSession, uri: str, wanted: Maintenance, plan: Plan) -> None:
    target = wanted.file_megabytes * _MEGABYTE
    sizes = {
        f"{_DELTA}optimize.maxFileSize": str(target),
        f"{_DELTA}optimize.minFileSize": str(target // 2),
    }
    with settings(spark, sizes):
        if plan.cluster:
            detail = DeltaTable.forPath(spark, uri).detail().select("clusteringColumns").collect()[0]
            if list(detail[0]) != list(wanted.cluster_columns):
                columns = ", ".join(f"`{name}`" for name in wanted.cluster_columns)
                spark.sql(f"alter table delta.`{uri}` cluster by ({columns})")
            spark.sql(f"optimize delta.`{uri}`").collect()
        for partitions, order in ((plan.compact, ()), (plan.order, wanted.cluster_columns)):
            if not partitions:
                continue
            optimize = DeltaTable.forPath(spark, uri).optimize()
            where = _where(partitions)
            if where:
                optimize = optimize.where(where)
            (optimize.executeZOrderBy(*order) if order else optimize.executeCompaction()).collect()


def _ordered(spark: SparkSession, uri: str, wanted: Maintenance) -> int | None:
    """When the rows were last laid by the columns of the contract."""
    if wanted.cluster_by is None:
        return None
    history = DeltaTable.forPath(spark, uri).history().where(F.col("operation") == "OPTIMIZE")
    for row in history.orderBy(F.desc("version")).select("timestamp", "operationParameters").collect():
        told = row["operationParameters"]
        by = told.get("zOrderBy" if wanted.cluster_by == "zorder" else "clusterBy") or "[]"
        if [name.strip(' "`') for name in by.strip("[]").split(",")] == list(wanted.cluster_columns):
            return int(row["timestamp"].timestamp() * 1000)
    return None


def _vacuum(spark: SparkSession, uri: str, retain: dt.timedelta, dry: bool) -> int:
    """How many files of old versions are gone, or would be; of those that would be Delta counts up to a thousand."""
    hours = retain / _HOUR
    told = {f"{_DELTA}vacuum.logging.enabled": "true"}
    if retain < LEAST_KEPT:
        told[f"{_DELTA}retentionDurationCheck.enabled"] = "false"
    with settings(spark, told):
        # Told first, for a vacuum of nothing is a commit all the same.
        gone = spark.sql(f"vacuum delta.`{uri}` retain {hours:g} hours dry run").count()
        if dry or not gone:
            return gone
        table = DeltaTable.forPath(spark, uri)
        table.vacuum(hours)
        return int(table.history(1).collect()[0]["operationMetrics"].get("numDeletedFiles", gone))


def _where(partitions: Sequence[Partition]) -> str:
    """SQL that is true of these partitions; nothing of a table without."""
    each = [
        " and ".join(
            f"`{name}` is null" if value is None else f"`{name}` = {_literal(value)}" for name, value in one
        )
        for one in partitions
    ]
    return " or ".join(f"({one})" for one in each if one)


def _literal(value: str) -> str:
    text = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


def _size(count: int) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count = count / 1024  # type: ignore[assignment]
    return f"{count:.1f} TB"
