"""Keeps Delta tables in order: compaction, clustering by contract, vacuum of what is no longer kept.

python jobs/maintenance/delta_optimize_vacuum.py --env local --date 2026-01-05 --dry-run
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
import sys
from pathlib import Path

# Run as a file, the package is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.keep_tables import keep_tables
from jobs.common.result import JobResult

JOB = "delta_optimize_vacuum"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What this job has over and above every job's arguments."""
    parser.add_argument(
        "--dataset",
        metavar="ID",
        action="append",
        help="keep this one of the job's outputs; may be repeated (default: all)",
    )
    parser.add_argument(
        "--dry-run",
        nargs="?",
        const="true",
        default="false",
        choices=("true", "false"),
        help="say what would be done, and change nothing",
    )
    parser.add_argument(
        "--retain",
        metavar="DURATION",
        type=_duration,
        help="how long old versions are kept, for example 14d (default: as each contract says, else 7d)",
    )
    parser.add_argument(
        "--below-guard",
        metavar="WHY",
        help="let --retain be less than 7d: no writer and no reader may be at work on the tables",
    )


def run(context: RunContext) -> JobResult:
    """Keep the tables of one environment in order."""
    return keep_tables(context)


def _duration(text: str) -> dt.timedelta:
    """An argument is typed for this job alone; nothing of the declaration is read here."""
    found = re.fullmatch(r"([0-9]+)([smhd])", text, re.ASCII)
    if found is None:
        raise argparse.ArgumentTypeError(f'"{text}" is no duration: expected one such as 14d or 200h')
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    return dt.timedelta(**{units[found[2]]: int(found[1])})


if __name__ == "__main__":
    main(JOB, run, __file__, more=arguments)
