"""Makes DAGs of the job graph: tasks, order, groups, owners, assets. A DAG file says when, the graph says what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.sdk import DAG, Asset, TaskGroup

from utils.callbacks import announce_failure
from utils.dates import run_date
from utils.declaration import Job, Platform, platform
from utils.spark_job import SparkJob

# The first day that a schedule may ask for.
FIRST_DAY = datetime(2026, 1, 1, tzinfo=timezone.utc)


def asset(dataset_id: str) -> Asset:
    """The table of a dataset, by which DAGs tell each other of new data."""
    return Asset(name=dataset_id, uri=platform().locations[dataset_id])


def platform_dag(dag_id: str, *, schedule: Any, **settings: Any) -> DAG:
    """A DAG with what all have in common."""
    declared = platform()
    retry = timedelta(seconds=5) if declared.local else timedelta(minutes=2)
    defaults = {
        "owner": "data-platform",
        "retries": 2,
        "retry_delay": retry,
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=20),
        "on_failure_callback": announce_failure,
        **settings.pop("default_args", {}),
    }
    return DAG(
        dag_id,
        schedule=schedule,
        start_date=FIRST_DAY,
        default_args=defaults,
        max_active_tasks=declared.maximum_concurrent_runs,
        user_defined_macros={"run_date": run_date},
        tags={declared.environment, *settings.pop("tags", ())},
        **settings,
    )


def pipeline(dag_id: str, **settings: Any) -> DAG:
    """The DAG of all jobs whose schedule names it, in the order of the graph."""
    dag = platform_dag(dag_id, **settings)
    add_jobs(dag, platform(), platform().jobs_of(dag_id))
    return dag


def of_jobs(dag_id: str, jobs: Iterable[str], **settings: Any) -> DAG:
    """A DAG of jobs by their ids, which may have a schedule elsewhere, too."""
    dag = platform_dag(dag_id, **settings)
    add_jobs(dag, platform(), [platform().job(job_id) for job_id in jobs])
    return dag


def add_jobs(dag: DAG, declared: Platform, jobs: Iterable[Job]) -> None:
    """A task a job, in a group a layer; one that waits for a job of another DAG does not wait for it here."""
    groups: dict[str, TaskGroup] = {}
    tasks: dict[str, SparkJob] = {}
    for job in jobs:
        if job.layer not in groups:
            groups[job.layer] = TaskGroup(job.layer, dag=dag, prefix_group_id=False)
        tasks[job.id] = SparkJob(
            job=job,
            task_id=job.id,
            dag=dag,
            task_group=groups[job.layer],
            owner=job.owner,
            outlets=[asset(dataset_id) for dataset_id in job.outputs if dataset_id in declared.locations],
            doc_md=f"{job.description}\n\nBy hand: `{job.command} --date <date> --env {declared.environment}`",
            **({"retries": 0} if job.gate else {}),
        )
        for upstream in job.upstream:
            if upstream in tasks:
                tasks[upstream].set_downstream(tasks[job.id])
