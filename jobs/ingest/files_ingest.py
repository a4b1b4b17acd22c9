"""Delivered files into bronze, of every source whose declaration says all there is to it. Several jobs share this entry
point; `--job` says which of them is run.

python jobs/ingest/files_ingest.py --env local --job crm_accounts --date 2026-01-05
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the package is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.ingest import ingest
from jobs.common.result import JobResult


def run(context: RunContext) -> JobResult:
    """Ingest one day."""
    return ingest(context)


if __name__ == "__main__":
    main(None, run, __file__)
