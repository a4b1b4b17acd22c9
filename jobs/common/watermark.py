"""Up to when a table has a source's changes, and what a run has to ask for.

A watermark is kept in the commit that wrote the rows (`userMetadata`), so the two can't disagree. It is read back from
the table's history; where that has been cleaned away, from the rows themselves. docs/decisions/incremental-ingest.md
says why.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass

from delta.tables import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.common.contract import Contract
from jobs.common.declaration import Source
from jobs.common.errors import DeclarationError

_KEY = "watermark"
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)


@dataclass(frozen=True)
class Window:
    """The changes that a run asks for: `after < watermark < before`. Both are UTC."""

    after: dt.datetime | None
    """None: from the beginning."""
    before: dt.datetime
    reached: dt.datetime | None = None
    """Up to when earlier dates have the changes; later than `after` by the source's lookback."""

    def watermark(self, latest: int | None) -> dt.datetime | None:
        """The watermark after a run whose newest row is of `latest` (microseconds since 1970): it never goes back, and
        a row from the future does not carry it past the date.
        """
        seen = None if latest is None else _moment(latest, self.before)
        known = [time for time in (seen, self.reached) if time is not None]
        return max(known) if known else None


def window_of(
    spark: SparkSession,
    uri: str,
    contract: Contract,
    source: Source,
    date: dt.date,
    full_refresh: bool = False,
) -> Window:
    """What a run of `date` asks its source for: everything after the watermark of the date before, and nothing of
    later dates, so that running a date again asks for the same.

    :raises DeclarationError: the contract has no watermark that tells a time
    """
    if not contract.watermark_is_time:
        raise DeclarationError(
            f"{contract.id}: {source.id} is incremental, so the contract needs a watermark of type timestamp"
        )
    before = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), dt.timezone.utc)
    if full_refresh or not DeltaTable.isDeltaTable(spark, uri):
        return Window(None, before)
    reached = _of_history(spark, uri, date) or _of_rows(spark, uri, contract, date)
    return Window(None if reached is None else reached - source.lookback, before, reached)


def commit_with(commit: Mapping[str, object], watermark: dt.datetime | None) -> dict[str, object]:
    """The words of a commit, with a watermark in them."""
    return dict(commit) if watermark is None else {**commit, _KEY: text_of(watermark)}


def text_of(watermark: dt.datetime) -> str:
    """RFC 3339, to the microsecond."""
    return watermark.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _of_history(spark: SparkSession, uri: str, date: dt.date) -> dt.datetime | None:
    """The watermark of the newest date before `date` whose last commit is still known."""
    history = DeltaTable.forPath(spark, uri).history().select("version", "userMetadata")
    found: dict[str, str] = {}
    for row in history.where(F.col("userMetadata").isNotNull()).orderBy(F.desc("version")).collect():
        try:
            words = json.loads(row["userMetadata"])
        except ValueError:
            continue  # somebody else's
        if isinstance(words, dict) and {"date", _KEY} <= set(words):
            found.setdefault(words["date"], words[_KEY])
    earlier = [day for day in found if day < date.isoformat()]
    if not earlier:
        return None
    return dt.datetime.strptime(found[max(earlier)], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=dt.timezone.utc)


def _of_rows(spark: SparkSession, uri: str, contract: Contract, date: dt.date) -> dt.datetime | None:
    """The newest change in the newest earlier partition; None where there is none, as before the first date."""
    if len(contract.partitioned_by) != 1:
        return None
    (partition,) = contract.partitioned_by
    table = spark.read.format("delta").load(uri)
    day = table.where(F.col(partition) < F.lit(date)).agg(F.max(partition)).collect()[0][0]
    if day is None:
        return None
    newest = F.unix_micros(F.max(str(contract.watermark)))
    micros = table.where(F.col(partition) == F.lit(day)).agg(newest).collect()[0][0]
    return None if micros is None else _moment(micros, dt.datetime.combine(date, dt.time(), dt.timezone.utc))


def _moment(micros: int, most: dt.datetime) -> dt.datetime:
    """The moment so long after 1970, and none after `most`: Spark's times go on where Python's end."""
    least = dt.datetime.min.replace(tzinfo=dt.timezone.utc)
    return _EPOCH + dt.timedelta(
        microseconds=max(min(micros, _micros_of(most)), _micros_of(least)),
    )


def _micros_of(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)
