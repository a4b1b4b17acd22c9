"""Masks applied to tables: a copy that is masked, or the table itself.

A copy is written anew when its origin, a mask or the key is another than last time; its commit says which these were.
In a table itself each row says, in a column of the contract, which of its columns are masked; that is written with the
masks, so that neither a second run nor one after a crash masks anything twice. A row that is written anew later comes
without it, and is masked by the next run.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import logging
from collections.abc import Iterable, Mapping
from functools import reduce

from delta.tables import DeltaTable
from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.common.context import RunContext
from jobs.common.contract import Contract
from jobs.common.errors import UsageError
from jobs.common.masking import fingerprint, masked, masks_of, needs_key
from jobs.common.result import DatasetResult, JobResult
from jobs.common.secret import Secret, masking_key
from jobs.common.table_files import commit_words, latest_version
from jobs.common.write.settings import METADATA, settings

log = logging.getLogger("dataplat.masking")

_WORDS = "masked"


def masking_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the job that masks."""
    parser.add_argument(
        "--dataset",
        metavar="ID",
        action="append",
        help="mask this one of the job's outputs; may be repeated (default: all)",
    )
    parser.add_argument(
        "--dry-run",
        nargs="?",
        const="true",
        default="false",
        choices=("true", "false"),
        help="say how many rows would be masked, and write nothing",
    )


def apply_masks(context: RunContext) -> JobResult:
    """Mask each of the job's outputs: those that are copies, and those that are masked in place."""
    contracts = [context.declaration.contract(name) for name in chosen(context)]
    for contract in contracts:
        if contract.masked_copy_of is None and contract.mask_in_place is None:
            raise UsageError(f'{contract.id} has neither "maskedCopyOf" nor "maskInPlace" in its contract')
    key: Secret | None = None
    results: list[DatasetResult] = []
    report: list[Mapping[str, object]] = []
    for contract in contracts:
        origin = _origin(context, contract)
        if needs_key(origin) and key is None:
            key = masking_key(context.environment)
        uri = context.storage.table(origin)
        if not DeltaTable.isDeltaTable(context.spark, uri):
            warning = f"{origin.id}: there is no table yet; nothing was masked"
            log.warning("%s", warning)
            results.append(DatasetResult(contract.id, 0, 0, 0, {}, warnings=(warning,)))
            continue
        if contract.masked_copy_of is not None:
            rows, told = _copy(context, origin, contract, key)
        else:
            rows, told = _in_place(context, contract, key)
        log.info("%s: %s", contract.id, ", ".join(f"{name} {value}" for name, value in told.items()))
        results.append(DatasetResult(contract.id, rows, rows, 0, {}))
        report.append({"dataset": contract.id, **told})
    return JobResult(
        context.job.id, context.date.isoformat(), context.run_id, tuple(results), {"tables": report}
    )


def chosen(context: RunContext) -> tuple[str, ...]:
    """The outputs that the run is about."""
    named = context.arguments.get("dataset") or []
    for name in named:
        if name not in context.job.outputs:
            raise UsageError(
                f"{context.job.id} does not write {name}; it writes {', '.join(context.job.outputs)}"
            )
    return tuple(named) or context.job.outputs


def is_dry(context: RunContext) -> bool:
    """Whether the run only tells what it would do."""
    return context.arguments.get("dry_run") in ("true", True)


def _origin(context: RunContext, contract: Contract) -> Contract:
    return (
        contract if contract.masked_copy_of is None else context.declaration.contract(contract.masked_copy_of)
    )


def _copy(
    context: RunContext, origin: Contract, copy: Contract, key: Secret | None
) -> tuple[int, Mapping[str, object]]:
    spark, from_uri, to_uri = context.spark, context.storage.table(origin), context.storage.table(copy)
    version = latest_version(spark, from_uri)
    columns = [column.name for column in copy.columns]
    words = {"of": origin.id, "version": version, "masks": fingerprint(origin, key), "columns": columns}
    if DeltaTable.isDeltaTable(spark, to_uri) and commit_words(spark, to_uri, _WORDS) == words:
        return 0, {"how": "copy", "state": "up to date", "version": version, "rows": 0}
    rows = spark.read.format("delta").option("versionAsOf", version).load(from_uri)
    rows = masked(_as_declared(rows, origin), origin, key).select(*columns)
    if is_dry(context):
        count = rows.count()
        return 0, {"how": "copy", "state": "would be written", "version": version, "rows": count}
    commit = {**_commit(context), _WORDS: words}
    (
        rows.write.format("delta")
        .mode("overwrite")
        .option("overwriteSchema", "true")
        .partitionBy(*copy.partitioned_by)
        .option("userMetadata", json.dumps(commit))
        .save(to_uri)
    )
    count = _metric(context, to_uri, "numOutputRows")
    return count, {"how": "copy", "state": "written", "version": version, "rows": count}


