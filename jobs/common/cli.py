"""How every job is started: the same arguments, one result line on stdout, logs on stderr, exit codes.

0 done, 1 the run failed, 2 it was asked for wrongly (arguments, declaration).
"""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import os
import re
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jobs.common.context import RunContext, Storage
from jobs.common.errors import JobError
from jobs.common.find_declaration import find_declaration
from jobs.common.lineage.emission import Emission
from jobs.common.log import configure_logging
from jobs.common.result import JobResult, failure_to_json
from jobs.common.secret import without_secrets
from jobs.common.session import spark_session

log = logging.getLogger("dataplat.job")

_COMMON = {"env", "config", "date", "job", "run_id", "log_level", "lake_root"}


def main(
    job_id: str | None,
    run: Callable[[RunContext], JobResult],
    script: str | None = None,
    arguments: Sequence[str] | None = None,
    more: Callable[[argparse.ArgumentParser], None] | None = None,
) -> None:
    """Run a job from the command line; ends the process with an exit code where it fails. `job_id` is None for an entry
    point that several jobs share: `--job` says which of them it is. `more` adds the arguments that this job has over
    and above every job's; they come as `context.arguments`.
    """
    parser = _parser(job_id, more)
    options = parser.parse_args(arguments)
    if job_id is not None and options.job not in (None, job_id):
        parser.error(
            f"this is the job {job_id}, not {options.job}: config/shared/lineage.yaml names another file"
        )
    job_id = str(options.job or job_id)
    run_id = options.run_id or f"{job_id}-{options.date}-{uuid.uuid4().hex[:8]}"
    began = time.monotonic()
    try:
        result = _run(job_id, run, options, run_id, Path(script) if script else None)
    except JobError as error:
        log.error("%s", error)
        _fail(job_id, options, run_id, error.kind, str(error), began, error.details)
        sys.exit(error.exit_code)
    except Exception as error:
        log.exception("the job stopped unexpectedly")
        message = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
        _fail(job_id, options, run_id, "unexpected", message, began)
        sys.exit(1)
    print(result.to_json(time.monotonic() - began), flush=True)


def _run(
    job_id: str,
    run: Callable[[RunContext], JobResult],
    options: argparse.Namespace,
    run_id: str,
    script: Path | None,
) -> JobResult:
    logging.basicConfig(
        stream=sys.stderr, format="%(levelname)s %(message)s"
    )  # until the declaration is found
    name = options.env or os.environ.get("DATAPLAT_ENV") or "local"
    declaration = find_declaration(name, options.config, script)
    configure_logging(declaration.root, options.log_level)
    environment = declaration.environment
    job = declaration.job(job_id)
    lake_root = options.lake_root or os.environ.get("DATAPLAT_LAKE_ROOT") or None
    spark = spark_session(f"{job_id} {options.date}", declaration.platform, lake_root)
    try:
        context = RunContext(
            spark=spark,
            declaration=declaration,
            environment=environment,
            storage=Storage(environment.buckets, lake_root),
            job=job,
            date=options.date,
            run_id=run_id,
            arguments={name: value for name, value in vars(options).items() if name not in _COMMON},
        )
        return _with_lineage(context, run)
    finally:
        spark.stop()


def _with_lineage(context: RunContext, run: Callable[[RunContext], JobResult]) -> JobResult:
    lineage = Emission(context)
    lineage.started()
    try:
        result = run(context)
    except Exception as error:
        lineage.failed(error)
        raise
    lineage.completed(result)
    return result


def _fail(
    job_id: str,
    options: argparse.Namespace,
    run_id: str,
    kind: str,
    message: str,
    began: float,
    details: Mapping[str, object] | None = None,
) -> None:
    date, told = options.date.isoformat(), without_secrets(message)
    print(failure_to_json(job_id, date, run_id, kind, told, time.monotonic() - began, details), flush=True)


def full_refresh(parser: argparse.ArgumentParser) -> None:
    """The argument of every job that reads incrementally."""
    parser.add_argument(
        "--full-refresh",
        action="store_true",
        help="ask the source for everything up to the end of the date, not just for what changed",
    )


def _parser(
    job_id: str | None, more: Callable[[argparse.ArgumentParser], None] | None = None
) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=f"The job {job_id or 'that --job names'}, for one logical date.", allow_abbrev=False
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--env",
        metavar="NAME",
        help="environment of config/environments (default: $DATAPLAT_ENV, else local)",
    )
    where.add_argument("--config", metavar="FILE", type=Path, help="an environment file")
    parser.add_argument("--date", metavar="YYYY-MM-DD", type=_date, required=True, help="the logical date")
    parser.add_argument(
        "--job", metavar="ID", required=job_id is None, help="the job's id in config/shared/lineage.yaml"
    )
    parser.add_argument("--run-id", metavar="ID", help="name of this run in logs and table history")
    parser.add_argument("--log-level", choices=["debug", "info", "warning", "error"], help="default: info")
    parser.add_argument(
        "--lake-root",
        metavar="URI",
        help="folder that holds the buckets as folders, instead of S3 (default: $DATAPLAT_LAKE_ROOT)",
    )
    if more is not None:
        more(parser)
    return parser


def _date(text: str) -> dt.date:
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            raise ValueError
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f'"{text}" is no date: expected YYYY-MM-DD, for example 2026-01-05'
        ) from None
