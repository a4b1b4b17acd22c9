"""Keeps tables small and fast.

python jobs/maintenance/tidy.py --env local --date 2026-01-05
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the project is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.keep_tables import keep_tables
from jobs.common.result import JobResult

JOB = "tidy"


def run(context: RunContext) -> JobResult:
    """Keep the tables of one environment in order."""
    return keep_tables(context)


if __name__ == "__main__":
    main(JOB, run, __file__)