def _in_place(
    context: RunContext, contract: Contract, key: Secret | None
) -> tuple[int, Mapping[str, object]]:
    spark, uri = context.spark, context.storage.table(contract)
    in_place = contract.mask_in_place
    assert in_place is not None  # noqa: S101 -- looked at before
    table = spark.read.format("delta").load(uri)
    if in_place.marked_by not in table.columns:
        if is_dry(context):
            count = table.where(_old_enough(context, contract)).count()
            return 0, {"how": "in place", "state": "would be masked", "rows": count}
        spark.sql(f"alter table delta.`{uri}` add columns (`{in_place.marked_by}` string)")
        table = spark.read.format("delta").load(uri)
    due = _due(context, contract)
    if is_dry(context):
        return 0, {"how": "in place", "state": "would be masked", "rows": table.where(due).count()}
    masks = masks_of(contract, key)
    here = {name: mask for name, mask in masks.items() if name in table.columns}
    marker = F.col(in_place.marked_by)
    done = F.split(F.coalesce(marker, F.lit("")), ",")
    values: dict[str, str | Expression] = {
        f"`{name}`": F.when(F.array_contains(done, name), F.col(name)).otherwise(mask)
        for name, mask in here.items()
    }
    # What was masked once stays marked, though its mask may have left the contract.
    both = F.array_union(F.array_remove(done, ""), F.array(*(F.lit(name) for name in sorted(masks))))
    values[f"`{in_place.marked_by}`"] = F.array_join(F.array_sort(both), ",")
    words = {"columns": sorted(masks), "masks": fingerprint(contract, key)}
    rows = commits = 0
    # A partition a commit: a run that is ended in the middle has lost the one that it was at.
    for where in _partitions(table.where(due), contract):
        with settings(spark, {METADATA: json.dumps({**_commit(context), _WORDS: words})}):
            DeltaTable.forPath(spark, uri).update(where & due, values)
        rows += _metric(context, uri, "numUpdatedRows")
        commits += 1
    told: dict[str, object] = {"how": "in place", "state": "masked", "rows": rows, "commits": commits}
    if rows:
        kept = context.declaration.dataset(contract.id).maintenance.keep_versions
        told["unmasked versions"] = f"readable until a vacuum {kept / dt.timedelta(days=1):g}d from now"
    return rows, told


def _due(context: RunContext, contract: Contract) -> Expression:
    """The rows that are to be masked: old enough, and with a column that has a mask and is not yet masked. Files all of
    whose rows are masked are told by their statistics, and are not read.
    """
    in_place = contract.mask_in_place
    assert in_place is not None  # noqa: S101 -- looked at before
    marker, names = F.col(in_place.marked_by), sorted(contract.masks)
    done = F.split(marker, ",")
    whole = _all(F.array_contains(done, name) for name in names)
    return _old_enough(context, contract) & (marker.isNull() | ((marker != F.lit(",".join(names))) & ~whole))


def _old_enough(context: RunContext, contract: Contract) -> Expression:
    in_place = contract.mask_in_place
    if in_place is None or in_place.since is None:
        return F.lit(True)
    end = dt.datetime.combine(context.date + dt.timedelta(days=1), dt.time(), dt.timezone.utc)
    before = end - context.declaration.dataset(contract.id).mask_after
    kinds = {column.name: column.type for column in contract.columns}
    if kinds[in_place.since] == "date":
        return F.col(in_place.since) < F.lit(before.date())
    return F.col(in_place.since) < F.timestamp_seconds(F.lit(int(before.timestamp())))


def _partitions(due: DataFrame, contract: Contract) -> list[Expression]:
    """Where there are rows to be masked: a condition for each partition."""
    names = contract.partitioned_by
    if not names:
        return [F.lit(True)] if due.limit(1).collect() else []
    rows = due.select(*names).distinct().orderBy(*names).collect()
    return [_all(F.col(name).eqNullSafe(F.lit(row[name])) for name in names) for row in rows]


def _commit(context: RunContext) -> dict[str, object]:
    return {"job": context.job.id, "date": context.date.isoformat(), "runId": context.run_id}


def _metric(context: RunContext, uri: str, name: str) -> int:
    """A number that Delta told of the last commit."""
    said = DeltaTable.forPath(context.spark, uri).history(1).collect()[0]["operationMetrics"]
    return int(said.get(name, 0))


def _as_declared(rows: DataFrame, contract: Contract) -> DataFrame:
    """Rows of a table that lacks what its contract has gained since: null."""
    there = set(rows.columns)
    return rows.select(
        *(
            F.col(one.name) if one.name in there else F.lit(None).cast(one.type).alias(one.name)
            for one in contract.columns
        )
    )


def _all(conditions: Iterable[Expression]) -> Expression:
    return reduce(lambda one, other: one & other, conditions)
