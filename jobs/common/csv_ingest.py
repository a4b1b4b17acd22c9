"""The one path of every CSV ingest: landing of a date -> conform to contract -> bronze, and quarantine beside it.

The order is what makes a failure harmless. Everything is counted first; then the quarantine of the date is replaced;
then the threshold decides; then the table's partition is replaced, in one commit. So a run that fails for its quality
leaves the rejected rows to look at and the table as it was, and any rerun replaces both.
"""

from __future__ import annotations

import logging

from pyspark import StorageLevel

from jobs.common.conform import Counts, conform
from jobs.common.context import RunContext
from jobs.common.declaration import Threshold
from jobs.common.errors import DeclarationError, QualityError
from jobs.common.landing import read_delivery, require_utf8
from jobs.common.result import JobResult
from jobs.common.write import replace_partition

log = logging.getLogger("dataplat.ingest")


def ingest_csv(context: RunContext) -> JobResult:
    """Run a job whose one input is a CSV source and whose one output is a dataset written by `replace-partition`.

    :raises JobError: see `jobs.common.errors`; the table's partition is then as it was
    """
    source_id, dataset = _source_and_dataset(context)
    contract = context.declaration.contract(dataset)
    if contract.write != "replace-partition":
        raise DeclarationError(f"{dataset}: an ingest writes by replace-partition, not {contract.write}")
    source = context.declaration.source(source_id)
    date = context.date.isoformat()
    folder = context.storage.uri("landing", source.path.replace("{date}", date))

    delivery = read_delivery(context.spark, source, folder, contract)
    conformed = conform(delivery, contract, context.date)
    conformed.frame.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        counts = conformed.count()
        if counts.undecoded:
            require_utf8(context.spark, delivery)
        commit = {"job": context.job.id, "date": date, "runId": context.run_id}
        quarantine = context.storage.quarantine(contract)
        replace_partition(conformed.rejected(), quarantine, contract.partitioned_by, context.date, commit)
        limit = context.declaration.quarantine_threshold(dataset)
        warnings = _judge(counts, limit, dataset, date, quarantine)
        table = context.storage.table(contract)
        replace_partition(conformed.accepted(), table, contract.partitioned_by, context.date, commit)
    finally:
        conformed.frame.unpersist()

    for name, rows in counts.unmapped.items():
        warnings.append(f'the contract does not know the column "{name}"; {rows} values went to _unmapped')
    for warning in warnings:
        log.warning("%s", warning)
    result = JobResult(
        job=context.job.id,
        date=date,
        run_id=context.run_id,
        table=dataset,
        rows_read=counts.read,
        rows_written=counts.read - counts.rejected,
        rows_quarantined=counts.rejected,
        reasons=counts.reasons,
        unmapped=counts.unmapped,
        warnings=tuple(warnings),
    )
    log.info(
        "%s of %s: %d rows read, %d written, %d quarantined",
        dataset,
        date,
        result.rows_read,
        result.rows_written,
        result.rows_quarantined,
    )
    return result


def _source_and_dataset(context: RunContext) -> tuple[str, str]:
    sources = [name[len("source/") :] for name in context.job.inputs if name.startswith("source/")]
    if len(sources) != 1 or len(context.job.inputs) != 1 or len(context.job.outputs) != 1:
        raise DeclarationError(f"job {context.job.id}: an ingest has one source and one output")
    return sources[0], context.job.outputs[0]


def _judge(counts: Counts, limit: Threshold, dataset: str, date: str, quarantine: str) -> list[str]:
    """Warnings about the share of rejected rows.

    :raises QualityError: the share is more than the dataset bears
    """
    if counts.read == 0:
        return [f"{dataset} of {date}: the delivery has a header and no rows"]
    share = counts.rejected / counts.read
    told = ", ".join(f"{reason} {count}" for reason, count in sorted(counts.reasons.items()))
    message = f"{dataset} of {date}: {counts.rejected} of {counts.read} rows break the contract ({told})"
    if limit.fail_above is not None and share > limit.fail_above:
        raise QualityError(
            f"{message}; that is {share:.1%}, more than the {limit.fail_above:.0%} at which the run fails. "
            f"The rows are in {quarantine}; the table is as it was"
        )
    return [message] if limit.warn_above is not None and share > limit.warn_above else []
