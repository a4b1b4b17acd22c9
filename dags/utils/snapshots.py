"""The task that takes a snapshot of the lake: `dataplat dr snapshot` in one file, run by Node."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import os
import re
import shutil
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.sdk import DAG, BaseOperator
from airflow.timetables.trigger import CronTriggerTimetable

from utils.declaration import FILE, Node, Snapshots, platform
from utils.factory import platform_dag

# What the program inherits: who it is, and how AWS is reached. Not Airflow's own settings, which hold its secrets.
INHERITED = re.compile(r"(AWS|DATAPLAT)_\w+|PATH|HOME|TZ|LANG|TMPDIR|(https?|no)_proxy", re.IGNORECASE)

# What the program does at the end of its own accord, when it is told to end.
GRACE_SECONDS = 30


class TakeSnapshot(BaseOperator):
    """Runs the program, puts what it tells into the log, and ends as it ends."""

    _process: subprocess.Popen[str] | None = None

    def __init__(self, *, declared: Snapshots, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.declared = declared

    def execute(self, context: Any) -> dict[str, Any]:
        result = self._run([str(executable(self.declared.node)), str(FILE.parent / self.declared.program)])
        error = result.get("error")
        if error is None:
            return result
        message = ". ".join(
            [f"{error['message']} [{error['code']}]", *(f"Next: {one}" for one in error.get("next", [])[:1])]
        )
        if error["code"] == self.declared.taken_by_another:
            # There will be a snapshot of this day, only not by this run.
            raise AirflowSkipException(message)
        raise (
            AirflowFailException(message)
            if error["code"] in self.declared.no_use_trying_again
            else AirflowException(message)
        )

    def _run(self, program: list[str]) -> dict[str, Any]:
        declared = platform()
        result: dict[str, Any] = {}
        self._process = subprocess.Popen(  # noqa: S603
            [*program, str(FILE.parent), declared.environment],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env={name: value for name, value in os.environ.items() if INHERITED.fullmatch(name)},
        )
        try:
            for line in self._process.stdout or ():
                told = _parsed(line)
                if told is None:
                    self.log.info("%s", line.rstrip())
                elif told.get("type") == "result":
                    result = told
                else:
                    text = _text(told)
                    if text:
                        level = logging.WARNING if told.get("level") == "warning" else logging.INFO
                        self.log.log(level, "%s", text)
            code = self._process.wait()
        finally:
            self.on_kill()
        if not result:
            raise AirflowException(f"the program that takes snapshots ended with {code} and said nothing")
        return result

    def on_kill(self) -> None:
        """Lets the program end well: it gives its lock back."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _text(told: dict[str, Any]) -> str | None:
    """What is said of an event in the log; none of progress, which comes many times a second."""
    if told.get("type") == "started":
        return str(told.get("title"))
    if told.get("type") == "message":
        return str(told.get("text"))
    if told.get("type") == "failed":
        return f"{told.get('title')}: failed"
    return None


def executable(node: Node | None) -> Path:
    """Node: of this machine, else the one that a deploy has put into the bucket, fetched once a machine."""
    if node is None:
        return Path(os.environ.get("DATAPLAT_NODE") or shutil.which("node") or "node")
    there = Path(tempfile.gettempdir()) / f"dataplat-node-{node.sha256[:16]}"
    if there.exists() and _sha256(there) == node.sha256:
        return there
    s3 = S3Hook(aws_conn_id=None, region_name=platform().region)
    with tempfile.NamedTemporaryFile(dir=there.parent, delete=False) as file:
        try:
            body = s3.get_key(node.key, node.bucket).get()["Body"]
            with gzip.GzipFile(fileobj=body) as content:
                shutil.copyfileobj(content, file)
            file.close()
            if _sha256(Path(file.name)) != node.sha256:
                raise AirflowException(f"s3://{node.bucket}/{node.key} is not what the deploy has put there")
            Path(file.name).chmod(0o700)
            # Another task of this machine may do the same at this moment: either file is the whole one.
            Path(file.name).replace(there)
        finally:
            Path(file.name).unlink(missing_ok=True)
    return there


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        digest = hashlib.sha256()
        while block := content.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def snapshot_dag(dag_id: str, **settings: Any) -> DAG | None:
    """The DAG of snapshots; none where the environment's Airflow takes none."""
    snapshots = platform().snapshots
    if snapshots is None:
        return None
    dag = platform_dag(
        dag_id,
        schedule=CronTriggerTimetable(snapshots.schedule, timezone="UTC") if snapshots.schedule else None,
        catchup=False,
        max_active_runs=1,
        **settings,
    )
    TakeSnapshot(
        task_id="snapshot",
        dag=dag,
        declared=snapshots,
        # One that hangs must not keep all later ones from being taken.
        execution_timeout=timedelta(hours=20),
        doc_md=f"By hand: `dataplat dr snapshot --env {platform().environment}`",
    )
    return dag
