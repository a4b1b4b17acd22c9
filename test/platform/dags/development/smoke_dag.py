"""
### Whether a day can be run

One small job, by hand: `dataplat dag trigger smoke --date 2026-01-05 --wait`. Green means that Airflow finds its
release and may start a job. (Airflow reads no file in which its name does not stand.)
"""

from utils.factory import of_jobs

dag = of_jobs(
    "smoke",
    jobs=["shops"],
    description="One small job, to see that all is connected",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
)
