"""Tables kept in order. Files are counted in the folder, and rows compared with what they were."""

from __future__ import annotations

import argparse
import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest
from conftest import Lake
from platforms import of_one_job
from pyspark.sql import DataFrame

from jobs.common.declaration import Dataset, Declaration, Job, Maintenance
from jobs.common.errors import MaintenanceError, UsageError
from jobs.common.keep_tables import keep_tables
from jobs.common.maintenance import Plan, plan_of
from jobs.common.table_files import File
from jobs.maintenance.delta_optimize_vacuum import arguments

MB = 1024 * 1024
PLAIN = Maintenance(file_megabytes=128, keep_versions=dt.timedelta(days=7))
ONE, TWO = (("day", "2026-01-01"),), (("day", "2026-01-02"),)


def test_small_files_are_brought_together_where_fewer_come_of_it() -> None:
    wanted = replace(PLAIN, file_megabytes=100)

    def planned(*sizes: int) -> bool:
        return bool(plan_of([File(size * MB, 0, ONE) for size in sizes], wanted, None).compact)

    assert not planned()
    assert not planned(1)
    assert not planned(1, 50)  # half of what a file is to be is not small
    assert planned(1, 49)
    assert planned(49, 49, 49)  # 147 MB are two files
    assert not planned(200, 200)
    both = [File(1, 0, ONE), File(1, 0, TWO), File(1, 0, TWO)]
    assert plan_of(both, wanted, None) == Plan(compact=(TWO,))


def test_rows_are_laid_anew_where_something_was_written_since() -> None:
    zorder = replace(PLAIN, cluster_by="zorder", cluster_columns=("id",), file_megabytes=100)
    files = [File(200 * MB, 10, ONE), File(200 * MB, 20, TWO)]
    assert plan_of(files, zorder, None) == Plan(order=(ONE, TWO))
    assert plan_of(files, zorder, 15) == Plan(order=(TWO,))
    assert plan_of(files, zorder, 20).nothing
    liquid = replace(PLAIN, cluster_by="liquid", cluster_columns=("id",))
    assert plan_of([File(1, 10, ())], liquid, None) == Plan(cluster=True)
    assert plan_of([File(1, 10, ())], liquid, 9) == Plan(cluster=True)
    assert plan_of([File(1, 10, ())], liquid, 10).nothing
    assert plan_of([], liquid, None).nothing


def test_arguments_are_taken_as_submit_hands_them_on() -> None:
    def parsed(*words: str) -> argparse.Namespace:
        parser = argparse.ArgumentParser()
        arguments(parser)
        return parser.parse_args(words)

    dry = [parsed(*words).dry_run for words in ([], ["--dry-run"], ["--dry-run=true"], ["--dry-run=false"])]
    assert dry == ["false", "true", "true", "false"]
    said = parsed("--dataset=a_silver", "--dataset=b_silver", "--retain=14d", "--below-guard=request 4711")
    assert (said.dataset, said.retain, said.below_guard) == (
        ["a_silver", "b_silver"],
        dt.timedelta(days=14),
        "request 4711",
    )
    for words in (["--retain=14 days"], ["--dry-run=yes"]):
        with pytest.raises(SystemExit):
            parsed(*words)


def declared(lake: Lake, **maintenance: Maintenance) -> Declaration:
    """A declaration of tables by name with how each is kept, and a job that keeps them."""
    config = lake.folder / "config"
    (config / "schemas").mkdir(parents=True)
    for name, wanted in maintenance.items():
        partitioned = wanted.cluster_by != "liquid"
        contract = {
            "$id": f"{name}_silver",
            "properties": {
                "id": {"type": "integer", "description": "x"},
                "day": {"type": "string", "format": "date", "description": "x"},
            },
            "required": ["id", "day"],
            "x-dataplat": {
                "layer": "silver",
                "table": name,
                "primaryKey": ["id"],
                "partitionedBy": ["day"] if partitioned else [],
                "write": "replace",
            },
        }
        (config / "schemas" / f"{name}_silver.json").write_text(json.dumps(contract), encoding="utf-8")
    datasets = {f"{name}_silver": Dataset(wanted, PLAIN) for name, wanted in maintenance.items()}
    job = Job("delta_optimize_vacuum", "maintenance", (), tuple(datasets), tuple(datasets))
    return of_one_job(config, job, datasets=datasets)


def written(lake: Lake, name: str, day: str, *ids: int, partitioned: bool = True) -> None:
    frame = lake.spark.createDataFrame(
        [(one, dt.date.fromisoformat(day)) for one in ids], "id bigint, day date"
    )
    writer = frame.coalesce(1).write.format("delta").mode("append")
    (writer.partitionBy("day") if partitioned else writer).save(uri_of(lake, name))


def uri_of(lake: Lake, name: str) -> str:
    return (lake.folder / "silver" / name).as_uri() + "/"


