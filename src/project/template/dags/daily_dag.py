"""
### A day

Every job that `config/shared/lineage.yaml` schedules here, in the order of what each reads and writes.
"""

from airflow.timetables.trigger import CronTriggerTimetable

from utils.factory import pipeline

dag = pipeline(
    "daily",
    description="A day from what is delivered to what is asked for",
    schedule=CronTriggerTimetable("0 4 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
)
