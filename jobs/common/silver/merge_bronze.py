"""The one path of every silver table: what is new in bronze -> silver's rows -> merged by key, in one commit that says
up to where bronze has been read.

So a run that fails has changed nothing, a run that is repeated finds nothing new, and it does not matter in which order
dates are run: what silver holds is what bronze holds of every key at last.
"""

from __future__ import annotations

import argparse
import datetime as dt
import logging
from collections.abc import Mapping

from delta.tables import DeltaTable

from jobs.common.context import RunContext
from jobs.common.contract import Contract
from jobs.common.delta_log import state_of
from jobs.common.errors import DeclarationError
from jobs.common.result import ColumnsTaken, DatasetResult, JobResult
from jobs.common.silver.changes import Bronze, changes_of, columns_taken
from jobs.common.silver.position import Position, position_of
from jobs.common.write import Merged, merge

log = logging.getLogger("dataplat.silver")


def merge_arguments(parser: argparse.ArgumentParser) -> None:
    """The argument of the jobs that merge bronze into silver."""
    parser.add_argument(
        "--full-refresh",
        action="store_true",
        help="compare all of bronze up to the date with all of silver, not just what is new in bronze",
    )


def merge_bronze(context: RunContext) -> JobResult:
    """Run a job whose inputs are bronze datasets, each for the silver one at the same place of its outputs.

    :raises DeclarationError: the two do not belong together
    """
    job = context.job
    contracts = [
        (context.declaration.contract(bronze), context.declaration.contract(silver))
        for bronze, silver in zip(job.inputs, job.outputs)
    ]
    if len(job.inputs) != len(job.outputs) or any(silver.write != "merge" for _, silver in contracts):
        raise DeclarationError(
            f"job {job.id}: it merges datasets into as many others in the same order, which are written by merge"
        )
    done = [_merge_one(context, bronze, silver) for bronze, silver in contracts]
    details = {"merged": [said for _, said in done]}
    return JobResult(
        job.id, context.date.isoformat(), context.run_id, tuple(output for output, _ in done), details
    )


def _merge_one(
    context: RunContext, bronze: Contract, silver: Contract
) -> tuple[DatasetResult, dict[str, object]]:
    spark, date = context.spark, context.date
    source, target = context.storage.table(bronze), context.storage.table(silver)
    if not DeltaTable.isDeltaTable(spark, source):
        warning = f"{silver.id}: there is no table of {bronze.id} yet; nothing was read"
        log.warning("%s", warning)
        return DatasetResult(silver.id, 0, 0, 0, {}, warnings=(warning,)), {"dataset": silver.id}
    delivered = context.declaration.source_of(bronze.id)
    tables = Bronze(
        spark,
        source,
        bronze,
        state_of(spark, source),
        target,
        silver,
        incremental=delivered is not None and delivered.watermark is not None,
    )
    words = {"job": context.job.id, "date": date.isoformat(), "runId": context.run_id}
    done = merge_new(tables, date, words, bool(context.arguments.get("full_refresh")))
    if done is None:
        log.info("%s of %s: nothing is new in %s", silver.id, date, bronze.id)
        return DatasetResult(silver.id, 0, 0, 0, {}), {
            "dataset": silver.id,
            "bronzeVersion": tables.state.version,
        }
    return _result(context, bronze, silver, *done)


def merge_new(
    tables: Bronze, date: dt.date, words: Mapping[str, object], full: bool = False
) -> tuple[Position, Merged] | None:
    """Merge what is new of the dates up to one, and say where silver is then. None: nothing is new."""
    position = None
    if DeltaTable.isDeltaTable(tables.spark, tables.silver_uri):
        position = position_of(tables.spark, tables.silver_uri, tables.contract, tables.state)
    changes = changes_of(tables, position, date, full)
    if changes is None:
        return None
    # Under a number that has not risen Delta would write nothing; what a full comparison finds is written all the same.
    risen = position is None or changes.position > position
    merged = merge(
        changes.rows,
        tables.silver_uri,
        tables.silver,
        {**words, "read": {"dataset": tables.contract.id, **_where(changes.position)}},
        changes.position.transaction(tables.contract, tables.state) if risen else None,
        changes.current,
    )
    return changes.position, merged


def _result(
    context: RunContext, bronze: Contract, silver: Contract, position: Position, merged: Merged
) -> tuple[DatasetResult, dict[str, object]]:
    log.info(
        "%s of %s: %d rows of %s are new or gone; %d keys inserted, %d updated, %d removed",
        silver.id,
        context.date,
        merged.read,
        bronze.id,
        merged.inserted,
        merged.updated,
        merged.removed,
    )
    result = DatasetResult(
        silver.id,
        merged.read,
        merged.written,
        0,
        {},
        rows_superseded=merged.read - merged.written,
        taken=ColumnsTaken(bronze.id, columns_taken(bronze, silver)),
    )
    return result, {
        "dataset": silver.id,
        "inserted": merged.inserted,
        "updated": merged.updated,
        "removed": merged.removed,
        **_where(position),
    }


def _where(position: Position) -> dict[str, object]:
    return {"bronzeVersion": position.version, "through": position.through.isoformat()}
