"""Tables of the lake as inputs of a job, and which of their partitions have changed since it last looked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from delta.tables import DeltaTable
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.common.context import RunContext
from jobs.common.contract import Contract
from jobs.common.errors import InputMissingError

READ = "read"
_ACTION = "struct<partitionValues:map<string,string>,dataChange:boolean>"


@dataclass(frozen=True)
class Position:
    """A version of a table, and Delta's own id of it: one that was dropped and made anew has another."""

    table: str
    version: int


@dataclass(frozen=True)
class Table:
    """A table as it stood at one version, the newest when it was asked for."""

    spark: SparkSession
    contract: Contract
    uri: str
    position: Position

    @cached_property
    def frame(self) -> DataFrame:
        """Its rows. Whatever is committed while the job runs is left to the next run."""
        return self.spark.read.format("delta").option("versionAsOf", self.position.version).load(self.uri)

    def partitions_since(self, known: Position) -> list[str] | None:
        """The values of its partition column in every commit since that changed rows; None where that cannot be told,
        for the log does not reach back that far or it is another table. What only moves rows to other files does not
        count.
        """
        if known.table != self.position.table:
            return None
        (column,) = self.contract.partitioned_by
        log = self.uri.rstrip("/") + "/_delta_log"
        commits = [
            f"{log}/{number:020d}.json" for number in range(known.version + 1, self.position.version + 1)
        ]
        if not commits:
            return []
        actions = F.explode(F.array("add", "remove"))
        try:
            lines = self.spark.read.schema(f"add {_ACTION}, remove {_ACTION}").json(commits)
            changed = lines.select(actions.alias("action")).where("action.dataChange")
            values = changed.select(f"action.partitionValues.{column}").distinct().collect()
        except AnalysisException:
            return None
        return None if any(row[0] is None for row in values) else sorted(row[0] for row in values)


def table_of(context: RunContext, dataset: str) -> Table:
    """An input of a job.

    :raises InputMissingError: nothing has been written to it yet
    """
    contract = context.declaration.contract(dataset)
    uri = context.storage.table(contract)
    if not DeltaTable.isDeltaTable(context.spark, uri):
        raise InputMissingError(
            f"{context.job.id} reads {dataset}, and there is no table yet at {uri}; nothing was written. "
            f"Run what writes it first, for example: "
            f"dataplat backfill {contract.layer} --date {context.date.isoformat()}"
        )
    table = DeltaTable.forPath(context.spark, uri)
    version = table.history(1).select("version").collect()[0][0]
    return Table(context.spark, contract, uri, Position(table.detail().select("id").collect()[0][0], version))


def positions_read(spark: SparkSession, uri: str) -> Mapping[str, Position]:
    """Up to where a table has what its inputs say: what its newest commit that knows of it tells."""
    if not DeltaTable.isDeltaTable(spark, uri):
        return {}
    history = DeltaTable.forPath(spark, uri).history().select("version", "userMetadata")
    for row in history.where(F.col("userMetadata").isNotNull()).orderBy(F.desc("version")).toLocalIterator():
        try:
            words = json.loads(row["userMetadata"])
        except ValueError:
            continue  # somebody else's
        if isinstance(words, dict) and isinstance(words.get(READ), dict):
            return {
                dataset: Position(str(table), int(version))
                for dataset, (table, version) in words[READ].items()
            }
    return {}


def reading(inputs: Sequence[Table]) -> dict[str, object]:
    """What the words of a commit say of the inputs that its rows were made of."""
    return {READ: {one.contract.id: [one.position.table, one.position.version] for one in inputs}}