def table(lake: Lake, name: str, version: int | None = None) -> DataFrame:
    reader = lake.spark.read.format("delta")
    return (reader if version is None else reader.option("versionAsOf", version)).load(uri_of(lake, name))


def content(lake: Lake, name: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in table(lake, name).collect())


def versions(lake: Lake) -> dict[str, int]:
    return {
        folder.name: len(list((folder / "_delta_log").glob("*.json")))
        for folder in (lake.folder / "silver").iterdir()
    }


def run(lake: Lake, declaration: Declaration, **arguments: Any) -> dict[str, dict[str, Any]]:
    result = keep_tables(
        lake.context("delta_optimize_vacuum", "2026-01-05", declaration=declaration, **arguments)
    )
    return {one["table"]: one for one in result.details["tables"]}  # type: ignore[attr-defined]


@pytest.mark.heavy
def test_each_table_is_kept_as_its_contract_says_a_dry_run_changes_nothing_and_neither_does_a_second(
    lake: Lake,
) -> None:
    declaration = declared(
        lake,
        plain=PLAIN,
        zoned=replace(PLAIN, cluster_by="zorder", cluster_columns=("id",)),
        liquid=replace(PLAIN, cluster_by="liquid", cluster_columns=("id",)),
        absent=PLAIN,
    )
    for number in range(3):
        written(lake, "plain", "2026-01-01", number)
    written(lake, "plain", "2026-01-02", 9)
    written(lake, "plain__quarantine", "2026-01-01", 1)
    written(lake, "plain__quarantine", "2026-01-01", 2)
    for number in range(2):
        written(lake, "zoned", "2026-01-01", number)
        written(lake, "liquid", "2026-01-01", number, partitioned=False)
    names = ("plain", "plain__quarantine", "zoned", "liquid")
    before, at = {name: content(lake, name) for name in names}, versions(lake)

    dry = run(lake, declaration, dry_run="true")
    assert versions(lake) == at
    assert dry["plain_silver"]["files"] == {"before": 4, "after": 4}
    assert dry["plain_silver"]["partitions"] == {"compacted": 1, "ordered": 0}

    told = run(lake, declaration)
    assert {name: one["files"]["after"] for name, one in told.items()} == {
        "plain_silver": 2,  # of the day with one file nothing is written
        "plain_silver quarantine": 1,
        "zoned_silver": 1,
        "liquid_silver": 1,
    }
    assert told["zoned_silver"]["partitions"] == {"compacted": 0, "ordered": 1}
    assert told["liquid_silver"]["clustered"] is True
    clustered = lake.spark.sql(f"describe detail delta.`{uri_of(lake, 'liquid')}`").collect()[0]
    assert list(clustered["clusteringColumns"]) == ["id"]
    assert {name: content(lake, name) for name in names} == before
    assert all(one["vacuumed"] == 0 for one in told.values())  # nothing is seven days old

    at = versions(lake)
    again = run(lake, declaration)
    assert versions(lake) == at
    assert all(one["files"]["before"] == one["files"]["after"] for one in again.values())


@pytest.mark.heavy
def test_old_versions_go_by_vacuum_and_not_below_the_guard_without_a_reason(lake: Lake) -> None:
    declaration = declared(lake, plain=PLAIN)
    written(lake, "plain", "2026-01-01", 1)
    written(lake, "plain", "2026-01-01", 2)
    at = versions(lake)
    with pytest.raises(UsageError, match=r"--retain of 0h is less than 7d.*--below-guard"):
        run(lake, declaration, retain=dt.timedelta(0))
    assert versions(lake) == at
    run(lake, declaration)
    assert table(lake, "plain", 0).count() == 1  # still there
    told = run(lake, declaration, retain=dt.timedelta(0), below_guard="a test alone at work")
    assert told["plain_silver"]["vacuumed"] == 2
    assert content(lake, "plain") == [(1, dt.date(2026, 1, 1)), (2, dt.date(2026, 1, 1))]
    with pytest.raises(Exception, match=r"FAILED_READ_FILE|FileNotFound|does not exist|DELTA_FILE_NOT_FOUND"):
        table(lake, "plain", 0).collect()
    # The guard is what it was for whatever runs next in the session.
    assert lake.spark.conf.get("spark.databricks.delta.retentionDurationCheck.enabled") == "true"


@pytest.mark.heavy
def test_a_table_that_cannot_be_kept_is_told_and_the_others_are_kept(lake: Lake) -> None:
    declaration = declared(lake, broken=PLAIN, plain=PLAIN)
    for name in ("broken", "plain"):
        written(lake, name, "2026-01-01", 1)
        written(lake, name, "2026-01-01", 2)
    next((lake.folder / "silver" / "broken").rglob("*.parquet")).unlink()
    with pytest.raises(
        MaintenanceError, match=r"1 of 2 tables could not be kept in order.*broken_silver"
    ) as told:
        run(lake, declaration)
    (kept,) = told.value.details["tables"]  # type: ignore[misc]
    assert (kept["table"], kept["files"]["after"]) == ("plain_silver", 1)
