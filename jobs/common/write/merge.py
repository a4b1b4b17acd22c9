"""The strategy `merge`: a table holds the newest state of every key, by what its contract says of it.

The newest of several changes is the one with the highest `merge.orderedBy`; where these are the same, the one with the
highest values in all other columns, so that it never depends on which came first. A deletion is a change like any
other: the row stays, marked by `merge.deletedBy`, so that a late change cannot bring it back.

What a merge costs is what the change costs. Only files that can hold a key of the batch are looked at: those of the
partitions that the rows are in and, by the statistics that Delta keeps of each file, of the keys' range. A key whose
rows are in none of these partitions may have moved (an order whose day was corrected): it is looked for elsewhere, by
its own range, which for keys that rise with time is past the end of all files. Rows that change nothing are left out
before Delta sees them, so that no file is written anew for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import Any

from delta.tables import DeltaTable
from pyspark import StorageLevel
from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.common.contract import Contract, spark_schema, spark_type
from jobs.common.write.detached import detached
from jobs.common.write.settings import EVOLVE, METADATA, settings

GONE = "_gone"
"""The column of changes that says: this row, exactly so, is no longer among what the table is made of."""

_APPLICATION = "spark.databricks.delta.write.txnAppId"
_NUMBER = "spark.databricks.delta.write.txnVersion"
_REMOVE, _CERTAIN, _THERE = "_remove", "_certain", "_there"
_RANGED = ("string", "tinyint", "smallint", "int", "bigint", "date", "decimal")
_NAMED_PARTITIONS = 1000  # more of them are told by their range
_NAMED_RANGES = 100


@dataclass(frozen=True)
class Transaction:
    """A number that is kept with the commit; under the same one nothing is written twice."""

    application: str
    number: int


@dataclass(frozen=True)
class Merged:
    """What a merge did to a table."""

    read: int = 0
    """How many rows it was given."""
    inserted: int = 0
    updated: int = 0
    removed: int = 0

    @property
    def written(self) -> int:
        """How many keys are not as they were."""
        return self.inserted + self.updated + self.removed


def merge(
    changes: DataFrame,
    uri: str,
    contract: Contract,
    commit: Mapping[str, object],
    transaction: Transaction | None = None,
    current: DataFrame | None = None,
    later_wins: bool = False,
) -> Merged:
    """Bring changes into a table, in one Delta commit, or in none where nothing changes and there is no `transaction`.

    `changes` has the contract's columns, any number of rows a key. It may have `GONE` too: where the table has exactly
    such a row, the key is looked up anew in `current`, everything that the table is made of, and leaves the table where
    that has it no longer. `later_wins`: a row replaces one of the same order, however the two differ.
    """
    spark = changes.sparkSession
    if GONE not in changes.columns:
        changes = changes.withColumn(GONE, F.lit(False))
    with _kept(changes):
        if not DeltaTable.isDeltaTable(spark, uri):
            return _create(changes, uri, contract, commit, transaction)
        touched = _touched(changes, contract)
        if touched.rows == 0:
            _say(spark, uri, contract, commit, transaction)
            return Merged()
        with _kept(detached(_decided(changes, uri, contract, touched, current, later_wins))) as decided:
            counts = _touched(decided, contract)
            if counts.rows == 0:
                _say(spark, uri, contract, commit, transaction)
                return Merged(read=touched.rows)
            with settings(spark, {EVOLVE: "true", **_words(commit, transaction)}):
                _execute(decided, uri, contract, counts)
            return Merged(
                read=touched.rows,
                inserted=counts.rows - counts.found,
                updated=counts.found - counts.removed,
                removed=counts.removed,
            )


def newest(rows: DataFrame, contract: Contract) -> DataFrame:
    """One row a key: the newest."""
    names = [column.name for column in contract.columns]
    last = F.max_by(F.struct(*names), F.struct(*_order(rows, contract)))
    return rows.groupBy(*contract.primary_key).agg(last.alias("_last")).select("_last.*")


def comparable(frame: DataFrame, name: str) -> Expression:
    """A column as what can be compared and grouped by: a map has no order of its own."""
    kind = frame.schema[name].dataType.typeName()
    return F.array_sort(F.map_entries(name)) if kind == "map" else F.col(name)


Range = Mapping[str, "tuple[object, object]"]
"""The lowest and the highest value of each column of the key that has an order."""


@dataclass(frozen=True)
class _Touched:
    """Which part of a table rows concern."""

    rows: int = 0
    gone: int = 0
    found: int = 0
    removed: int = 0
    keys: tuple[Range, ...] = ()
    """One for each partition that the rows are to be in; in a table without any, one."""
    partitions: frozenset[tuple[object, ...]] = frozenset()
    """Those that the rows are to be in, and those that they are in."""

    def keys_of(self, frame: str | None = None) -> Expression:
        """Whether a row's key is within one of the ranges."""
        ranges = [
            reduce(
                lambda left, right: left & right,
                (_column(name, frame).between(F.lit(low), F.lit(high)) for name, (low, high) in one.items()),
                F.lit(True),
            )
            for one in (self.keys if len(self.keys) <= _NAMED_RANGES else [_around(self.keys)])
        ]
        return reduce(lambda left, right: left | right, ranges)

    def partitions_of(self, names: Sequence[str], frame: str | None = None) -> Expression:
        """Whether a row is in one of the partitions."""
        conditions = [F.lit(True)]
        for place, name in enumerate(names):
            values: list[Any] = sorted({one[place] for one in self.partitions if one[place] is not None})
            column = _column(name, frame)
            named = column.isin(values)
            if len(values) > _NAMED_PARTITIONS:
                named = column.between(F.lit(values[0]), F.lit(values[-1]))
            named = named & column.isNotNull()  # so that what is elsewhere is the opposite of it
            if any(one[place] is None for one in self.partitions):
                named = named | column.isNull()
            conditions.append(named)
        return reduce(lambda left, right: left & right, conditions)


