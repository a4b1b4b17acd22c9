"""
Runs a DAG for days in Airflow itself and prints the state of each task as JSON, a line a run: `python run_day.py
<folder> <dag> <day> ...`, with a migrated database in AIRFLOW_HOME. Like `airflow dags test` it tries no task again.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timezone
from pathlib import Path

folder, dag_id, *days = sys.argv[1:]
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = folder
sys.path.append(folder)

from airflow.jobs.scheduler_job_runner import SchedulerJobRunner  # noqa: E402
from airflow.models.asset import AssetModel  # noqa: E402
from airflow.models.dagbag import DagBag  # noqa: E402
from airflow.models.dagbundle import DagBundleModel  # noqa: E402
from airflow.utils.session import create_session  # noqa: E402

bag = DagBag(folder, include_examples=False, bundle_path=Path(folder))
dag = bag.dags[dag_id]
with create_session() as session:
    session.merge(DagBundleModel(name="dags-folder"))
bag.sync_to_db("dags-folder", None)
with create_session() as session:
    # The scheduler's part, without which no task may tell of new data.
    SchedulerJobRunner._activate_referenced_assets(session.query(AssetModel).all(), session=session)
for day in days:
    run = dag.test(logical_date=datetime.fromisoformat(day).replace(hour=2, tzinfo=timezone.utc))
    states = {task.task_id: str(task.state) for task in run.get_task_instances()}
    print(json.dumps({"run": str(run.state), "tasks": states}), flush=True)
