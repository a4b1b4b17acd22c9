"""What a run asks for, by what the table's own commits say of the runs before it."""

from __future__ import annotations

import datetime as dt

import pytest
from conftest import Lake
from test_conform import contract

from jobs.common.declaration import Source
from jobs.common.errors import DeclarationError
from jobs.common.watermark import Window, commit_with, window_of
from jobs.common.write import replace_partition

WANTED = contract({"at": {"type": "string", "format": "date-time"}}, ["at"], "at")
SOURCE = Source("things", "csv", "things/{date}/", {}, watermark="at")


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.timezone.utc)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


class Table:
    """A table of changes, written as ingests write it."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.uri = (lake.folder / "bronze" / "things").as_uri()

    def write(self, date: str, watermark: str | None, *rows: str) -> None:
        lines = [f"select '{row}' id, timestamp'{row} UTC' at, date'{date}' ingest_date" for row in rows]
        none = f"select '' id, current_timestamp() at, date'{date}' ingest_date where false"
        frame = self.lake.spark.sql(" union all ".join(lines or [none]))
        commit = commit_with({"date": date}, None if watermark is None else utc(watermark))
        replace_partition(frame, self.uri, ["ingest_date"], day(date), commit)

    def window(self, date: str, full_refresh: bool = False, lookback: int = 0) -> Window:
        source = Source("things", "csv", "x/", {}, watermark="at", lookback=dt.timedelta(minutes=lookback))
        return window_of(self.lake.spark, self.uri, WANTED, source, day(date), full_refresh)


@pytest.fixture
def table(lake: Lake) -> Table:
    return Table(lake)


def test_the_first_run_asks_for_everything_up_to_the_end_of_its_date(table: Table) -> None:
    assert table.window("2026-01-05") == Window(None, utc("2026-01-06"))


def test_the_next_date_goes_on_where_the_last_one_ended_however_many_days_lie_between(table: Table) -> None:
    table.write("2026-01-05", "2026-01-05T21:30:00.000001", "2026-01-05 21:30:00")
    for date in ("2026-01-06", "2026-01-09"):
        window = table.window(date)
        assert window.after == utc("2026-01-05T21:30:00.000001")
        assert window.before == utc(date) + dt.timedelta(days=1)


def test_a_date_asks_for_the_same_again_whatever_was_run_after_it(table: Table) -> None:
    table.write("2026-01-05", "2026-01-05T20:00:00", "2026-01-05 20:00:00")
    first = table.window("2026-01-06")
    table.write("2026-01-06", "2026-01-06T20:00:00", "2026-01-06 20:00:00")
    table.write("2026-01-07", "2026-01-07T20:00:00", "2026-01-07 20:00:00")
    assert table.window("2026-01-06") == first
    assert table.window("2026-01-05") == Window(None, utc("2026-01-06"))


def test_of_several_runs_of_a_date_the_last_counts(table: Table) -> None:
    table.write("2026-01-05", "2026-01-05T12:00:00", "2026-01-05 12:00:00")
    table.write("2026-01-05", "2026-01-05T20:00:00", "2026-01-05 20:00:00")
    assert table.window("2026-01-06").after == utc("2026-01-05T20:00:00")


def test_a_lookback_asks_for_what_may_have_come_late_and_does_not_take_the_watermark_back(
    table: Table,
) -> None:
    table.write("2026-01-05", "2026-01-05T20:00:00", "2026-01-05 20:00:00")
    window = table.window("2026-01-06", lookback=30)
    assert window.after == utc("2026-01-05T19:30:00")
    assert window.watermark(None) == utc("2026-01-05T20:00:00")


def test_a_full_refresh_asks_for_everything(table: Table) -> None:
    table.write("2026-01-05", "2026-01-05T20:00:00", "2026-01-05 20:00:00")
    assert table.window("2026-01-06", full_refresh=True) == Window(None, utc("2026-01-07"))


def test_without_words_in_the_history_the_rows_say_it(table: Table) -> None:
    table.write("2026-01-04", None, "2026-01-04 10:00:00")
    table.write("2026-01-05", None, "2026-01-05 10:00:00", "2026-01-05 09:00:00")
    table.write("2026-01-06", None)
    assert table.window("2026-01-07").after == utc("2026-01-05T10:00:00")
    assert table.window("2026-01-05").after == utc("2026-01-04T10:00:00")
    assert table.window("2026-01-04").after is None


def test_the_watermark_is_the_newest_change_but_never_goes_back_nor_past_the_date() -> None:
    window = Window(utc("2026-01-05"), utc("2026-01-06"), utc("2026-01-05"))
    micros = int(utc("2026-01-05T10:00:00").timestamp()) * 1_000_000 + 7
    assert window.watermark(micros) == utc("2026-01-05T10:00:00.000007")
    assert window.watermark(None) == utc("2026-01-05")
    assert window.watermark(0) == utc("2026-01-05")
    # Of the year 3000; of the end of time in New York, which is in the year 10000; of the largest moment of Spark's.
    for far in (32503680000 * 1_000_000, 253402318799 * 1_000_000, 2**63 - 1):
        assert window.watermark(far) == utc("2026-01-06")
    assert window.watermark(-(2**63)) == utc("2026-01-05")
    assert Window(None, utc("2026-01-06")).watermark(None) is None


def test_a_watermark_that_tells_no_time_is_refused(lake: Lake) -> None:
    wanted = contract({"n": {"type": "integer"}}, ["n"], "n")
    with pytest.raises(DeclarationError, match="needs a watermark of type timestamp"):
        window_of(lake.spark, lake.folder.as_uri(), wanted, SOURCE, day("2026-01-05"))
