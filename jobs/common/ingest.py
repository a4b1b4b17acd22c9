"""The one path of every batch ingest: read what a source has for a date -> conform to contract -> bronze, and
quarantine beside it.

The order is what makes a failure harmless. Everything is counted first; then the quarantine of the date is replaced;
then the threshold decides; then the table is written, in one commit. So a run that fails for its quality leaves the
rejected rows to look at and the table as it was, and any rerun replaces both.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from jobs.common.complete import require_counted
from jobs.common.conform import Counts, conform
from jobs.common.context import RunContext
from jobs.common.contract import Contract
from jobs.common.declaration import Connector, Source, Threshold
from jobs.common.delivery import Delivery
from jobs.common.errors import DeclarationError
from jobs.common.json_files import read_json_delivery
from jobs.common.landing import read_delivery, reading, require_decoded
from jobs.common.result import DatasetResult, JobResult
from jobs.common.sheet_files import read_sheet_delivery
from jobs.common.typed_files import read_typed_delivery
from jobs.common.watermark import Window, commit_with, text_of, window_of
from jobs.common.write import merge, partition_is_empty, replace_partition
from jobs.common.write.settings import settings

log = logging.getLogger("dataplat.ingest")

FULL_REFRESH = "full_refresh"
_NAMED = 20  # columns that a warning names
_FEW_BYTES = 256 << 10
"""Up to here a delivery is small: what Spark does to be quick with many rows takes longer than the work."""
_OF_FEW_ROWS = {
    "spark.sql.adaptive.enabled": "false",  # each stage would be a job of its own
    "spark.sql.codegen.wholeStage": "false",  # each query would be compiled
    "spark.sql.shuffle.partitions": "2",
}
_READERS = {  # of files by their format
    "csv": read_delivery,
    "json": read_json_delivery,
    "parquet": read_typed_delivery,
    "avro": read_typed_delivery,
    "xlsx": read_sheet_delivery,
}


@dataclass(frozen=True)
class Extraction:
    """What a reader is handed: which source, how it is reached, what to ask it for, and what is made of that."""

    context: RunContext
    source: Source
    connector: Connector
    contract: Contract
    window: Window | None
    """The changes to ask for; None where the source has no watermark, or files are delivered."""


Reader = Callable[[Extraction], AbstractContextManager[Delivery]]
"""Reads a source by one kind of connector. The rows are used within the `with`, so that what they need can be put away
after it."""


@contextmanager
def read_files(extraction: Extraction) -> Iterator[Delivery]:
    """The reader of every source's kind `files`: what was delivered into landing for the date."""
    context, source = extraction.context, extraction.source
    folder = context.storage.uri("landing", source.folder(context.date))
    yield _READERS.get(source.format, read_delivery)(context.spark, source, folder, extraction.contract)


def ingest(context: RunContext, readers: Mapping[str, Reader] | None = None) -> JobResult:
    """Run a job whose inputs are sources, each for the output at the same place. `readers` are by the kind of
    connector; `files` is there for all.

    :raises JobError: see `jobs.common.errors`; the table of the output that failed is then as it was
    """
    outputs = [
        _ingest_one(
            context, source, context.declaration.contract(dataset), {"files": read_files, **(readers or {})}
        )
        for source, dataset in _pairs(context)
    ]
    return JobResult(context.job.id, context.date.isoformat(), context.run_id, tuple(outputs))


def _ingest_one(
    context: RunContext, source: Source, contract: Contract, readers: Mapping[str, Reader]
) -> DatasetResult:
    connector = context.environment.connector(source)
    if connector.kind not in readers:
        raise DeclarationError(
            f"job {context.job.id} cannot read {source.system} by {connector.kind}; "
            f"it can by {', '.join(sorted(readers))}"
        )
    window = None
    if source.watermark is not None:
        full = bool(context.arguments.get(FULL_REFRESH))
        window = window_of(
            context.spark, context.storage.table(contract), contract, source, context.date, full
        )
    log.info("%s: %s by %s%s", contract.id, source.id, connector.kind, _range(connector, window))
    extraction = Extraction(context, source, connector, contract, window)
    with readers[connector.kind](extraction) as delivery:
        return land(context, source, contract, delivery, window)


