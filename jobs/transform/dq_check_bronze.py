"""Checks what was ingested on a date, before anything is made of it.

python jobs/transform/dq_check_bronze.py --env local --date 2026-01-05
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the package is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.quality.check import check, check_arguments
from jobs.common.result import JobResult

JOB = "dq_check_bronze"


def run(context: RunContext) -> JobResult:
    """Check one day."""
    return check(context)


if __name__ == "__main__":
    main(JOB, run, __file__, more=check_arguments)
