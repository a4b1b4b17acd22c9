"""The euro's reference rates into bronze: over HTTP in the ECB's shape, or from files of it.

python jobs/ingest/fx_rates_ingest.py --env local --date 2026-01-05

A date takes its own rates and those of the source's `lookback` before it, so a correction is found by the next run. A
day on which no rates are fixed (a weekend, a holiday) has none of its own; a day whose rates the source does not have
yet is an error, for they will come.
"""

from __future__ import annotations

import datetime as dt
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Run as a file, the package is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

import requests
from pyspark.sql import functions as F
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.delivery import Delivery, delivery_of
from jobs.common.errors import LandingMissingError, SourceError
from jobs.common.eurofxref import Rate, is_closing_day, parse_rates
from jobs.common.ingest import Extraction, ingest
from jobs.common.landing import read_documents
from jobs.common.result import JobResult

JOB = "fx_rates"
log = logging.getLogger("dataplat.fx_rates")

COLUMNS = ("rate_date", "base_currency", "quote_currency", "rate")
_WHERE, _PLACE = "_where", "_place"
_TIMEOUT = (10, 60)  # seconds to connect, and between two bytes
_RETRY = Retry(total=4, backoff_factor=1, status_forcelist=(429, 502, 503, 504))


def run(context: RunContext) -> JobResult:
    """Ingest one day."""
    return ingest(context, {"files": read_files, "http": read_http})


@contextmanager
def read_http(extraction: Extraction) -> Iterator[Delivery]:
    """The document that the source's entity names, below the connector's URL."""
    url = f"{str(extraction.connector.setting('url')).rstrip('/')}/{extraction.source.entity}"
    try:
        with requests.Session() as session:
            session.mount(url, HTTPAdapter(max_retries=_RETRY))
            answer = session.get(url, timeout=_TIMEOUT)
            answer.raise_for_status()
    except requests.RequestException as error:
        raise SourceError(f"{url} does not answer as it should: {error}; nothing was written") from None
    yield _delivery(extraction, [(url, answer.content)])


@contextmanager
def read_files(extraction: Extraction) -> Iterator[Delivery]:
    """Documents that were delivered for the date; on a closing day there need not be any."""
    context, source = extraction.context, extraction.source
    folder = context.storage.uri("landing", source.folder(context.date))
    try:
        documents = read_documents(context.spark, folder, source.selection)
    except LandingMissingError:
        if not is_closing_day(context.date):
            raise
        documents = []
    yield _delivery(extraction, documents)


def _delivery(extraction: Extraction, documents: list[tuple[str, bytes]]) -> Delivery:
    """The rates of every document, up to the date; of those with the same day and currency, the last one counts."""
    date = extraction.context.date
    first = (date - extraction.source.lookback).isoformat()
    rates = [(where, rate) for where, document in documents for rate in parse_rates(document, where)]
    if documents:
        _require(date, [rate for _, rate in rates], documents[-1][0])
    rows = [
        (where, rate.day, "EUR", rate.currency, rate.text, place)
        for place, (where, rate) in enumerate(rates)
        if first <= rate.day <= date.isoformat()
    ]
    types = ", ".join(f"{name} string" for name in (_WHERE, *COLUMNS))
    frame = extraction.context.spark.createDataFrame(rows, f"{types}, {_PLACE} bigint")
    return delivery_of(frame, F.col(_WHERE), extraction.contract, position=_PLACE, beside=[_WHERE])


def _require(date: dt.date, rates: list[Rate], where: str) -> None:
    """:raises SourceError: the rates of the date, which there will be, are not there yet"""
    days = {rate.day for rate in rates}
    if date.isoformat() in days or is_closing_day(date):
        return
    if max(days) < date.isoformat():
        raise SourceError(
            f"{where} has rates up to {max(days)}, none of {date} yet; nothing was written. "
            "They are published at about 16:00 CET: run it again then"
        )
    if date.isoformat() < min(days):
        raise SourceError(f"{where} begins with {min(days)}, after {date}; nothing was written")
    log.warning("%s has later rates and none of %s, which was no closing day", where, date)


if __name__ == "__main__":
    main(JOB, run, __file__)
