"""
Reads folders of DAGs as Airflow does and prints what it found in each as a line of JSON: `python read_dags.py
<environment>=<folder> ...`. Airflow is imported once; each folder is read by a process of its own. Whatever is asked of
the network meanwhile fails and is listed.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

# What DAGs import of Airflow and its providers is not our own time.
import airflow.providers.amazon.aws.hooks.emr
import airflow.providers.amazon.aws.hooks.sns
import airflow.providers.amazon.aws.operators.emr
import airflow.providers.standard.operators.trigger_dagrun
import airflow.timetables.trigger  # noqa: F401
from airflow.models.dagbag import DagBag
from airflow.serialization.serialized_objects import SerializedDAG

asked: list[str] = []


def refuse(_: Any, address: Any) -> None:
    asked.append(str(address))
    raise OSError(f"the network was asked for {address} while DAGs were read")


socket.socket.connect = refuse  # type: ignore[assignment,method-assign]
socket.getaddrinfo = lambda *words, **_: refuse(None, words)  # type: ignore[assignment]


def read(environment: str, folder: Path) -> dict[str, Any]:
    os.environ["AIRFLOW__DATAPLAT__ENVIRONMENT"] = environment
    sys.path.append(str(folder))
    begun = time.process_time()
    bag = DagBag(str(folder), include_examples=False, bundle_path=folder)
    seconds = time.process_time() - begun
    return {
        "environment": environment,
        "errors": bag.import_errors,
        "asked": asked,
        "seconds": seconds,
        "dags": {dag.dag_id: dag_of(dag) for dag in bag.dags.values()},
    }


def dag_of(dag: Any) -> dict[str, Any]:
    return {
        "tasks": {task.task_id: task_of(task) for task in dag.tasks},
        "catchup": dag.catchup,
        "schedule": str(dag.timetable.summary),
        "doc": dag.doc_md or "",
        "tags": sorted(dag.tags),
        # Without it, the scheduler would never see the DAG.
        "serialized": len(json.dumps(SerializedDAG.to_dict(dag))),
    }


def task_of(task: Any) -> dict[str, Any]:
    return {
        "type": task.task_type,
        "bases": [base.__name__ for base in getattr(task, "operator_class", type(task)).__mro__],
        "job": getattr(getattr(task, "job", None), "id", None),
        "downstream": sorted(task.downstream_task_ids),
        "group": task.task_group.group_id if task.task_group else None,
        "owner": task.owner,
        "retries": task.retries,
        "backoff": task.retry_exponential_backoff,
        "deferrable": getattr(task, "deferrable", None),
        "outlets": sorted(asset.name for asset in getattr(task, "outlets", [])),
        "announces": bool(task.on_failure_callback),
        "doc": task.doc_md or "",
    }


for word in sys.argv[1:]:
    name, _, place = word.partition("=")
    child = os.fork()
    if child == 0:
        print(json.dumps(read(name, Path(place))), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
