"""The shop's daily extract of customers into bronze.

python jobs/ingest/customers_ingest.py --env local --date 2026-01-05
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the project is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.ingest import ingest
from jobs.common.result import JobResult

JOB = "customers"


def run(context: RunContext) -> JobResult:
    """Ingest one day."""
    return ingest(context)


if __name__ == "__main__":
    main(JOB, run, __file__)
