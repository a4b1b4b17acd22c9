"""What happened to orders, from the tills' queue into bronze, each event once.

python jobs/ingest/order_events_stream.py --env local --date 2026-01-05
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the project is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.result import JobResult
from jobs.common.stream import stream_messages

JOB = "order_events"


def run(context: RunContext) -> JobResult:
    """Take what is there."""
    return stream_messages(context)


if __name__ == "__main__":
    main(JOB, run, __file__)
