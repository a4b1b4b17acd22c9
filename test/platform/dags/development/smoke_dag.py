"""
### Whether a day can be run

One small job, by hand: `dataplat dag trigger smoke --date 2026-01-05 --wait`.
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
