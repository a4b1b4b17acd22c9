"""
### A day from the sources to gold

Every job that `config/shared/lineage.yaml` schedules here, in the order of what each reads and writes:
sources to bronze, the gate of bronze, silver, its gate, gold. A failed gate stops all that reads what it
checked.

A day that was missed is made up for (`catchup`), one after another: each job is idempotent for its date, and
some build on the day before. Run again by hand: clear the task; or trigger with `{"date": "2026-01-15"}`, and
`"jobs": ["crm_accounts"]` for some.
"""

from airflow.timetables.trigger import CronTriggerTimetable

from utils.dates import DAILY_AT
from utils.factory import pipeline

dag = pipeline(
    "daily_batch_pipeline",
    description="A day from the sources to gold",
    schedule=CronTriggerTimetable(f"{DAILY_AT.minute} {DAILY_AT.hour} * * *", timezone="UTC"),
    catchup=True,
    max_active_runs=1,
    doc_md=__doc__,
)
