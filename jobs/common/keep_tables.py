"""The one path of the maintenance: each table, and its quarantine -> kept in order -> a report."""

from __future__ import annotations

import datetime as dt
import logging

from delta.tables import DeltaTable

from jobs.common.apply_masks import chosen, is_dry
from jobs.common.context import RunContext
from jobs.common.errors import MaintenanceError, UsageError
from jobs.common.maintenance import LEAST_KEPT, Kept, keep
from jobs.common.result import DatasetResult, JobResult

log = logging.getLogger("dataplat.maintenance")


def keep_tables(context: RunContext) -> JobResult:
    """Keep each of the job's outputs in order, and what was quarantined of it. One that fails does not stop the others.

    :raises UsageError: old versions would be let go too soon
    :raises MaintenanceError: some of the tables could not be kept
    """
    retain, dry = _retain(context), is_dry(context)
    kept: list[Kept] = []
    failed: list[str] = []
    for dataset in chosen(context):
        contract, declared = context.declaration.contract(dataset), context.declaration.dataset(dataset)
        tables = [
            (dataset, context.storage.table(contract), declared.maintenance),
            (f"{dataset} quarantine", context.storage.quarantine(contract), declared.quarantine_maintenance),
        ]
        for name, uri, wanted in tables:
            if not DeltaTable.isDeltaTable(context.spark, uri):
                continue
            kept_for = wanted.keep_versions if retain is None else retain
            try:
                one = keep(context.spark, name, uri, wanted, kept_for, dry)
            except Exception as error:
                first = str(error).strip().splitlines()[0] if str(error).strip() else "no message"
                failed.append(f"{name}: {type(error).__name__}: {first}")
                log.exception("%s could not be kept in order", name)
                continue
            kept.append(one)
            log.info("%s%s", "dry run: " if dry else "", one.sentence())
    details = {"dryRun": dry, "tables": [one.document() for one in kept]}
    if failed:
        raise MaintenanceError(
            f"{len(failed)} of {len(kept) + len(failed)} tables could not be kept in order, the others were: "
            f"{'. '.join(failed)}. Nothing that they hold has changed; run it again, by --dataset for one of them",
            details,
        )
    outputs = tuple(DatasetResult(one.table, 0, 0, 0, {}) for one in kept)
    return JobResult(context.job.id, context.date.isoformat(), context.run_id, outputs, details)


def _retain(context: RunContext) -> dt.timedelta | None:
    """What was asked for instead of the contracts' own, where it may be."""
    retain: dt.timedelta | None = context.arguments.get("retain")
    why = context.arguments.get("below_guard")
    if retain is None:
        return None
    if retain < LEAST_KEPT and not why:
        raise UsageError(
            f"--retain of {_hours(retain)} is less than 7d: whoever still reads or writes an older version would "
            "find its files gone. Keep 7d or more; or stop everything that is at work on the tables, and say "
            '--below-guard "<why>"'
        )
    if retain < LEAST_KEPT:
        log.warning("old versions are kept for %s alone: %s", _hours(retain), why)
    return retain


def _hours(time: dt.timedelta) -> str:
    return f"{time / dt.timedelta(hours=1):g}h"
