"""Orders from Kafka into bronze, each message once.

python jobs/ingest/kafka_orders_stream.py --env local --date 2026-01-05 --trigger available-now

`--trigger available-now` takes what is there and ends; `--trigger continuous` stays and takes what comes. Up to where
the topic has been read is kept by the stream's checkpoint; the logical date says nothing to it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

# Run as a file, the package is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.result import JobResult
from jobs.common.stream import AVAILABLE_NOW, CONTINUOUS, stream_messages

JOB = "kafka_orders"


def run(context: RunContext) -> JobResult:
    """Take what is there, or what comes."""
    return stream_messages(context)


def trigger(parser: argparse.ArgumentParser) -> None:
    """The argument that this job has over and above every job's."""
    parser.add_argument(
        "--trigger",
        choices=[AVAILABLE_NOW, CONTINUOUS],
        default=AVAILABLE_NOW,
        help="end when everything that is there has been taken, or stay (default: available-now)",
    )


if __name__ == "__main__":
    main(JOB, run, __file__, more=trigger)
