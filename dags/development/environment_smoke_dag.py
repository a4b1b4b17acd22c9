"""
### Does a new environment work?

The shortest way through everything: one small source to bronze, for today or for the date that the trigger
names. Green means that Airflow finds its release, may start a job with that job's role, and that the job
reads its source and writes its table.
"""

from utils.factory import of_jobs

dag = of_jobs(
    "environment_smoke",
    jobs=["fx_rates"],
    description="One small job, to see whether a new environment works",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
)
