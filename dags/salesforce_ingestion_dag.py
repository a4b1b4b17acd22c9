"""
### Leads during the day

Salesforce is asked every two hours of the working day for the leads that have changed, so that sales need not
wait for the night; the nightly pipeline asks once more. What was missed is not made up for: the next run asks
for everything since the last that succeeded. It tells Airflow of the new rows, and the watchdog looks at
them.
"""

from airflow.timetables.trigger import CronTriggerTimetable

from utils.factory import of_jobs

dag = of_jobs(
    "salesforce_ingestion",
    jobs=["salesforce_to_bronze"],
    description="Leads that changed in Salesforce, during the day",
    schedule=CronTriggerTimetable("30 6-18/2 * * MON-FRI", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
)
