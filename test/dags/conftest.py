"""The folder that MWAA would read, written by what deploys it, and Airflow with a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Airflow makes its home when it is imported.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="dataplat-airflow-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"
os.environ.pop("PYTHONPATH", None)


def write_folder(environment: str, folder: Path) -> Path:
    node = os.environ.get("DATAPLAT_NODE", "node")
    program = ROOT / "dist" / "test" / "dags" / "dag-folder.js"
    subprocess.run([node, str(program), environment, str(folder)], check=True)
    return folder


@pytest.fixture(scope="session")
def local_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the local environment, on the path as Airflow has it where DAGs are read."""
    folder = write_folder("local", tmp_path_factory.mktemp("dags-local"))
    sys.path.append(str(folder))
    return folder
