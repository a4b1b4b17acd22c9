"""The one path of every table of gold that is computed from other tables: rows -> threshold -> what differs is written.

The order is that of an ingest. Everything is counted first; then quarantine is brought up to date; then the threshold
decides; then the table is written, in one commit. A run that finds nothing to change commits nothing.
"""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import date

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.common.context import RunContext
from jobs.common.contract import Contract, spark_schema
from jobs.common.errors import DeclarationError
from jobs.common.read.table import Table, reading
from jobs.common.result import DatasetResult, JobResult
from jobs.common.write.replace import replace_partitions, replace_rows

log = logging.getLogger("dataplat.build")

FULL_REFRESH = "full_refresh"


def build_arguments(parser: ArgumentParser) -> None:
    """The argument of every job that computes no more than what has changed."""
    parser.add_argument(
        "--full-refresh",
        action="store_true",
        help="compute the whole table anew, not just what its inputs have changed; only what differs is written",
    )


def output_of(context: RunContext) -> Contract:
    """The contract of the one table that a job writes."""
    if len(context.job.outputs) != 1:
        raise DeclarationError(f"job {context.job.id}: it builds one table, not {len(context.job.outputs)}")
    return context.declaration.contract(context.job.outputs[0])


def as_declared(rows: DataFrame, contract: Contract) -> DataFrame:
    """The contract's columns, in its order, with its types and descriptions."""
    return rows.select(
        *(
            F.col(field.name).cast(field.dataType).alias(field.name, metadata=field.metadata)
            for field in spark_schema(contract)
        )
    )


def commit_of(context: RunContext, inputs: Sequence[Table]) -> dict[str, object]:
    """The words of a commit: which run, and what it had read."""
    return {
        "job": context.job.id,
        "date": context.date.isoformat(),
        "runId": context.run_id,
        **reading(inputs),
    }


def build_dates(
    context: RunContext,
    inputs: Sequence[Table],
    rows: DataFrame,
    rejected: DataFrame,
    within: Sequence[date] | None = None,
) -> JobResult:
    """Write a table that is partitioned by a date, and its quarantine. `within`: the dates that the rows speak of.

    :raises QualityError: more rows cannot be told than the dataset bears; the table is as it was
    """
    contract = output_of(context)
    (partition,) = contract.partitioned_by
    commit = commit_of(context, inputs)
    computed = as_declared(rows, contract).persist(StorageLevel.MEMORY_AND_DISK)
    refused = rejected.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        reasons = {
            row["reason"]: row["count"]
            for row in refused.select(F.explode("_reasons").alias("reason"))
            .groupBy("reason")
            .count()
            .collect()
        }
        good, bad = computed.count(), refused.count()
        quarantine = context.storage.quarantine(contract)
        replace_partitions(refused, quarantine, partition, commit, within)
        warnings = _check_quarantined(context, contract, good, bad, reasons, quarantine)
        dates = replace_partitions(computed, context.storage.table(contract), partition, commit, within)
    finally:
        computed.unpersist()
        refused.unpersist()
    written = "all" if dates is None else len(dates)
    for warning in warnings:
        log.warning("%s", warning)
    log.info("%s: %d rows computed, %d in quarantine; dates written: %s", contract.id, good, bad, written)
    output = DatasetResult(contract.id, good + bad, good, bad, reasons, warnings=tuple(warnings))
    return _result(context, output, {"datesWritten": written})


def build_rows(context: RunContext, inputs: Sequence[Table], rows: DataFrame) -> JobResult:
    """Write a table without partitions."""
    contract = output_of(context)
    commit = commit_of(context, inputs)
    computed = as_declared(rows, contract).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        count = computed.count()
        changed = replace_rows(computed, context.storage.table(contract), contract.primary_key, commit)
    finally:
        computed.unpersist()
    log.info("%s: %d rows, of which %d differ from what was there", contract.id, count, changed)
    return _result(context, DatasetResult(contract.id, count, count, 0, {}), {"rowsWritten": changed})


def _result(context: RunContext, output: DatasetResult, details: dict[str, object]) -> JobResult:
    return JobResult(context.job.id, context.date.isoformat(), context.run_id, (output,), details)


def _check_quarantined(
    context: RunContext, contract: Contract, good: int, bad: int, reasons: dict[str, int], quarantine: str
) -> list[str]:
    if bad == 0:
        return []
    told = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
    return context.declaration.quarantine_threshold(contract.id).check(
        bad / (good + bad),
        f"{contract.id}: {bad} of {good + bad} rows have no rate ({told}); they are in {quarantine}",
        otherwise="the table is as it was. When the rates are there, run the job again",
    )
