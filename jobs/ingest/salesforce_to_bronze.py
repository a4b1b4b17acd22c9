"""Leads that changed in Salesforce, into bronze; those that were deleted too.

python jobs/ingest/salesforce_to_bronze.py --env local --date 2026-01-05
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the package is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from jobs.common.cli import full_refresh, main
from jobs.common.context import RunContext
from jobs.common.ingest import ingest
from jobs.common.read.salesforce import read_record_files, read_salesforce
from jobs.common.result import JobResult

JOB = "salesforce_to_bronze"


def run(context: RunContext) -> JobResult:
    """Ingest one day."""
    return ingest(context, {"files": read_record_files, "salesforce": read_salesforce})


if __name__ == "__main__":
    main(JOB, run, __file__, more=full_refresh)