def _touched(rows: DataFrame, contract: Contract) -> _Touched:
    """Look through the rows once."""
    has, ranged = set(rows.columns), _ranged(contract)
    place = _place(contract).alias("place")
    there = F.col(_THERE).alias("there") if _THERE in has else F.lit(None).cast("boolean").alias("there")
    groups = (
        rows.groupBy(place, there)
        .agg(
            F.count("*").alias("rows"),
            (F.count_if(GONE) if GONE in has else F.lit(0)).alias("gone"),
            (F.count_if(_REMOVE) if _REMOVE in has else F.lit(0)).alias("removed"),
            *(F.min(name).alias(f"low_{name}") for name in ranged),
            *(F.max(name).alias(f"high_{name}") for name in ranged),
        )
        .collect()
    )
    ranges: dict[Any, list[Range]] = {}
    for row in groups:
        ranges.setdefault(row["place"], []).append(
            {name: (row[f"low_{name}"], row[f"high_{name}"]) for name in ranged}
        )
    places = {one for row in groups for one in (row["place"], row["there"]) if one is not None}
    return _Touched(
        rows=sum(row["rows"] for row in groups),
        gone=sum(row["gone"] for row in groups),
        found=sum(row["rows"] for row in groups if row["there"] is not None),
        removed=sum(row["removed"] for row in groups),
        keys=tuple(_around(found) for found in ranges.values()),
        partitions=frozenset(tuple(one) for one in places) if contract.partitioned_by else frozenset(),
    )


def _around(ranges: Sequence[Range]) -> Range:
    """One range that holds them all."""
    found: dict[str, tuple[object, object]] = {}
    for name in ranges[0]:
        values: list[Any] = [value for one in ranges for value in one[name]]
        found[name] = (min(values), max(values))
    return found


