"""Holds the tables of a layer against what is expected of them. Two jobs share this entry point; `--job` says which of
them is run.

python jobs/transform/check.py --env local --job check_bronze --date 2026-01-05
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the project is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.quality.check import check, check_arguments
from jobs.common.result import JobResult


def run(context: RunContext) -> JobResult:
    """Check one day."""
    return check(context)


if __name__ == "__main__":
    main(None, run, __file__, more=check_arguments)
