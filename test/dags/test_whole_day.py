"""Days of a small pipeline in Airflow itself: its database, its task runner, its deferral; EMR Serverless over HTTP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from emr import Emr

GATE = "dq_check_bronze"


class Days(Emr):
    """Every run ends at once: the gate of the second day badly, all others well."""

    def start(self, request: dict[str, Any]) -> tuple[int, bytes]:
        before = len(self.runs)
        answer = super().start(request)
        bad = request["name"] == f"{GATE} 2026-01-16"
        if len(self.runs) > before:
            self.runs[list(self.runs)[-1]].update(
                state="FAILED" if bad else "SUCCESS", stateDetails="2 of 30 checks"
            )
        return answer

    def names(self, day: str) -> list[str]:
        return [run["name"].split()[0] for run in self.runs.values() if run["name"].endswith(day)]


@pytest.fixture(scope="module")
def days(
    local_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Days, list[dict[str, Any]]]]:
    """Two jobs of bronze, their gate, and one of gold behind it, run for two days."""
    folder = shutil.copytree(local_folder, tmp_path_factory.mktemp("days") / "dags")
    file = folder / "dataplat" / "platform.json"
    platform = json.loads(file.read_text(encoding="utf-8"))
    jobs = {job["id"]: job for job in platform["jobs"]}
    kept = [jobs["crm_accounts"], jobs["fx_rates"], {**jobs[GATE], "upstream": ["crm_accounts", "fx_rates"]}]
    gold = json.loads(json.dumps(jobs["crm_accounts"]).replace("crm_accounts", "sales"))
    kept.append({**gold, "layer": "gold", "outputs": [], "upstream": [GATE]})
    file.write_text(json.dumps({**platform, "jobs": kept}), encoding="utf-8")
    emr = Days()
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")),
        "AWS_ENDPOINT_URL": emr.url,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"], env=env, check=True, capture_output=True
    )
    program = str(Path(__file__).with_name("run_day.py"))
    words = [sys.executable, program, str(folder), "daily_batch_pipeline", "2026-01-15", "2026-01-16"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    yield emr, [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"run"')]
    emr.server.shutdown()


def test_a_day_is_green_and_in_the_order_of_the_graph(
    days: tuple[Days, list[dict[str, Any]]],
) -> None:
    emr, (first, _) = days
    assert first == {
        "run": "success",
        "tasks": {"crm_accounts": "success", "fx_rates": "success", GATE: "success", "sales": "success"},
    }
    started = emr.names("2026-01-15")
    assert sorted(started) == ["crm_accounts", GATE, "fx_rates", "sales"]
    assert started[-2:] == [GATE, "sales"]


def test_a_gate_that_fails_stops_gold_is_not_tried_again_and_is_told_of(
    days: tuple[Days, list[dict[str, Any]]],
) -> None:
    emr, (_, second) = days
    assert second["run"] == "failed"
    assert second["tasks"][GATE] == "failed"
    assert second["tasks"]["sales"] == "upstream_failed"
    assert sorted(emr.names("2026-01-16")) == ["crm_accounts", GATE, "fx_rates"]
    (message,) = emr.published
    assert message["Subject"] == f"daily_batch_pipeline: {GATE} failed for 2026-01-16"
    said = json.loads(message["Message"])
    assert (said["kind"], said["task"], said["date"]) == ("task-failed", GATE, "2026-01-16")