def _decided(
    changes: DataFrame,
    uri: str,
    contract: Contract,
    touched: _Touched,
    current: DataFrame | None,
    later_wins: bool,
) -> DataFrame:
    """What there is to do, a row a key: the row to be there, whether the key is there (`_THERE`, its partition),
    whether it is to leave the table (`_REMOVE`), and whether the row is to be there whatever its order (`_CERTAIN`).
    """
    spark, key = changes.sparkSession, list(contract.primary_key)
    names = [column.name for column in contract.columns]
    table = _as_declared(spark.read.format("delta").load(uri), contract)
    within = touched.partitions_of(contract.partitioned_by)
    there = table.where(within & touched.keys_of())
    incoming = newest(changes.where(~F.col(GONE)), contract).withColumn(_CERTAIN, F.lit(False))
    lost = None
    if touched.gone and current is not None:
        same = [comparable(there, name).alias(name) for name in names]
        gone = changes.where(GONE).select(*same).distinct()
        stale = _semi(there.select(*same), gone, names).select(*key)
        again = newest(_semi(current.where(touched.keys_of()), stale, key), contract)
        incoming = incoming.join(stale, key, "left_anti").unionByName(again.withColumn(_CERTAIN, F.lit(True)))
        lost = there.join(stale, key, "left_semi").join(again, key, "left_anti")
    if contract.partitioned_by:
        there = there.unionByName(
            _moved(table.where(~within), incoming.join(there, key, "left_anti"), contract)
        )
    was = there.select(*key, F.struct(*_order(there, contract)).alias("_was"), _place(contract).alias(_THERE))
    order, now = _order(incoming, contract), F.struct(*_order(incoming, contract))
    wins = now > F.col("_was")
    if later_wins:
        length = len(contract.ordered_by)
        older = F.struct(*order[:length]) < F.struct(*(F.col(f"_was.{name}") for name in contract.ordered_by))
        wins = ~older & (now != F.col("_was"))
    if current is not None:
        wins = wins | (F.col(_CERTAIN) & (now != F.col("_was")))
    decided = (
        incoming.join(was, key, "left")
        .where(F.col("_was").isNull() | wins)
        .select(*names, _THERE, _CERTAIN, F.lit(False).alias(_REMOVE))
    )
    if lost is None:
        return decided
    return decided.unionByName(
        lost.select(
            *names, _place(contract).alias(_THERE), F.lit(True).alias(_CERTAIN), F.lit(True).alias(_REMOVE)
        )
    )


def _moved(elsewhere: DataFrame, unmatched: DataFrame, contract: Contract) -> DataFrame:
    """The rows of a partitioned table that have a key of the unmatched ones, in whichever partition they are."""
    bounds = _touched(unmatched, contract)
    if bounds.rows == 0:
        return elsewhere.limit(0)
    return _semi(
        elsewhere.where(bounds.keys_of()), unmatched.select(*contract.primary_key), contract.primary_key
    )


def _execute(decided: DataFrame, uri: str, contract: Contract, touched: _Touched) -> None:
    same = reduce(
        lambda left, right: left & right,
        (F.col(f"there.`{name}`") == F.col(f"new.`{name}`") for name in contract.primary_key),
    )
    where = same & touched.partitions_of(contract.partitioned_by, "there") & touched.keys_of("there")
    values: dict[str, str | Expression] = {
        f"`{column.name}`": F.col(f"new.`{column.name}`") for column in contract.columns
    }
    # What was decided is decided on the table as it was; should it have changed since, nothing goes back all the same.
    order = [
        F.struct(*(F.col(f"{side}.`{name}`") for name in contract.ordered_by)) for side in ("new", "there")
    ]
    (
        DeltaTable.forPath(decided.sparkSession, uri)
        .alias("there")
        .merge(decided.alias("new"), where)
        .whenMatchedDelete(F.col(f"new.{_REMOVE}"))
        .whenMatchedUpdate(F.col(f"new.{_CERTAIN}") | (order[0] >= order[1]), set=values)
        .whenNotMatchedInsert(~F.col(f"new.{_REMOVE}"), values=values)
        .execute()
    )


