"""Customers as last delivered, each once and without what identifies a person.

python jobs/transform/customers_silver.py --env local --date 2026-01-05
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the project is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.result import JobResult
from jobs.common.silver.merge_bronze import merge_arguments, merge_bronze

JOB = "customers_silver"


def run(context: RunContext) -> JobResult:
    """Merge what is new up to one day."""
    return merge_bronze(context)


if __name__ == "__main__":
    main(JOB, run, __file__, more=merge_arguments)
