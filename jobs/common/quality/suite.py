"""Expectations held against rows by Great Expectations on Spark."""

from __future__ import annotations

import datetime as dt
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from jobs.common.contract import Contract, java_pattern
from jobs.common.quality.expectation import Expectation
from jobs.common.quality.history import Day
from jobs.common.quality.outcome import FAILED, MEASURED, PASSED, Outcome

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # it would tell its makers of every run

_ROWS = "rows"  # what Great Expectations is asked besides: how many rows there are


@dataclass(frozen=True)
class Target:
    """Where the rows are that a reference leads to, and which of them count."""

    uri: str
    columns: tuple[str, ...]
    condition: str


@dataclass(frozen=True)
class Question:
    """Everything that a dataset's rows are held against."""

    contract: Contract
    date: dt.date
    expectations: tuple[Expectation, ...]
    targets: Mapping[str, Target]
    """By the dataset that a reference leads to."""
    earlier: tuple[Day, ...]
    """What was found on the days before."""


@dataclass(frozen=True)
class Answer:
    """What came of it: ours, and Great Expectations' own result, which its data docs are made of."""

    outcomes: tuple[Outcome, ...]
    validation: Any


def hold(frame: DataFrame, question: Question) -> Answer:
    """Hold the rows against what is expected of them."""
    # Its import takes seconds; who only reads the declaration does not wait for it.
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from jobs.common.quality import measures

    for name in ("great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(name).setLevel(logging.WARNING)  # it tells of folders that it makes for nobody
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    # Not persisted: two passes over some columns are less than one that fills a cache with all of them.
    source = context.data_sources.add_spark("lake", persist=False)
    whole = source.add_dataframe_asset(question.contract.id).add_batch_definition_whole_dataframe("rows")
    suite = gx.ExpectationSuite(
        name=question.contract.id,
        expectations=[
            measures.ExpectRowCountBetween(min_value=0, meta={"dataplat": _ROWS}),
            *(_asked(one, question) for one in question.expectations),
        ],
    )
    batch = whole.get_batch(batch_parameters={"dataframe": frame})
    answer = batch.validate(suite, result_format={"result_format": "BASIC", "partial_unexpected_count": 0})
    by_id = {result.expectation_config.meta["dataplat"]: result for result in answer.results}
    for name, result in by_id.items():
        if (result.exception_info or {}).get("raised_exception") or not result.result:
            raise RuntimeError(f"{name} of {question.contract.id}: {result.exception_info}")
    rows = int(by_id[_ROWS].result["observed_value"])
    return Answer(
        tuple(_outcome(one, by_id[one.id], rows, question) for one in question.expectations), answer
    )


def _asked(one: Expectation, question: Question) -> Any:
    """The expectation as Great Expectations has it."""
    from jobs.common.quality import measures

    common: dict[str, Any] = {
        "meta": {"dataplat": one.id},
        "severity": "critical" if one.severity == "error" else "warning",
    }
    mostly, limits = round(1 - one.at_most, 9), dict(one.settings)
    if one.kind == "nulls":
        return measures.ExpectColumnToHaveValues(column=one.column, mostly=mostly, **common)
    if one.kind == "values":
        return measures.ExpectColumnValuesAmong(
            column=one.column, value_set=limits["values"], limits=limits, mostly=mostly, **common
        )
    if one.kind == "pattern":
        java = {"pattern": java_pattern(limits["pattern"])}
        return measures.ExpectColumnValuesOfPattern(
            column=one.column, regex=limits["pattern"], limits=java, mostly=mostly, **common
        )
    if one.kind == "length":
        return measures.ExpectColumnValuesOfLength(
            column=one.column,
            min_value=limits.get("minLength"),
            max_value=limits.get("maxLength"),
            limits=limits,
            mostly=mostly,
            **common,
        )
    if one.kind == "range":
        return measures.ExpectColumnValuesInRange(
            column=one.column,
            min_value=limits.get("minimum", limits.get("above")),
            max_value=limits.get("maximum", limits.get("below")),
            strict_min="above" in limits,
            strict_max="below" in limits,
            limits=limits,
            mostly=mostly,
            **common,
        )
    said = f"{one.id}: {_threshold(one, question)}"
    if one.kind == "unique":
        return measures.ExpectKeyOnce(columns=list(one.columns), mostly=mostly, said=said, **common)
    if one.kind == "reference":
        target = question.targets[limits["to"]]
        return measures.ExpectReferenceKept(
            columns=list(one.columns),
            target=target.uri,
            target_columns=list(limits.get("toColumns") or target.columns),
            target_condition=target.condition,
            mostly=mostly,
            said=said,
            **common,
        )
    if one.kind == "freshness":
        earliest = int(_end(question.date).timestamp()) - limits["withinSeconds"]
        return measures.ExpectNewestWithin(column=one.column, earliest=earliest, said=said, **common)
    if one.kind == "volume":
        mean = _mean_rows(one, question)
        return measures.ExpectRowCountBetween(
            min_value=0 if mean is None else int(-(-limits["below"] * mean // 1)),
            max_value=None if mean is None else int(limits["above"] * mean // 1),
            **common,
        )
    values = [] if "edges" in limits else _enum(question.contract, one.column)
    return measures.ExpectColumnNotToDrift(
        column=one.column,
        edges=limits.get("edges", []),
        values=values,
        baseline=_baseline(one, question),
        above=limits["above"],
        said=said,
        **common,
    )


def _outcome(one: Expectation, result: Any, rows: int, question: Question) -> Outcome:
    found, threshold = result.result, _threshold(one, question)
    status = PASSED if result.success else FAILED
    if one.kind == "volume":
        mean = _mean_rows(one, question)
        if mean is None:
            return Outcome(one, MEASURED, rows, float(rows), threshold, f"{rows} rows")
        return Outcome(one, status, rows, float(rows), threshold, f"{rows} rows, the mean is {mean:.1f}")
    if one.kind == "drift":
        bins, index = tuple(found["bins"]), found["observed_value"]
        if not _baseline(one, question):
            return Outcome(
                one, MEASURED, rows, None, threshold, f"{rows} rows in {len(bins)} bins", bins=bins
            )
        return Outcome(one, status, rows, index, threshold, f"an index of {index:.3f}", bins=bins)
    if one.kind == "freshness":
        newest = found["observed_value"]
        if newest is None:
            return Outcome(one, status, rows, None, threshold, "there is no newest row")
        age = (_end(question.date).timestamp() - newest) / 3600
        time = dt.datetime.fromtimestamp(newest, dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Outcome(one, status, rows, round(age, 3), threshold, f"the newest row is of {time}")
    broken = int(found["unexpected_count"])
    asked = rows - int(found.get("missing_count") or 0)
    share = broken / asked if asked else 0.0
    told = f"{broken} of {asked} rows break it" + (f" ({share:.2%})" if broken else "")
    return Outcome(one, status, rows, share, threshold, told, broken=broken)


def _threshold(one: Expectation, question: Question) -> str:
    """Where it breaks, in words."""
    settings = one.settings
    if one.kind == "freshness":
        return f"a row within {settings['within']} of the end of {question.date.isoformat()}"
    if one.kind == "volume":
        bounds = f"{settings['below']:g} to {settings['above']:g} times the mean of {settings['days']} days"
        return f"{bounds}{_unknown(one, question)}"
    if one.kind == "drift":
        return f"a stability index of at most {settings['above']:g}{_unknown(one, question)}"
    limits = [(_BOUNDS[name], bound) for name, bound in settings.items() if name in _BOUNDS]
    words = {
        "nulls": "no nulls",
        "unique": "each once",
        "values": f"one of {', '.join(str(value) for value in settings.get('values', []))}",
        "pattern": f"as {settings.get('pattern')} has it",
        "reference": f"all of them in {settings.get('to')}",
        "range": " and ".join(f"{how} {bound}" for how, bound in limits),
        "length": " and ".join(f"{how} {bound} letters" for how, bound in limits),
    }[one.kind]
    return words + (f", but for {one.at_most:.2%} of the rows" if one.at_most else "")


_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "above": "more than",
    "below": "less than",
    "minLength": "at least",
    "maxLength": "at most",
}


def _unknown(one: Expectation, question: Question) -> str:
    known = len(_days(one, question))
    least = one.settings["minimumDays"]
    return "" if known >= least else f" (not judged: {known} of {least} days are known)"


def _days(one: Expectation, question: Question) -> tuple[Day, ...]:
    """The earlier days that count for it."""
    first = question.date - dt.timedelta(days=one.settings["days"])
    return tuple(
        day
        for day in question.earlier
        if first <= day.date < question.date and (one.kind == "volume" or one.id in day.bins)
    )


def _mean_rows(one: Expectation, question: Question) -> float | None:
    days = _days(one, question)
    if len(days) < one.settings["minimumDays"]:
        return None
    return sum(day.rows for day in days) / len(days)


def _baseline(one: Expectation, question: Question) -> list[float]:
    """The bins of the earlier days together; none where too few are known, or the bins were others then."""
    days = _days(one, question)
    if len(days) < one.settings["minimumDays"] or len({len(day.bins[one.id]) for day in days}) != 1:
        return []
    return [float(sum(counts)) for counts in zip(*(day.bins[one.id] for day in days))]


def _enum(contract: Contract, name: str) -> list[Any]:
    (column,) = (one for one in contract.columns if one.name == name)
    return [value for value in column.rules.get("enum", []) if value is not None]


def _end(date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), dt.timezone.utc)
