"""The jobs as people and clusters start them: a process of its own, over a lake in a folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyspark
import pytest
from conftest import PROJECT, Lake
from expected import expected
from expected_feeds import rows_of, sound_rows

from jobs.common.find_declaration import resolve

SCRIPT = PROJECT / "jobs" / "ingest" / "crm_opportunities_ingest.py"
QUICK = [
    "spark.sql.shuffle.partitions=1",
    "spark.databricks.delta.snapshotPartitions=1",
    "spark.ui.enabled=false",
    "spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
]
DAY = "2026-01-05"


def run(command: list[str], cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYSPARK_GATEWAY")}
    return subprocess.run(
        command,
        cwd=cwd,
        env={**inherited, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,  # for what would never end
    )


@pytest.mark.heavy  # what the local endpoint runs is such a script too
def test_a_plain_script_run_from_anywhere_prints_its_result_alone_to_stdout(
    lake: Lake, tmp_path: Path
) -> None:
    lake.deliver_sample("opportunities", DAY)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    config = str(PROJECT / "config" / "environments" / "dev.yaml")
    done = run(
        [sys.executable, str(SCRIPT), "--config", config, "--date", DAY, "--run-id", "r7"],
        elsewhere,
        DATAPLAT_LAKE_ROOT=lake.folder.as_uri(),
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    want = expected("opportunities", DAY)
    assert result["rows"] == {"read": want.rows, "written": want.bronze, "quarantined": want.quarantine}
    assert (result["status"], result["runId"], result["date"]) == ("succeeded", "r7", DAY)
    assert len(lake.rows("crm_opportunities")) == want.bronze
    assert f"{want.rows} rows read" in done.stderr
    assert list(elsewhere.iterdir()) == []


def of_crm(entity: str) -> tuple[int, int]:
    """How many rows a day's extract holds, and how many of them are sound."""
    want = expected(entity, DAY)
    return want.rows, want.bronze


def of_feed(feed: str) -> tuple[int, int]:
    return len(rows_of(feed, DAY)), len(sound_rows(feed, DAY)[0])


# By script: for each table the folder that is delivered for it, and what comes of that.
SOURCES: dict[str, dict[str, tuple[str, Callable[[], tuple[int, int]]]]] = {
    "kafka_orders_stream.py": {"kafka_orders": ("kafka/orders", partial(of_feed, "kafka orders"))},
    "crm_accounts_ingest.py": {"crm_accounts": ("crm/accounts", partial(of_crm, "accounts"))},
    "crm_contacts_ingest.py": {"crm_contacts": ("crm/contacts", partial(of_crm, "contacts"))},
    "crm_opportunities_ingest.py": {
        "crm_opportunities": ("crm/opportunities", partial(of_crm, "opportunities"))
    },
    "fx_rates_ingest.py": {"fx_rates": ("fx", partial(of_feed, "fx"))},
    "redshift_behavior_ingest.py": {
        "redshift_behavior_events": ("redshift/behavior_events", partial(of_feed, "redshift behavior_events"))
    },
    "salesforce_to_bronze.py": {
        "salesforce_leads": ("salesforce/leads", partial(of_feed, "salesforce leads"))
    },
    "snowflake_to_bronze.py": {
        "snowflake_orders": ("snowflake/orders", partial(of_feed, "snowflake orders")),
        "snowflake_customers": ("snowflake/customers", partial(of_feed, "snowflake customers")),
    },
}


def test_every_job_that_ingests_is_known_here() -> None:
    ingest = PROJECT / "jobs" / "ingest"
    # The one of inferred contracts is nobody's yet; test_inferred_contracts.py runs it.
    of_no_job = {"__init__.py", "files_ingest.py"}
    assert set(SOURCES) == {file.name for file in ingest.glob("*.py")} - of_no_job


@pytest.mark.heavy
@pytest.mark.parametrize("script", list(SOURCES))
def test_every_source_is_a_script_that_can_be_run_twice(lake: Lake, script: str) -> None:
    tables = SOURCES[script]
    lake.deliver_samples(*(f"{folder}/{DAY}" for folder, _ in tables.values()))
    command = [sys.executable, str(PROJECT / "jobs" / "ingest" / script), "--env", "local", "--date", DAY]
    content: list[dict[str, list[str]]] = []
    for _ in range(2):
        done = run([*command, "--lake-root", lake.folder.as_uri()], PROJECT)
        assert done.returncode == 0, done.stderr
        content.append({table: lake.content(table) for table in tables})
        if len(content) == 1:
            read, sound = (sum(counts) for counts in zip(*(of() for _, of in tables.values())))
            assert json.loads(done.stdout)["rows"] == {
                "read": read,
                "written": sound,
                "quarantined": read - sound,
            }
    for table, (_, of) in tables.items():
        assert len(content[0][table]) == of()[1]
    assert content[1] == content[0]


@pytest.mark.heavy  # test_cli.py has the codes and what is printed, test_landing.py the message
def test_nothing_delivered_ends_with_1_and_the_path(lake: Lake, tmp_path: Path) -> None:
    done = run(
        [
            sys.executable,
            str(SCRIPT),
            "--env",
            "local",
            "--date",
            "2027-01-05",
            "--lake-root",
            lake.folder.as_uri(),
        ],
        PROJECT,
    )
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert result["error"]["kind"] == "landing-missing"
    assert "crm/opportunities/2027-01-05" in result["error"]["message"]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("bad", [["--date", "soon"], []])
def test_wrong_usage_ends_with_2_before_spark_starts(bad: list[str]) -> None:
    done = run([sys.executable, str(SCRIPT), "--env", "local", *bad], PROJECT)
    assert done.returncode == 2
    assert "usage:" in done.stderr


@pytest.mark.heavy
def test_spark_submit_with_the_package_as_a_zip_and_the_declaration_unpacked(
    lake: Lake, tmp_path: Path
) -> None:
    """As EMR Serverless runs a release: the entry point by itself, `--py-files jobs.zip`, `declaration/`."""
    lake.deliver_sample("opportunities", DAY)
    work = tmp_path / "work"
    (work / "declaration").mkdir(parents=True)
    (work / "declaration" / "config").symlink_to(PROJECT / "config")
    resolved = json.dumps(resolve(PROJECT / "config", "dev"))
    (work / "declaration" / "platform.json").write_text(resolved, encoding="utf-8")
    entry = work / SCRIPT.name
    entry.write_bytes(SCRIPT.read_bytes())
    with zipfile.ZipFile(work / "jobs.zip", "w") as archive:
        for file in sorted((PROJECT / "jobs").rglob("*.py")):
            archive.write(file, file.relative_to(PROJECT))
    jars = ",".join(str(part) for part in lake.spark.conf.get("spark.jars", "").split(",") if part)
    options = ["--jars", jars] if jars else ["--packages", lake.spark.conf.get("spark.jars.packages")]
    done = run(
        [
            str(Path(pyspark.__file__).parent / "bin" / "spark-submit"),
            *["--master", "local[1]", *options],
            *(part for setting in QUICK for part in ("--conf", setting)),
            *["--py-files", str(work / "jobs.zip"), str(entry)],
            *["--env", "dev", "--date", DAY, "--lake-root", lake.folder.as_uri()],
        ],
        work,
        PYSPARK_PYTHON=sys.executable,
        PYSPARK_DRIVER_PYTHON=sys.executable,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["rows"]["read"] == expected("opportunities", DAY).rows
