"""The one path of the checks: what is expected of each dataset -> its rows -> results, data docs, gate.

Everything is written before the gate is closed, so that a failed run has told what it found; and everything that is
written stands at the place of its date, so that a rerun replaces it.
"""

from __future__ import annotations

import argparse
import logging

from delta.tables import DeltaTable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.common.context import RunContext
from jobs.common.contract import Contract
from jobs.common.errors import GateError, UsageError
from jobs.common.quality.docs import index, page, write_page
from jobs.common.quality.expectation import Expectation, expectations_of
from jobs.common.quality.history import RESULTS, earlier_days, write_results
from jobs.common.quality.outcome import MEASURED, PASSED, Outcome, failures
from jobs.common.quality.suite import Question, Target, hold
from jobs.common.result import DatasetResult, JobResult

log = logging.getLogger("dataplat.quality")

FAIL_ON = ("error", "warn", "never")


def check_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the jobs that check."""
    parser.add_argument(
        "--dataset",
        metavar="ID",
        action="append",
        help="check this one of the job's inputs; may be repeated (default: all)",
    )
    parser.add_argument(
        "--fail-on",
        choices=FAIL_ON,
        default="error",
        help="the severity that closes the gate (default: error)",
    )


def check(context: RunContext) -> JobResult:
    """Hold each dataset against what is expected of it.

    :raises GateError: something is not met whose severity closes the gate; the results are written all the same
    """
    found: dict[str, tuple[Outcome, ...]] = {}
    warnings: list[str] = []
    results = context.declaration.contract(RESULTS)
    for dataset in _datasets(context):
        contract = context.declaration.contract(dataset)
        if not DeltaTable.isDeltaTable(context.spark, context.storage.table(contract)):
            warnings.append(f"{dataset}: there is no table yet; nothing was checked")
            continue
        found[dataset] = _check_one(context, contract, results)
    docs = context.storage.uri("logs", f"data-docs/{context.job.id}/{context.date.isoformat()}/index.html")
    if found:
        write_page(context.spark, docs, index(context.job.id, context.date, dict(sorted(found.items()))))
    details = {"docs": docs, "checks": [_details(dataset, outcomes) for dataset, outcomes in found.items()]}
    closing: list[str] = []
    telling: list[str] = []
    fail_on = context.arguments.get("fail_on") or "error"
    for dataset, outcomes in found.items():
        for severity in ("error", "warn"):
            closes = fail_on == severity or (fail_on == "warn" and severity == "error")
            sentences = [f"{dataset} {one.sentence()}" for one in failures(outcomes, severity)]
            (closing if closes else telling).extend(sentences)
    warnings += telling
    for warning in warnings:
        log.warning("%s", warning)
    if closing:
        raise GateError(_closed(context, closing, docs), details)
    written = sum(len(outcomes) for outcomes in found.values())
    output = DatasetResult(RESULTS, written, written, 0, {}, warnings=tuple(warnings))
    return JobResult(context.job.id, context.date.isoformat(), context.run_id, (output,), details)


def _check_one(context: RunContext, contract: Contract, results: Contract) -> tuple[Outcome, ...]:
    spark, date = context.spark, context.date
    expected = expectations_of(contract, context.declaration.quality(contract.id))
    expected, targets, unknown = _with_targets(context, expected)
    most = max((one.settings["days"] for one in expected if "days" in one.settings), default=0)
    uri = context.storage.table(results)
    earlier = earlier_days(spark, uri, contract.id, date, most)
    answer = hold(_rows(context, contract), Question(contract, date, expected, targets, earlier))
    outcomes = (*answer.outcomes, *unknown)
    commit = {"job": context.job.id, "date": date.isoformat(), "runId": context.run_id}
    write_results(spark, uri, results, contract, date, outcomes, commit)
    folder = f"data-docs/{context.job.id}/{date.isoformat()}"
    write_page(
        spark,
        context.storage.uri("logs", f"{folder}/{contract.id}.html"),
        page(answer.validation, contract.id, date),
    )
    met = sum(one.status == PASSED for one in outcomes)
    log.info("%s of %s: %d of %d expectations are met", contract.id, date, met, len(outcomes))
    return outcomes


def _rows(context: RunContext, contract: Contract) -> DataFrame:
    """The rows of the date where each date has its own; else the whole table, which holds the newest state."""
    frame = context.spark.read.format("delta").load(context.storage.table(contract))
    day = _day_column(contract)
    return frame if day is None else frame.where(F.col(day) == F.lit(context.date))


def _day_column(contract: Contract) -> str | None:
    if contract.write not in ("replace-partition", "append-stream") or len(contract.partitioned_by) != 1:
        return None
    (name,) = contract.partitioned_by
    return name if any(column.name == name and column.type == "date" for column in contract.columns) else None


def _with_targets(
    context: RunContext, expected: tuple[Expectation, ...]
) -> tuple[tuple[Expectation, ...], dict[str, Target], tuple[Outcome, ...]]:
    """Where references lead to. One to a table that is not there yet is told and not judged."""
    targets: dict[str, Target] = {}
    kept, unknown = [], []
    for one in expected:
        if one.kind == "reference":
            contract = context.declaration.contract(one.settings["to"])
            uri = context.storage.table(contract)
            if not DeltaTable.isDeltaTable(context.spark, uri):
                unknown.append(
                    Outcome(one, MEASURED, 0, None, f"all of them in {contract.id}", "no table yet")
                )
                continue
            day = _day_column(contract)
            until = "" if day is None else f"`{day}` <= DATE'{context.date.isoformat()}'"
            targets[contract.id] = Target(uri, contract.primary_key, until)
        kept.append(one)
    return tuple(kept), targets, tuple(unknown)


def _datasets(context: RunContext) -> tuple[str, ...]:
    named = context.arguments.get("dataset") or []
    for name in named:
        if name not in context.job.inputs:
            raise UsageError(
                f"{context.job.id} does not check {name}; it checks {', '.join(context.job.inputs)}"
            )
    return tuple(named) or context.job.inputs


def _details(dataset: str, outcomes: tuple[Outcome, ...]) -> dict[str, object]:
    """A dataset in the result line: numbers, and what is not met."""
    return {
        "dataset": dataset,
        "rows": max((one.rows for one in outcomes), default=0),
        "expectations": len(outcomes),
        "passed": sum(one.status == PASSED for one in outcomes),
        "measured": sum(one.status == MEASURED for one in outcomes),
        "errors": len(failures(outcomes, "error")),
        "warnings": len(failures(outcomes, "warn")),
        "met": [one.expectation.id for one in outcomes if one.status == PASSED],
        "failed": [
            {
                "expectation": one.expectation.id,
                "severity": one.expectation.severity,
                "observed": one.observed,
                "found": one.told,
                "threshold": one.threshold,
            }
            for one in outcomes
            if one.failed
        ],
    }


def _closed(context: RunContext, closing: list[str], docs: str) -> str:
    env, date = context.environment.name, context.date.isoformat()
    what = "1 expectation is" if len(closing) == 1 else f"{len(closing)} expectations are"
    dataset = closing[0].split(" ", 1)[0]
    return (
        f"the gate is closed: {what} not met. {'. '.join(closing)}. The data is as it was; results are in "
        f"{RESULTS}, data docs at {docs}. Mend the source or config/shared/dq_thresholds.yaml, then: "
        f"dataplat dq run {dataset} --date {date} --env {env}"
    )
