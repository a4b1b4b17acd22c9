"""Updates the history of customers: every state that one was in, from when until when.

python jobs/analytics/update_customer_dimension_scd2.py --env local --date 2026-01-05

It is made from bronze, where every change is that was delivered; silver has the newest alone. A run takes the dates of
bronze that were written since the last one, so it does not matter how often it runs, nor in which order dates come.
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the package is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

import datetime as dt
import logging

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.common.build import FULL_REFRESH, as_declared, build_arguments, commit_of, output_of
from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.contract import Contract
from jobs.common.gold.customers import HISTORY, with_keys
from jobs.common.read.table import Table, positions_read, table_of
from jobs.common.result import DatasetResult, JobResult
from jobs.common.write import scd2

JOB = "customer_dimension_scd2"
CHANGES = "snowflake_customers_bronze"
log = logging.getLogger("dataplat.history")


def run(context: RunContext) -> JobResult:
    """Bring the history up to what was delivered."""
    contract, source = output_of(context), table_of(context, CHANGES)
    uri, commit = context.storage.table(contract), commit_of(context, (source,))

    def shape(versions: DataFrame) -> DataFrame:
        return as_declared(with_keys(versions), contract)

    changes = _changes(context, contract, source)
    if changes is None:
        scd2.rebuild(source.frame, uri, HISTORY, shape, commit)
        count = context.spark.read.format("delta").load(uri).count()
        details: dict[str, object] = {"versionsWritten": count}
    else:
        count = changes.count()
        written = scd2.scd2(changes, uri, HISTORY, shape, commit)
        details = {"versionsWritten": written.put, "versionsRemoved": written.removed}
    log.info("%s: %d changes, %s", contract.id, count, details)
    output = DatasetResult(contract.id, count, count, 0, {})
    return JobResult(context.job.id, context.date.isoformat(), context.run_id, (output,), details)


def _changes(context: RunContext, contract: Contract, source: Table) -> DataFrame | None:
    """The changes that the history may not have; None: it is to be made of all there are."""
    uri = context.storage.table(contract)
    known = positions_read(context.spark, uri)
    if context.arguments.get(FULL_REFRESH) or CHANGES not in known:
        return None
    there = context.spark.read.format("delta").load(uri).columns
    if set(there) != {column.name for column in contract.columns}:
        return None  # the contract has changed since
    dates = source.partitions_since(known[CHANGES])
    if dates is None:
        return source.frame
    return source.frame.where(F.col("ingest_date").isin([dt.date.fromisoformat(date) for date in dates]))


if __name__ == "__main__":
    main(JOB, run, __file__, more=build_arguments)