def _create(
    changes: DataFrame,
    uri: str,
    contract: Contract,
    commit: Mapping[str, object],
    transaction: Transaction | None,
) -> Merged:
    """The first write: files of one partition each, in the order of the keys, so that merges can pass over them."""
    schema = spark_schema(contract)
    rows = newest(changes.where(~F.col(GONE)), contract).select(
        *(F.col(one.name).cast(one.dataType).alias(one.name, metadata=one.metadata) for one in schema)
    )
    if contract.partitioned_by:
        rows = rows.repartition(*contract.partitioned_by)
    rows = rows.sortWithinPartitions(*contract.partitioned_by, *contract.primary_key)
    writer = (
        rows.write.format("delta")
        .partitionBy(*contract.partitioned_by)
        .option("userMetadata", json.dumps(commit))
    )
    if transaction is not None:
        writer = writer.option("txnAppId", transaction.application).option("txnVersion", transaction.number)
    writer.save(uri)
    said = DeltaTable.forPath(changes.sparkSession, uri).history(1).collect()[0]["operationMetrics"]
    return Merged(read=changes.count(), inserted=int(said["numOutputRows"]))


def _say(
    spark: SparkSession,
    uri: str,
    contract: Contract,
    commit: Mapping[str, object],
    transaction: Transaction | None,
) -> None:
    """A commit without content, for what it says."""
    if transaction is None:
        return
    nothing = spark.createDataFrame([], spark.read.format("delta").load(uri).schema)
    (
        nothing.write.format("delta")
        .mode("append")
        .option("txnAppId", transaction.application)
        .option("txnVersion", transaction.number)
        .option("userMetadata", json.dumps(commit))
        .save(uri)
    )


def _order(rows: DataFrame, contract: Contract) -> list[Expression]:
    """What orders the changes of a key: what the contract says, then everything else."""
    others = [
        column.name
        for column in contract.columns
        if column.name not in (*contract.ordered_by, *contract.primary_key)
    ]
    return [comparable(rows, name).alias(name) for name in (*contract.ordered_by, *others)]


def _place(contract: Contract) -> Expression:
    """The partition that a row is in; of a table without any, that there is a row."""
    return F.struct(*contract.partitioned_by) if contract.partitioned_by else F.lit(True)


def _as_declared(table: DataFrame, contract: Contract) -> DataFrame:
    """A table with the columns of its contract; those that it has not gained yet are empty."""
    return table.select(
        *(
            F.col(column.name)
            if column.name in table.columns
            else F.lit(None).cast(spark_type(column.type)).alias(column.name)
            for column in contract.columns
        )
    )


def _semi(rows: DataFrame, others: DataFrame, names: Sequence[str]) -> DataFrame:
    """The rows that agree with one of the others in these columns, empty ones included."""
    left, right = rows.alias("_rows"), others.alias("_others")
    same = (F.col(f"_rows.`{name}`").eqNullSafe(F.col(f"_others.`{name}`")) for name in names)
    return left.join(right, reduce(lambda one, other: one & other, same), "left_semi")


def _ranged(contract: Contract) -> list[str]:
    kinds = {column.name: column.type for column in contract.columns}
    return [name for name in contract.primary_key if kinds[name].startswith(_RANGED)]


def _column(name: str, frame: str | None) -> Expression:
    return F.col(f"`{name}`" if frame is None else f"{frame}.`{name}`")


def _words(commit: Mapping[str, object], transaction: Transaction | None) -> dict[str, str]:
    words = {METADATA: json.dumps(commit)}
    if transaction is not None:
        words.update({_APPLICATION: transaction.application, _NUMBER: str(transaction.number)})
    return words


@contextmanager
def _kept(frame: DataFrame) -> Iterator[DataFrame]:
    """A frame that is computed once while it is used."""
    kept = frame.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield kept
    finally:
        kept.unpersist()
