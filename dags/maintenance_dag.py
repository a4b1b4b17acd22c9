"""
### Tables in order

What keeps tables small and fast and changes nothing that is in them: every job that
`config/shared/lineage.yaml` schedules here. At a quiet hour, and not made up for: once is enough, however
often it was missed.
"""

from airflow.timetables.trigger import CronTriggerTimetable

from utils.factory import pipeline

dag = pipeline(
    "maintenance",
    description="Compacts tables and removes what no reader needs",
    schedule=CronTriggerTimetable("0 13 * * SUN", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
)
