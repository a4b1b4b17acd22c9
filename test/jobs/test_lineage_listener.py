"""The columns come from Spark's plans: jobs as they are started with OpenLineage's own listener."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import PROJECT, Lake
from test_lineage import valid
from test_script import run

from jobs.common.context import Storage

DAY = "2026-01-05"


def observed(lake: Lake, tmp_path: Path, job: str, script: str, day: str) -> dict[str, Any]:
    """What a run of a job, started with the listener, is seen to have done."""
    jars = f"{os.environ['DATAPLAT_SPARK_JARS']},{os.environ['DATAPLAT_LINEAGE_LISTENER']}"
    options = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC --add-opens=java.base/java.security=ALL-UNNAMED"
    here = tmp_path / f"{job}-{day}"
    here.mkdir()
    done = run(
        [
            *[sys.executable, str(PROJECT / "jobs" / script), "--env", "local"],
            *["--date", day, "--lake-root", lake.folder.as_uri()],
        ],
        here,
        PYSPARK_SUBMIT_ARGS=(
            f"--jars {jars} --driver-java-options '{options}' "
            "--conf spark.extraListeners=io.openlineage.spark.agent.OpenLineageSparkListener "
            "--conf spark.openlineage.transport.type=file "
            "--conf spark.openlineage.transport.location=./openlineage.jsonl pyspark-shell"
        ),
    )
    assert done.returncode == 0, done.stderr
    assert "lineage.yaml" not in done.stderr  # nothing disagrees with it
    (file,) = (lake.folder / "logs" / "emr" / job / "lineage" / day).glob("*.complete.json")
    event: dict[str, Any] = valid(json.loads(file.read_text(encoding="utf-8")))
    return event


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("job", "script", "samples", "dataset"),
    [
        ("crm_accounts", "crm_accounts_ingest.py", ["crm/accounts"], "crm_accounts_bronze"),
        (
            "snowflake_to_bronze",
            "snowflake_to_bronze.py",
            ["snowflake/orders", "snowflake/customers"],
            "snowflake_orders_bronze",
        ),
    ],
)
def test_each_column_of_a_source_is_seen_to_become_the_one_of_its_name(
    lake: Lake, tmp_path: Path, job: str, script: str, samples: list[str], dataset: str
) -> None:
    lake.deliver_samples(*(f"{folder}/{DAY}" for folder in samples))
    event = observed(lake, tmp_path, job, f"ingest/{script}", DAY)
    contract = lake.declaration.contract(dataset)
    storage = Storage({}, lake.folder.as_uri())
    table = storage.table(contract)[len("file://") :].rstrip("/")
    (written,) = [one for one in event["outputs"] if one["name"] == table]
    assert written["outputFacets"]["outputStatistics"]["rowCount"] > 0
    fields = written["facets"]["columnLineage"]["fields"]
    landing = {f"{lake.folder}/landing/{folder}" for folder in samples}
    assert {one["name"] for one in event["inputs"]} == landing
    for column in contract.source_columns:
        origins = {(one["name"], one["field"]) for one in fields[column.name]["inputFields"]}
        ((name, field),) = origins
        assert name in landing
        assert field == column.name
    # What the job sets itself comes from no column of the source.
    assert not any(
        one["field"] == "ingest_date" for one in fields.get("ingest_date", {}).get("inputFields", [])
    )


@pytest.mark.heavy
def test_each_column_of_silver_is_seen_to_come_from_bronze(lake: Lake, tmp_path: Path) -> None:
    """A table that is there is merged into: the listener sees another kind of command than where it is made."""
    of_bronze, of_silver = "snowflake_to_bronze", "snowflake_to_silver"
    for day in (DAY, "2026-01-06"):
        lake.deliver_samples(f"snowflake/orders/{day}", f"snowflake/customers/{day}")
        observed(lake, tmp_path, of_bronze, f"ingest/{of_bronze}.py", day)
        event = observed(lake, tmp_path, of_silver, "transform/snowflake_bronze_to_silver_merge.py", day)
        for dataset in ("snowflake_orders", "snowflake_customers"):
            contract = lake.declaration.contract(f"{dataset}_silver")
            table = Storage({}, lake.folder.as_uri()).table(contract)[len("file://") :].rstrip("/")
            (written,) = [one for one in event["outputs"] if one["name"] == table]
            fields = written["facets"]["columnLineage"]["fields"]
            bronze = f"{lake.folder}/bronze/{dataset}"
            for column in contract.columns:
                origins = {(one["name"], one["field"]) for one in fields[column.name]["inputFields"]}
                assert origins == {(bronze, column.date_of or column.name)}, (day, column.name)
