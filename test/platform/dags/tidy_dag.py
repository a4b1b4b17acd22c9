"""
### Tables in order

Every job that `config/shared/lineage.yaml` schedules here, at a quiet hour.
"""

from airflow.timetables.trigger import CronTriggerTimetable

from utils.factory import pipeline

dag = pipeline(
    "tidy",
    description="Compacts tables",
    schedule=CronTriggerTimetable("0 13 * * SUN", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
)
