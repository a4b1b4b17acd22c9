"""The task that takes snapshots: what becomes of it by what the program tells, and where it has Node from."""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException


@pytest.fixture
def snapshots(local_folder: Path) -> Any:
    from utils import snapshots

    return snapshots


@pytest.fixture
def task(snapshots: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The task as this environment's Airflow has it, with Python in Node's place and a program that a test writes."""
    from utils.declaration import platform

    def program(text: str) -> Any:
        file = tmp_path / "program.py"
        file.write_text(text, encoding="utf-8")
        monkeypatch.setenv("DATAPLAT_NODE", sys.executable)
        declared = platform().snapshots
        assert declared is not None
        assert declared.program == "snapshot.mjs"
        return snapshots.TakeSnapshot(task_id="snapshot", declared=replace(declared, program=str(file)))

    return program


def ending(code: str) -> str:
    error = f'{{"code": "{code}", "message": "this is why", "next": ["do that"]}}'
    return f'print(\'{{"type": "result", "error": {error}}}\')\nraise SystemExit(1)'


def test_has_the_result_of_the_program_which_learns_nothing_of_airflow(
    task: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    found = task(
        "import json, os, sys\n"
        "print('a warning of Node')\n"
        "print(json.dumps({'type': 'started', 'id': 'a', 'title': 'Look'}))\n"
        "names = sorted(name for name in os.environ if name.startswith(('AIRFLOW', 'AWS_R')))\n"
        "print(json.dumps({'type': 'result', 'snapshot': 's', 'names': names, 'words': sys.argv[2:]}))\n"
    ).execute({})
    assert found["names"] == ["AWS_REGION"]
    assert found["words"] == ["local"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("DP9005", AirflowSkipException),
        ("DP9002", AirflowFailException),
        ("DP1007", AirflowFailException),
        ("DP5001", AirflowException),
    ],
)
def test_ends_as_the_failure_asks_for_and_says_why(task: Any, code: str, expected: type[Exception]) -> None:
    with pytest.raises(AirflowException) as raised:
        task(ending(code)).execute({})
    assert type(raised.value) is expected
    assert str(raised.value) == f"this is why [{code}]. Next: do that"


def test_fails_where_the_program_says_nothing(task: Any) -> None:
    with pytest.raises(AirflowException, match="ended with 3 and said nothing"):
        task("raise SystemExit(3)").execute({})


def test_lets_the_program_end_well_when_it_is_killed(task: Any, tmp_path: Path) -> None:
    ready, ended = tmp_path / "ready", tmp_path / "ended"
    killed = task(
        "import pathlib, signal, sys\n"
        f"def end(*_):\n    pathlib.Path({str(ended)!r}).touch()\n    sys.exit(130)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        f"pathlib.Path({str(ready)!r}).touch()\n"
        "signal.pause()\n"
    )

    def kill() -> None:
        while not ready.exists():
            time.sleep(0.01)
        killed.on_kill()

    killing = threading.Thread(target=kill)
    killing.start()
    with pytest.raises(AirflowException):
        killed.execute({})
    killing.join()
    assert ended.exists()


def test_fetches_node_once_and_only_what_the_deploy_has_put_there(
    snapshots: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from utils.declaration import Node

    content = b"an executable"
    fetched: list[str] = []

    class Hook:
        def __init__(self, **_: Any) -> None:
            pass

        def get_key(self, key: str, bucket: str) -> Any:
            fetched.append(f"{bucket}/{key}")
            return self

        def get(self) -> dict[str, Any]:
            return {"Body": io.BytesIO(gzip.compress(content))}

    monkeypatch.setattr(snapshots, "S3Hook", Hook)
    monkeypatch.setattr(snapshots.tempfile, "gettempdir", lambda: str(tmp_path))
    node = Node("artifacts", "airflow/node.gz", hashlib.sha256(content).hexdigest())
    file = snapshots.executable(node)
    assert file.read_bytes() == content
    assert file.stat().st_mode & 0o777 == 0o700
    assert snapshots.executable(node) == file
    assert fetched == ["artifacts/airflow/node.gz"]
    # One that somebody has changed on the machine is fetched again; one that is another in the bucket is not run.
    file.write_bytes(b"something else")
    assert snapshots.executable(node).read_bytes() == content
    with pytest.raises(AirflowException, match="is not what the deploy has put there"):
        snapshots.executable(Node("artifacts", "airflow/node.gz", "0" * 64))
    assert list(tmp_path.iterdir()) == [file]
