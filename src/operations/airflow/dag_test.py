"""Runs one DAG in this process, as `airflow dags test` does, and tells what becomes of its tasks.

Takes a JSON object as its argument: the DAG, the logical date, what the run is given, and whether tasks are tried
again as the DAG says. Writes a JSON object a line to descriptor 3; what Airflow and the tasks print goes to stdout.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from airflow.configuration import conf
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.listeners import hookimpl
from airflow.listeners.listener import get_listener_manager
from airflow.models.asset import AssetModel
from airflow.models.dagbag import DagBag
from airflow.models.dagbundle import DagBundleModel
from airflow.models.taskinstance import TaskInstance
from airflow.settings import Session
from airflow.utils import timezone
from sqlalchemy import select

LOOK_SECONDS = 0.4
BUNDLE = "dags-folder"


class Reports:
    """What is told, a line at a time, from more than one thread."""

    def __init__(self) -> None:
        self._stream = os.fdopen(3, "w", encoding="utf-8")
        self._lock = threading.Lock()

    def tell(self, kind: str, **fields: Any) -> None:
        with self._lock:
            self._stream.write(json.dumps({"type": kind, **fields}) + "\n")
            self._stream.flush()


class Failures:
    """Hears why a task failed, which the database does not know."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports

    @hookimpl
    def on_task_instance_failed(self, previous_state: Any, task_instance: Any, error: Any) -> None:
        self._reports.tell("error", task=task_instance.task_id, message=str(error))


class Watch(threading.Thread):
    """Looks at the tasks of the run in the database and tells each change."""

    def __init__(self, dag_id: str, logical_date: Any, reports: Reports) -> None:
        super().__init__(daemon=True)
        self._dag_id = dag_id
        self._logical_date = logical_date
        self._reports = reports
        self._over = threading.Event()
        self._known: dict[str, tuple[str, int, bool]] = {}

    def run(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self._look()

    def finish(self) -> None:
        self._over.set()
        self.join()
        self._look()

    def _look(self) -> None:
        with Session() as session:
            found = session.scalars(
                select(TaskInstance)
                .where(TaskInstance.dag_id == self._dag_id)
                .where(TaskInstance.logical_date == self._logical_date)
            ).all()
            for task in found:
                name = task.task_id if task.map_index < 0 else f"{task.task_id}[{task.map_index}]"
                # By its times, which may come a moment after its state: on SQLite, `duration` counts seconds twice.
                begin, end = task.start_date, task.end_date
                seconds = max(0.0, (end - begin).total_seconds()) if begin and end else None
                now = (str(task.state or "none"), int(task.try_number), seconds is not None)
                if self._known.get(name) == now:
                    continue
                self._known[name] = now
                self._reports.tell("task", task=name, state=now[0], attempt=now[1], seconds=seconds)


def main() -> int:
    order = json.loads(sys.argv[1])
    reports = Reports()
    folder = conf.get_mandatory_value("core", "dags_folder")
    sys.path.append(folder)  # as Airflow's own commands have it, for what DAGs share
    bag = DagBag(folder, include_examples=False, bundle_path=Path(folder))
    reports.tell(
        "read",
        dags=sorted(bag.dags),
        errors=[{"file": file, "trace": trace} for file, trace in sorted(bag.import_errors.items())],
    )
    dag = bag.dags.get(order["dag"])
    if dag is None:
        return 3
    logical_date = timezone.parse(order["date"])
    if dag.start_date is not None and logical_date < dag.start_date:
        reports.tell("early", first=dag.start_date.date().isoformat())
        return 3
    if not order["retries"]:
        for task in dag.tasks:
            task.retries = 0
    reports.tell(
        "dag",
        tasks=[
            {
                "id": task.task_id,
                "group": task.task_group.group_id if task.task_group else None,
                "downstream": sorted(task.downstream_task_ids),
            }
            for task in dag.tasks
        ],
    )
    _let_tasks_tell_of_data(bag)
    get_listener_manager().add_listener(Failures(reports))
    watch = Watch(order["dag"], logical_date, reports)
    watch.start()
    try:
        run = dag.test(logical_date=logical_date, run_conf=order["conf"])
    finally:
        watch.finish()
    state = str(getattr(run.state, "value", run.state))
    states = [str(task.state) for task in run.get_task_instances()]
    if not states or any(one not in ("success", "skipped") for one in states):
        # Airflow calls a run a success in which a task that waited came to no end, and one without a task.
        state = "failed"
    reports.tell("run", run=run.run_id, state=state)
    return 0 if state == "success" else 1


def _let_tasks_tell_of_data(bag: DagBag) -> None:
    """The parts of the DAG processor and of the scheduler: a task may only tell of assets that are known and active."""
    with Session() as session:
        session.merge(DagBundleModel(name=BUNDLE))
        session.commit()
    bag.sync_to_db(BUNDLE, None)
    with Session() as session:
        SchedulerJobRunner._activate_referenced_assets(
            session.scalars(select(AssetModel)).all(), session=session
        )
        session.commit()


if __name__ == "__main__":
    sys.exit(main())
