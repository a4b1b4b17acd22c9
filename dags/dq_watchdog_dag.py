"""
### Promises on time, and checks of what came by day

Every fifteen minutes: which jobs were to be done by now and are not, and which run for longer than they may.
Each is told of once, on the topic of events, also where the run never ends: every promise falls between
exactly two looks, and looks that were missed are made up for.

New leads from Salesforce are checked as soon as they are there.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.timetables.trigger import CronTriggerTimetable

from utils.callbacks import publish
from utils.dates import scheduled
from utils.declaration import platform
from utils.emr import active_runs
from utils.factory import asset, of_jobs, platform_dag
from utils.sla import deadlines, overdue

# Whose days have times by which they are to be done.
PIPELINE = "daily_batch_pipeline"

with platform_dag(
    "dq_watchdog",
    description="Tells of jobs that are late or take too long, once each",
    schedule=CronTriggerTimetable("*/15 * * * *", timezone="UTC", interval=timedelta(minutes=15)),
    catchup=True,
    max_active_runs=1,
    default_args={"retries": 5},
    doc_md=__doc__,
) as dag:

    @task
    def jobs_are_done_in_time() -> list[str]:
        """Of every job that was to be done since the last look: whether a run for that day has succeeded."""
        context: Any = get_current_context()
        begin, end, ti = context["data_interval_start"], context["data_interval_end"], context["ti"]
        told = []
        for late in deadlines(platform().jobs_of(PIPELINE), begin, end):
            states = ti.get_task_states(
                dag_id=late.job.dag, task_ids=[late.job.id], logical_dates=[scheduled(late.at.date())]
            )
            if any("success" in of_run.values() for of_run in states.values()):
                continue
            publish(
                f"{late.job.id} for {late.date} is not done by {late.job.complete_by}",
                {
                    "kind": "sla-missed",
                    "job": late.job.id,
                    "date": late.date,
                    "completeBy": late.job.complete_by,
                },
            )
            told.append(f"{late.job.id} {late.date}")
        return told

    @task
    def runs_do_not_take_too_long() -> list[str]:
        """Of every run that still goes: whether it has passed its longest duration since the last look."""
        context: Any = get_current_context()
        begin, end = context["data_interval_start"], context["data_interval_end"]
        told = []
        for run in active_runs():
            job = next((job for job in platform().jobs if run["name"].startswith(f"{job.id} ")), None)
            if job is None or not overdue(job, run["createdAt"], begin, end):
                continue
            publish(
                f"{run['name']} runs for more than {job.sla_minutes} minutes",
                {"kind": "sla-duration", "job": job.id, "jobRun": run["id"], "minutes": job.sla_minutes},
            )
            told.append(run["id"])
        return told

    jobs_are_done_in_time()
    runs_do_not_take_too_long()

checks = of_jobs(
    "dq_watchdog_leads",
    jobs=["dq_check_bronze"],
    description="Checks bronze when Salesforce has brought leads",
    schedule=[asset("salesforce_leads_bronze")],
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
)
