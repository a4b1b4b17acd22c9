"""Masks personal data by contract: in copies, or in the tables themselves.

python jobs/maintenance/apply_data_masking.py --env local --date 2026-01-05
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the package is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from jobs.common.apply_masks import apply_masks, masking_arguments
from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.result import JobResult

JOB = "apply_data_masking"


def run(context: RunContext) -> JobResult:
    """Mask what the contracts say is to be masked."""
    return apply_masks(context)


if __name__ == "__main__":
    main(JOB, run, __file__, more=masking_arguments)
