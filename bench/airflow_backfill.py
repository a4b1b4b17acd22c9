"""Airflow's own backfill of a DAG whose one task is a run on EMR Serverless: LocalExecutor, records in PostgreSQL.

python bench/airflow_backfill.py --airflow .../bin/airflow --drivers FOLDER --endpoint http://127.0.0.1:4577 --runs 60

Prints the seconds between the command that asks for the backfill and the end of its last run; what it takes to start
Airflow is not counted. Run by the jobs' Python, which brings a PostgreSQL server.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pgserver

DAG = """
import datetime as dt
from airflow.providers.amazon.aws.operators.emr import EmrServerlessStartJobOperator
from airflow.sdk import DAG

with DAG("stub", start_date=dt.datetime(2020, 1, 1), schedule="@daily", catchup=False, max_active_runs={at_once}):
    EmrServerlessStartJobOperator(
        task_id="run",
        application_id="app",
        execution_role_arn="arn:aws:iam::123456789012:role/stub",
        job_driver={{"sparkSubmit": {{"entryPoint": "s3://bucket/stub.py"}}}},
        name="stub {{{{ ds }}}}",
        config={{"tags": {{"dataplat.attempt": "1"}}}},
        waiter_delay=1,
        waiter_max_attempts=600,
    )
"""


def free_port() -> int:
    """A port of loopback that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def variables(home: Path, database: str, options: argparse.Namespace) -> dict[str, str]:
    """What Airflow is told, and the SDK that its operator uses."""
    port = free_port()
    return {
        **os.environ,
        "PYTHONPATH": options.drivers,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(options.at_once),
        "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": str(options.at_once),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "false",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API_AUTH__JWT_SECRET": "of-the-bench-alone-and-long-enough-for-a-signature-of-512-bits-0123456789",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://postgres@/airflow?host={database}",
        "AWS_ENDPOINT_URL": options.endpoint,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "local",
        "NO_PROXY": "127.0.0.1",
    }


def until(
    condition: Callable[[], bool], what: str, services: list[subprocess.Popen[bytes]], log: Path
) -> None:
    """Wait; a service that ends meanwhile, or an hour, is a failure."""
    deadline = time.monotonic() + 3600
    while not condition():
        ended = [str(service.args) for service in services if service.poll() is not None]
        if ended or time.monotonic() > deadline:
            raise SystemExit(f"not reached: {what}; ended: {ended}\n{log.read_text()[-4000:]}")
        time.sleep(0.5)


def main() -> None:
    """Print what was measured as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--airflow", required=True)
    parser.add_argument("--drivers", required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--at-once", type=int, default=32)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="dataplat-airflow-"))
    (home / "dags").mkdir()
    (home / "dags" / "stub.py").write_text(DAG.format(at_once=options.at_once))
    home.chmod(0o755)
    server = pgserver.get_server(home / "database", cleanup_mode="delete")
    log = home / "airflow.log"
    services: list[subprocess.Popen[bytes]] = []
    try:
        server.psql("create database airflow")
        database = parse_qs(urlsplit(server.get_uri()).query)["host"][0]
        environment = variables(home, database, options)

        def asked(statement: str) -> int:
            answer = server.psql(f"\\connect airflow\n{statement}")
            return int(next(line for line in answer.splitlines() if line.strip().isdigit()))

        def airflow(*words: str) -> None:
            with log.open("ab") as said:
                subprocess.run(
                    [options.airflow, *words], env=environment, stdout=said, stderr=said, check=True
                )

        airflow("db", "migrate")
        with log.open("ab") as said:
            for words in (["api-server", "--workers", "1"], ["scheduler"], ["dag-processor"]):
                services.append(
                    subprocess.Popen([options.airflow, *words], env=environment, stdout=said, stderr=said)
                )
        until(
            lambda: asked("select count(*) from serialized_dag where dag_id = 'stub'") > 0,
            "the DAG is known",
            services,
            log,
        )
        last = dt.date(2020, 1, 1) + dt.timedelta(days=options.runs - 1)
        began = time.monotonic()
        dates = ["--from-date", "2020-01-01", "--to-date", last.isoformat()]
        airflow("backfill", "create", "--dag-id", "stub", *dates, "--max-active-runs", str(options.at_once))
        until(
            lambda: (
                asked("select count(*) from dag_run where state in ('success', 'failed')") >= options.runs
            ),
            "every run has ended",
            services,
            log,
        )
        seconds = time.monotonic() - began
        failed = asked("select count(*) from dag_run where state = 'failed'")
        if failed:
            raise SystemExit(f"{failed} runs failed\n{log.read_text()[-4000:]}")
        print(json.dumps({"runs": options.runs, "seconds": seconds}))
    except subprocess.CalledProcessError:
        sys.exit(log.read_text()[-4000:])
    finally:
        for service in services:
            service.terminate()
        for service in services:
            service.wait(60)
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
