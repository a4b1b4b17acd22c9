"""The shop's orders and customers that changed, from Snowflake into bronze.

python jobs/ingest/snowflake_to_bronze.py --env local --date 2026-01-05
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the package is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from jobs.common.cli import full_refresh, main
from jobs.common.context import RunContext
from jobs.common.ingest import ingest
from jobs.common.read.snowflake import read_snowflake
from jobs.common.result import JobResult

JOB = "snowflake_to_bronze"


def run(context: RunContext) -> JobResult:
    """Ingest one day."""
    return ingest(context, {"snowflake": read_snowflake})


if __name__ == "__main__":
    main(JOB, run, __file__, more=full_refresh)
