"""The DAGs that are deployed: they are read without an error, quickly and quietly, and are what the graph says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, write_folder

LINEAGE = yaml.safe_load((ROOT / "config/shared/lineage.yaml").read_text(encoding="utf-8"))["jobs"]
DATASETS = [path.stem for path in (ROOT / "config/schemas").glob("*.json")]


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory, local_folder: Path) -> dict[str, dict[str, Any]]:
    """What is found in four folders: of two environments, of one with wrong files, and of one without a release."""
    prod = write_folder("prod", tmp_path_factory.mktemp("dags-prod"))
    wrong = shutil.copytree(local_folder, tmp_path_factory.mktemp("wrong") / "dags")
    (wrong / "broken_dag.py").write_text(
        "# airflow dag\nfrom utils.nothing import nothing\n", encoding="utf-8"
    )
    (wrong / "unknown_dag.py").write_text(
        "# airflow dag\nfrom utils.factory import of_jobs\n"
        'dag = of_jobs("unknown", jobs=["crm_acounts"], schedule=None)\n',
        encoding="utf-8",
    )
    bare = shutil.copytree(prod, tmp_path_factory.mktemp("bare") / "dags")
    (bare / "dataplat" / "platform.json").unlink()
    folders = {"local": local_folder, "prod": prod, "wrong": wrong, "bare": bare}
    words = [f"{'prod' if name == 'bare' else name}={folder}" for name, folder in folders.items()]
    program = str(Path(__file__).with_name("read_dags.py"))
    done = subprocess.run([sys.executable, program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return dict(zip(folders, map(json.loads, lines), strict=True))


@pytest.fixture(params=["local", "prod"])
def found(request: pytest.FixtureRequest, reading: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return reading[request.param]


def expanded(names: list[str]) -> set[str]:
    """Datasets by id, `layer/<layer>` being all of a layer."""
    ids: set[str] = set()
    for name in names:
        layer = name.removeprefix("layer/")
        ids |= {name} if layer == name else {one for one in DATASETS if one.endswith(f"_{layer}")}
    return ids


def waits_for(job_id: str) -> set[str]:
    """By the rules of the graph, of the file alone: who writes what a job reads, and who checks it."""
    job = LINEAGE[job_id]
    if job["mode"] == "maintenance":
        return set()
    reads = expanded(job["inputs"])
    return {
        other_id
        for other_id, other in LINEAGE.items()
        if other_id != job_id
        and other["mode"] != "maintenance"
        and (
            reads & expanded(other["outputs"])
            or (other.get("gate") and not job.get("gate") and reads & expanded(other["inputs"]))
        )
    }


def test_are_read_without_an_error_or_the_network(found: dict[str, Any]) -> None:
    assert found["errors"] == {}
    assert found["asked"] == []
    assert {
        "daily_batch_pipeline",
        "salesforce_ingestion",
        "dq_watchdog",
        "maintenance",
        "backfill_on_request",
    } <= set(found["dags"])


def test_take_less_than_two_seconds_of_our_own(found: dict[str, Any]) -> None:
    assert 0 < found["seconds"] < 2


def test_try_out_new_environments_where_nothing_is_protected(found: dict[str, Any]) -> None:
    assert ("environment_smoke" in found["dags"]) == (found["environment"] == "local")


def test_take_snapshots_where_the_environment_schedules_them(reading: dict[str, dict[str, Any]]) -> None:
    for name in ("local", "prod"):
        file = ROOT / f"config/environments/{name}.yaml"
        declared = yaml.safe_load(file.read_text(encoding="utf-8")).get("snapshots")
        dag = reading[name]["dags"].get("dr_snapshot")
        assert (dag is None) == (declared is None)
        if dag:
            assert dag["schedule"] == str(declared.get("schedule"))
            task = dag["tasks"]["snapshot"]
            assert task["announces"]
            assert task["backoff"]
            assert task["retries"] == 2
    assert "dr_snapshot" in reading["prod"]["dags"]


def test_schedule_every_job_that_the_graph_schedules_and_no_other(found: dict[str, Any]) -> None:
    for dag_id, dag in found["dags"].items():
        jobs = {task["job"] for task in dag["tasks"].values() if task["job"]}
        assert jobs <= set(LINEAGE), dag_id
    for job_id, job in LINEAGE.items():
        if "schedule" in job:
            assert job_id in found["dags"][job["schedule"]["dag"]]["tasks"]


@pytest.mark.parametrize("dag_id", ["daily_batch_pipeline", "maintenance"])
def test_have_the_structure_of_the_graph(found: dict[str, Any], dag_id: str) -> None:
    tasks = found["dags"][dag_id]["tasks"]
    scheduled = {job_id for job_id, job in LINEAGE.items() if job.get("schedule", {}).get("dag") == dag_id}
    assert set(tasks) == scheduled
    edges = {(before, after) for before, task in tasks.items() for after in task["downstream"]}
    assert edges == {(before, after) for after in scheduled for before in waits_for(after) & scheduled}


def test_run_jobs_with_the_operator_of_the_provider(found: dict[str, Any]) -> None:
    tasks = [task for dag in found["dags"].values() for task in dag["tasks"].values() if task["job"]]
    assert len(tasks) >= len([job for job in LINEAGE.values() if "schedule" in job])
    for task in tasks:
        job = LINEAGE[task["job"]]
        assert "EmrServerlessStartJobOperator" in task["bases"]
        assert task["deferrable"] is True
        assert task["backoff"] is True
        # A gate finds the same wrong with the same data however often it looks.
        assert task["retries"] == (0 if job.get("gate") else 2)
        assert set(task["outlets"]) == expanded(job["outputs"]) & set(DATASETS)
        assert task["announces"]
        assert job["description"] in task["doc"]


def test_group_tasks_by_layer(found: dict[str, Any]) -> None:
    tasks = found["dags"]["daily_batch_pipeline"]["tasks"]
    assert tasks["crm_accounts"]["group"] == "bronze"
    assert tasks["dq_check_bronze"]["group"] == "bronze"
    assert tasks["dq_check_silver"]["group"] == "silver"


def test_say_who_owns_them_what_they_are_for_and_what_becomes_of_missed_runs(found: dict[str, Any]) -> None:
    for dag_id, dag in found["dags"].items():
        assert len(dag["doc"]) > 100, dag_id
        assert found["environment"] in dag["tags"]
        assert all(task["owner"] not in ("", "airflow") for task in dag["tasks"].values())
    made_up_for = {dag_id for dag_id, dag in found["dags"].items() if dag["catchup"]}
    assert made_up_for == {"daily_batch_pipeline", "dq_watchdog"}


def test_a_file_with_an_error_does_not_stop_the_others(reading: dict[str, dict[str, Any]]) -> None:
    found = reading["wrong"]
    errors = {Path(file).name: text for file, text in found["errors"].items()}
    assert set(errors) == {"broken_dag.py", "unknown_dag.py"}
    assert re.search(r'declares no job "crm_acounts"; there is: .*\bcrm_accounts\b', errors["unknown_dag.py"])
    assert set(found["dags"]) == set(reading["local"]["dags"])


def test_without_a_release_they_say_which_command_makes_one(reading: dict[str, dict[str, Any]]) -> None:
    found = reading["bare"]
    assert found["dags"] == {}
    assert len(found["errors"]) >= 5
    assert all("Next: dataplat deploy --env prod" in text for text in found["errors"].values())
