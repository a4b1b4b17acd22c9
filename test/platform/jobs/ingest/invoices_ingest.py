"""Invoices that were booked, from the ledger into bronze.

python jobs/ingest/invoices_ingest.py --env local --date 2026-01-05
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the project is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from jobs.common.cli import full_refresh, main
from jobs.common.context import RunContext
from jobs.common.ingest import ingest
from jobs.common.read.jdbc import read_jdbc
from jobs.common.result import JobResult

JOB = "invoices"


def run(context: RunContext) -> JobResult:
    """Ingest what was booked since the last run."""
    return ingest(context, {"jdbc": read_jdbc})


if __name__ == "__main__":
    main(JOB, run, __file__, more=full_refresh)
