"""Expectations held against rows, and the gate that they close. Which rows break what is worked out by hand."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import PROJECT, Lake
from plans import executed, scans, table_scans
from platforms import bearing, of_one_job
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.common.contract import contract_of
from jobs.common.declaration import Declaration, Job
from jobs.common.errors import GateError, UsageError
from jobs.common.quality.check import check
from jobs.common.quality.expectation import Expectation, expectations_of
from jobs.common.quality.history import Day
from jobs.common.quality.suite import Answer, Question, Target, hold

DAY = dt.date(2026, 1, 5)
DESCRIBED = {"description": "x"}
DAYS = {"days": 7, "minimumDays": 3}
FRESH = {
    "expect": "freshness",
    "column": "at",
    "within": "26h",
    "withinSeconds": 26 * 3600,
    "severity": "warn",
}


def contract(**extension: Any) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "things_bronze",
        "title": "Things",
        "description": "Things.",
        "type": "object",
        "properties": {
            "code": {"type": "string", "pattern": "^[A-Z][0-9]$", **DESCRIBED},
            "kind": {"type": ["string", "null"], "enum": ["a", "b", None], **DESCRIBED},
            "size": {"type": ["integer", "null"], "minimum": 0, "maximum": 9, **DESCRIBED},
            "price": {
                "type": ["number", "null"],
                "exclusiveMinimum": 0,
                **DESCRIBED,
                "x-dataplat": {"type": "decimal(18,2)"},
            },
            "owner": {"type": ["string", "null"], "minLength": 2, "maxLength": 3, **DESCRIBED},
            "at": {"type": "string", "format": "date-time", **DESCRIBED},
            "ingest_date": {"type": "string", "format": "date", **DESCRIBED},
        },
        "required": ["code", "at", "ingest_date"],
        "additionalProperties": False,
        "x-dataplat": {
            "layer": "bronze",
            "table": "things",
            "primaryKey": ["code"],
            "partitionedBy": ["ingest_date"],
            "watermark": "at",
            "freshness": "26h",
            "owner": "things@example.com",
            "write": "replace-partition",
            "tags": {},
            **extension,
        },
    }


SCHEMA = (
    "code string, kind string, size bigint, price decimal(18,2), owner string, at timestamp, ingest_date date"
)


def rows(lake: Lake, *values: tuple[Any, ...]) -> DataFrame:
    """Rows of code, kind, size, price, owner and hour of the day."""
    return lake.spark.createDataFrame(
        list(values), "c string, k string, s bigint, p double, o string, h int"
    ).selectExpr(
        "c as code",
        "k as kind",
        "s as size",
        "cast(p as decimal(18,2)) as price",
        "o as owner",
        "timestamp'2026-01-05 00:00:00' + make_interval(0, 0, 0, 0, h) as at",
        "date'2026-01-05' as ingest_date",
    )


def asked(
    lake: Lake,
    frame: DataFrame,
    expected: tuple[Expectation, ...],
    earlier: tuple[Day, ...] = (),
    **targets: Target,
) -> Answer:
    return hold(frame, Question(contract_of(contract()), DAY, expected, targets, earlier))


def found(answer: Answer) -> dict[str, tuple[str, int | None]]:
    return {one.expectation.id: (one.status, one.broken) for one in answer.outcomes}


GOOD = [("A1", "a", 0, 0.01, "xy", 20), ("A2", "b", 9, 5.0, "xyz", 21), ("A3", None, None, None, None, 22)]
BAD = [
    ("A1", "c", -1, 0.0, "x", 1),
    ("A1", "a", 10, 1.0, "wxyz", 1),
    ("a1", "A", 3, 2.0, "xy", 1),
    (None, None, None, None, None, 1),
]


def test_rows_that_keep_the_contract_meet_it_and_rows_that_break_it_are_counted(lake: Lake) -> None:
    expected = expectations_of(contract_of(contract()), {"expectations": [FRESH]})
    good = asked(lake, rows(lake, *GOOD), expected)
    assert set(found(good).values()) == {("passed", 0), ("passed", None)}
    bad = asked(lake, rows(lake, *BAD), expected)
    assert found(bad) == {
        "unique:code": ("failed", 1),
        "nulls:code": ("failed", 1),
        "pattern:code": ("failed", 1),
        "values:kind": ("failed", 2),
        "range:size": ("failed", 2),
        "range:price": ("failed", 1),
        "length:owner": ("failed", 2),
        "nulls:at": ("passed", 0),
        "nulls:ingest_date": ("passed", 0),
        "freshness:at": ("passed", None),  # 01:00 is 23 hours before the end of the day
    }
    # The share is of the rows that have a value.
    share = {one.expectation.id: one.observed for one in bad.outcomes}
    assert share["values:kind"] == pytest.approx(2 / 3)
    assert share["nulls:code"] == pytest.approx(1 / 4)
    assert share["freshness:at"] == 23


def test_a_share_that_is_borne_passes_and_one_row_more_does_not(lake: Lake) -> None:
    at = Expectation("nulls", ("code",), "warn", 0.25)
    below = Expectation("range", ("size",), "warn", 0.66, settings={"minimum": 0, "maximum": 9})
    late = Expectation("freshness", ("at",), "error", settings={"within": "22h", "withinSeconds": 22 * 3600})
    twice = Expectation("unique", ("kind", "code"), "warn")
    assert found(asked(lake, rows(lake, *BAD), (at, below, late, twice))) == {
        "nulls:code": ("passed", 1),
        "range:size": ("failed", 2),
        "freshness:at": ("failed", None),
        "unique:kind,code": ("passed", 0),
    }


def test_no_rows_break_nothing_but_freshness(lake: Lake) -> None:
    expected = expectations_of(contract_of(contract()), {"expectations": [FRESH]})
    statuses = found(asked(lake, rows(lake, *GOOD).limit(0), expected))
    assert statuses.pop("freshness:at") == ("failed", None)
    assert set(statuses.values()) == {("passed", 0)}


def test_a_reference_is_kept_where_the_other_table_has_it_in_time(lake: Lake) -> None:
    there = (lake.folder / "bronze" / "kinds").as_uri()
    lake.spark.sql("select 'a' as kind, 1 as n union all select 'b', 2").write.format("delta").save(there)
    expected = Expectation("reference", ("kind",), "warn", settings={"to": "kinds_bronze"})
    targets = {"kinds_bronze": Target(there, ("kind",), "")}
    assert found(asked(lake, rows(lake, *GOOD), (expected,), **targets)) == {
        "reference:kind->kinds_bronze": ("passed", 0)  # a null refers to nothing
    }
    later = {"kinds_bronze": Target(there, ("kind",), "n < 2")}
    assert found(asked(lake, rows(lake, *GOOD), (expected,), **later)) == {
        "reference:kind->kinds_bronze": ("failed", 1)
    }


@pytest.mark.heavy
def test_volume_and_drift_are_judged_once_enough_days_are_known(lake: Lake) -> None:
    volume = Expectation(
        "volume", (), "error", settings={"below": 0.5, "above": 1.5, "days": 7, "minimumDays": 2}
    )
    settings = {"above": 0.25, "days": 7, "minimumDays": 2}
    drift = Expectation("drift", ("kind",), "warn", settings=settings)
    sizes = Expectation("drift", ("size",), "warn", settings={**settings, "edges": [1, 9]})
    frame = rows(lake, *GOOD)

    def day(ago: int, count: int, kinds: tuple[int, ...], bins: tuple[int, ...]) -> Day:
        return Day(DAY - dt.timedelta(days=ago), count, {drift.id: kinds, sizes.id: bins})

    # kinds: a, b, anything else, null; sizes: below 1, below 9, the rest, null
    alone = asked(lake, frame, (volume, drift, sizes), (day(1, 3, (1, 1, 0, 1), (1, 0, 1, 1)),))
    assert [one.status for one in alone.outcomes] == ["measured"] * 3
    assert [one.bins for one in alone.outcomes] == [None, (1, 1, 0, 1), (1, 0, 1, 1)]

    usual = asked(
        lake,
        frame,
        (volume, drift, sizes),
        # The mean of 4 rows; the day long ago does not count.
        (
            day(1, 4, (1, 1, 0, 1), (1, 0, 1, 1)),
            day(7, 4, (1, 1, 0, 1), (1, 0, 1, 1)),
            day(8, 99, (9, 0, 0, 0), (9, 0, 0, 0)),
        ),
    )
    assert [one.status for one in usual.outcomes] == ["passed"] * 3

    other = asked(
        lake,
        frame,
        (volume, drift, sizes),
        (
            day(1, 6, (9, 0, 0, 0), (1, 0, 1, 1)),
            day(2, 7, (9, 0, 0, 0), (1, 0, 1, 1)),
        ),  # 3 is less than half of 6.5
    )
    assert [one.status for one in other.outcomes] == ["failed", "failed", "passed"]
    now, then = [1.5 / 5, 1.5 / 5, 0.5 / 5, 1.5 / 5], [18.5 / 20, 0.5 / 20, 0.5 / 20, 0.5 / 20]
    index = sum((a - b) * math.log(a / b) for a, b in zip(now, then))
    assert other.outcomes[1].observed == pytest.approx(index)


def test_the_suite_reads_the_rows_in_one_pass_and_keys_in_another(lake: Lake) -> None:
    uri = (lake.folder / "bronze" / "things").as_uri()
    rows(lake, *GOOD).write.format("delta").save(uri)
    frame = lake.spark.read.format("delta").load(uri)
    drift = {"expect": "drift", "column": "size", "edges": [1], "above": 1, **DAYS, "severity": "warn"}
    limits = {
        "expectations": [
            drift,
            FRESH,
            {"expect": "volume", "below": 0.5, "above": 2, **DAYS, "severity": "warn"},
        ]
    }
    with executed(lake.spark) as plans:
        answer = asked(lake, frame, expectations_of(contract_of(contract()), limits))
    assert len(answer.outcomes) == 12
    scans = table_scans(plans)
    assert min(scans, key=len) == "struct<code:string>"
    assert len(scans) == 2


@pytest.fixture
def things(tmp_path: Path) -> Declaration:
    """A declaration with things alone."""
    folder = tmp_path / "config"
    (folder / "schemas").mkdir(parents=True)
    shutil.copy(PROJECT / "config" / "schemas" / "dq_results_gold.json", folder / "schemas")
    (folder / "schemas" / "things_bronze.json").write_text(json.dumps(contract()), encoding="utf-8")
    job = Job("dq_check_bronze", "transform", (), ("things_bronze",), ("dq_results_gold",))
    expectations = [
        {"expect": "values", "column": "kind", "severity": "warn"},
        {"expect": "volume", "below": 0.5, "above": 2, "days": 7, "minimumDays": 1, "severity": "warn"},
    ]
    return of_one_job(folder, job, quality={"things_bronze": {"expectations": expectations}})


@pytest.mark.heavy
def test_a_check_reads_its_day_alone_and_looks_references_up_where_they_are_few(
    lake: Lake, things: Declaration
) -> None:
    kinds = {**contract(table="kinds"), "$id": "kinds_bronze"}
    (things.root / "schemas" / "kinds_bronze.json").write_text(json.dumps(kinds), encoding="utf-8")
    reference = {"expect": "reference", "columns": ["code"], "to": "kinds_bronze", "severity": "warn"}
    declaration = bearing(things, "things_bronze", expectations=[reference])
    days = rows(lake, *GOOD).unionByName(
        rows(lake, *GOOD).withColumn("ingest_date", F.lit(DAY - dt.timedelta(days=1)))
    )
    for name in ("things", "kinds"):
        uri = (lake.folder / "bronze" / name).as_uri()
        days.write.format("delta").partitionBy("ingest_date").save(uri)
    context = lake.context(
        "dq_check_bronze", "2026-01-05", declaration=declaration, dataset=["things_bronze"]
    )
    with executed(lake.spark) as plans:
        check(context)
    assert results(lake)["reference:code->kinds_bronze"] == ("passed", 0)
    read = scans(plans)
    assert len(read) == 4  # in one pass, the keys, what refers, and what it refers to
    for node in read:
        assert re.search(r"PartitionFilters: .*ingest_date#\d+ <?= 2026-01-05", node), node
    joins = re.findall(r"\b(\w+Join|CartesianProduct)\b", "".join(plans))
    assert set(joins) == {"BroadcastHashJoin"}


def results(lake: Lake, date: str = "2026-01-05") -> dict[str, tuple[str, int | None]]:
    table = lake.spark.read.format("delta").load((lake.folder / "gold" / "dq_results").as_uri())
    kept = table.where(f"check_date = '{date}'").collect()
    return {row["expectation"]: (row["status"], row["rows_broken"]) for row in kept}


def test_an_error_closes_the_gate_with_its_results_written_and_a_rerun_replaces_them(
    lake: Lake, things: Declaration
) -> None:
    table = (lake.folder / "bronze" / "things").as_uri()

    def delivered(*values: tuple[Any, ...]) -> None:
        frame = rows(lake, *values)
        frame.write.format("delta").mode("overwrite").partitionBy("ingest_date").save(table)

    delivered(*BAD)
    with pytest.raises(GateError) as closed:
        check(lake.context("dq_check_bronze", "2026-01-05", declaration=things))
    message = str(closed.value)
    assert (
        "things_bronze range:size: 2 of 3 rows break it (66.67%); expected at least 0 and at most 9"
        in message
    )
    assert "dataplat dq run things_bronze --date 2026-01-05 --env local" in message
    assert "values:kind" not in message  # it only warns
    (told,) = closed.value.details["checks"]  # type: ignore[misc]
    assert (told["errors"], told["warnings"]) == (6, 1)
    written = results(lake)
    assert written["range:size"] == ("failed", 2)
    assert written["volume"] == ("measured", None)

    docs = lake.folder / "logs" / "data-docs" / "dq_check_bronze" / "2026-01-05"
    assert "range:size" in (docs / "index.html").read_text(encoding="utf-8")
    page = (docs / "things_bronze.html").read_text(encoding="utf-8")
    assert "values must be greater than or equal to" in page
    assert "wxyz" not in page  # a value of a row

    delivered(*GOOD, ("A4", "c", 1, 1.0, "xy", 1))
    result = check(lake.context("dq_check_bronze", "2026-01-05", declaration=things))
    assert [warning.split(";")[0] for warning in result.warnings] == [
        "things_bronze values:kind: 1 of 3 rows break it (33.33%)"
    ]
    assert results(lake)["range:size"] == ("passed", 0)
    assert len(results(lake)) == len(written)
    with pytest.raises(GateError, match="values:kind"):
        check(lake.context("dq_check_bronze", "2026-01-05", declaration=things, fail_on="warn"))


def test_a_dataset_without_a_table_is_told_and_one_that_is_not_checked_refused(
    lake: Lake, things: Declaration
) -> None:
    result = check(lake.context("dq_check_bronze", "2026-01-05", declaration=things))
    assert result.warnings == ("things_bronze: there is no table yet; nothing was checked",)
    with pytest.raises(UsageError, match="does not check others_bronze; it checks things_bronze"):
        check(lake.context("dq_check_bronze", "2026-01-05", declaration=things, dataset=["others_bronze"]))
