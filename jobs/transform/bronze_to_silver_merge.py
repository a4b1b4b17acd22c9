"""Silver of every dataset whose contract says all there is to it: what is new in bronze, merged by key. Several jobs
share this entry point; `--job` says which of them is run.

python jobs/transform/bronze_to_silver_merge.py --env local --job crm_accounts_to_silver --date 2026-01-05
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the package is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.result import JobResult
from jobs.common.silver.merge_bronze import merge_arguments, merge_bronze


def run(context: RunContext) -> JobResult:
    """Merge what is new up to one day."""
    return merge_bronze(context)


if __name__ == "__main__":
    main(None, run, __file__, more=merge_arguments)