def land(
    context: RunContext, source: Source, contract: Contract, delivery: Delivery, window: Window | None = None
) -> DatasetResult:
    """Conform a source's delivery of a date and write what came of it: quarantine, then the table with its watermark.

    :raises LandingIncompleteError: the source said another number of rows; nothing was written
    :raises QualityError: more rows break the contract than the dataset bears; the table is as it was
    """
    date = context.date.isoformat()
    few = settings(context.spark, _OF_FEW_ROWS if _is_small(delivery, contract) else {})
    with few, conform(delivery, contract, context.date) as conformed:
        with reading(context.spark, delivery.versions, delivery.selection, delivery.format):
            counts = conformed.counts
        if counts.undecoded:
            require_decoded(context.spark, delivery)
        require_counted(context.spark, delivery, conformed.frame, counts.read)
        commit: dict[str, object] = {"job": context.job.id, "date": date, "runId": context.run_id}
        quarantine = context.storage.quarantine(contract)
        if counts.rejected or not partition_is_empty(
            context.spark, quarantine, contract.partitioned_by, context.date
        ):
            replace_partition(
                conformed.rejected(),
                quarantine,
                contract.partitioned_by,
                context.date,
                commit,
                counts.rejected,
            )
        limit = context.declaration.quarantine_threshold(contract.id)
        warnings = [
            *delivery.warnings,
            *_check_quarantined(counts, limit, contract.id, date, quarantine),
        ]
        watermark = None if window is None else window.watermark(counts.latest)
        commit = commit_with(commit, watermark)
        table, rows = context.storage.table(contract), conformed.accepted()
        if contract.write == "replace-partition":
            accepted = counts.read - counts.rejected
            replace_partition(rows, table, contract.partitioned_by, context.date, commit, accepted)
        elif contract.write == "merge":
            merge(rows, table, contract, commit, later_wins=True)
        else:
            raise DeclarationError(f"{contract.id}: a batch ingest does not write by {contract.write}")

    warnings += _unknown_columns(counts.unmapped)
    for warning in warnings:
        log.warning("%s", warning)
    result = DatasetResult(
        table=contract.id,
        rows_read=counts.read,
        rows_written=counts.read - counts.rejected,
        rows_quarantined=counts.rejected,
        reasons=counts.reasons,
        unmapped=counts.unmapped,
        warnings=tuple(warnings),
        watermark=None if watermark is None else text_of(watermark),
        taken=delivery.taken_from(source.id, contract),
    )
    log.info(
        "%s of %s: %d rows read, %d written, %d quarantined",
        contract.id,
        date,
        result.rows_read,
        result.rows_written,
        result.rows_quarantined,
    )
    return result


def _is_small(delivery: Delivery, contract: Contract) -> bool:
    """Whether nothing is read but a few rows. A merge reads the table too."""
    sizes = [version.bytes for version in delivery.versions.values()]
    return contract.write == "replace-partition" and len(sizes) > 0 and sum(sizes) <= _FEW_BYTES


def _pairs(context: RunContext) -> list[tuple[Source, str]]:
    job = context.job
    if job.inputs or len(job.sources) != len(job.outputs):
        raise DeclarationError(
            f"job {job.id}: an ingest has sources only, and as many outputs in the same order"
        )
    return [(context.declaration.source(source), output) for source, output in zip(job.sources, job.outputs)]


def _range(connector: Connector, window: Window | None) -> str:
    if window is None or connector.kind == "files":
        return ""
    begin = "everything" if window.after is None else f"changes after {text_of(window.after)}"
    return f", {begin} before {text_of(window.before)}"


def _unknown_columns(unmapped: Mapping[str, int]) -> list[str]:
    """One warning, however many there are: `unmapped` of the result names each."""
    if not unmapped:
        return []
    named = [f'"{name}"' for name in list(unmapped)[:_NAMED]]
    more = f" and {len(unmapped) - _NAMED} more" if len(unmapped) > _NAMED else ""
    column = "column" if len(unmapped) == 1 else "columns"
    return [
        f"the contract does not know the {column} {', '.join(named)}{more}; "
        f"{sum(unmapped.values())} values went to _unmapped"
    ]


def _check_quarantined(
    counts: Counts, limit: Threshold, dataset: str, date: str, quarantine: str
) -> list[str]:
    """Warnings about the share of rejected rows.

    :raises QualityError: the share is more than the dataset bears
    """
    if counts.read == 0:
        return [f"{dataset} of {date}: there are no rows"]
    told = ", ".join(f"{reason} {count}" for reason, count in sorted(counts.reasons.items()))
    return limit.check(
        counts.rejected / counts.read,
        f"{dataset} of {date}: {counts.rejected} of {counts.read} rows break the contract ({told})",
        otherwise=f"the rows are in {quarantine}, and the table is as it was",
    )
