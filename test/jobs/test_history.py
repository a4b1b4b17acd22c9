"""The history of keys: versions out of changes, against a model in plain Python, over histories that are drawn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Optional

import pytest
from conftest import Lake
from drawn import draw, few
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import DataFrame

from jobs.common.history import Timeline, changes_of, versions
from jobs.common.write.scd2 import HistoryWritten, rebuild, scd2

TIMELINE = Timeline(key=("k",), at="at", told="told", state=("state", "is_deleted"))
START = dt.datetime(2026, 1, 1)
# key, moment, day it was told, state, whether it is a deletion
Change = tuple[str, int, int, Optional[str], bool]
Version = tuple[str, Optional[str], bool, int, Optional[int], bool, tuple[tuple[int, int], ...], int]


def moment(number: int) -> dt.datetime:
    return START + dt.timedelta(hours=number)


def day(number: int) -> dt.date:
    return START.date() + dt.timedelta(days=number)


def frame(lake: Lake, changes: Iterable[Change]) -> DataFrame:
    rows = [(key, moment(at), day(told), state, gone) for key, at, told, state, gone in changes]
    return lake.spark.createDataFrame(
        rows, "k string, at timestamp, told date, state string, is_deleted boolean"
    )


def read(rows: DataFrame) -> list[Version]:
    """Versions in plain numbers."""

    def hours(time: dt.datetime) -> int:
        return round((time - START).total_seconds() / 3600)

    def days(date: dt.date) -> int:
        return (date - START.date()).days

    found = [
        (
            row["k"],
            row["state"],
            row["is_deleted"],
            hours(row["valid_from"]),
            None if row["valid_to"] is None else hours(row["valid_to"]),
            row["is_current"],
            tuple(sorted((hours(at), days(told)) for at, told in row["confirmed"].items())),
            days(row["told"]),
        )
        for row in rows.collect()
    ]
    return sorted(found, key=str)


def model(changes: Iterable[Change]) -> list[Version]:
    """What the versions have to be, one key and one change after the other."""
    found: list[Version] = []
    for key, of_key in groupby(sorted(changes, key=lambda one: one[0]), key=lambda one: one[0]):
        last: dict[int, tuple[int, str | None, bool]] = {}
        for _, at, told, state, gone in of_key:
            # Nothing is less than any text, and false less than true, as in a database.
            def rank(one: tuple[int, str | None, bool]) -> tuple[int, bool, str, bool]:
                return (one[0], one[1] is not None, one[1] or "", one[2])

            last[at] = max([last[at], (told, state, gone)] if at in last else [(told, state, gone)], key=rank)
        line = sorted(last.items())
        runs = [list(run) for _, run in groupby(line, key=lambda one: one[1][1:])]
        for number, run in enumerate(runs):
            begin, (told, state, gone) = run[0]
            end = runs[number + 1][0][0] if number + 1 < len(runs) else None
            confirmed = tuple((at, again[0]) for at, again in run[1:])
            found.append((key, state, gone, begin, end, end is None, confirmed, told))
    return sorted(found, key=str)


changes = st.tuples(
    st.sampled_from("abcdefgh"),
    st.integers(0, 6),
    st.integers(0, 3),
    st.sampled_from(["x", "y", None]),
    st.sampled_from([False, False, True]),
)


@st.composite
def batches(draw: st.DrawFn, count: int = 3) -> list[list[Change]]:
    """Deliveries of changes: some in order, some late, some twice, some of the same moment."""
    told = draw(st.lists(changes, min_size=10, max_size=60))
    again = draw(st.lists(st.sampled_from(told), max_size=6))
    length = len(told) + len(again)
    places = draw(st.lists(st.integers(0, count - 1), min_size=length, max_size=length))
    parts: list[list[Change]] = [[] for _ in range(count)]
    for place, change in zip(places, [*told, *again]):
        parts[place].append(change)
    return [part for part in parts if part]


def apply(lake: Lake, uri: str, parts: Iterable[list[Change]]) -> list[HistoryWritten]:
    return [
        scd2(frame(lake, part), uri, TIMELINE, lambda rows: rows, {"part": number})
        for number, part in enumerate(parts)
    ]


def check_any_order(lake: Lake, parts: list[list[Change]], folder: Path, orders: Iterable[str]) -> None:
    wanted = model(change for part in parts for change in part)
    for name in orders:
        order = parts if name == "forth" else parts[::-1]
        uri = (folder / name).as_uri()
        apply(lake, uri, order)
        table = lake.spark.read.format("delta").load(uri)
        assert read(table) == wanted
        commits = len(list((folder / name / "_delta_log").glob("*.json")))
        assert [written.put + written.removed for written in apply(lake, uri, order)] == [0] * len(order)
        assert len(list((folder / name / "_delta_log").glob("*.json"))) == commits
    current = [version[0] for version in wanted if version[5]]
    assert len(current) == len(set(current))


@pytest.mark.heavy
def test_the_order_of_deliveries_changes_nothing_and_none_is_counted_twice(
    lake: Lake, tmp_path: Path
) -> None:
    """A history that was drawn once, the last of two batches first; the next test draws many, forth and back."""
    check_any_order(lake, draw(batches(count=2), 12)[10], tmp_path, ["back"])


@pytest.mark.heavy
def test_the_order_of_deliveries_changes_nothing_over_many_histories(lake: Lake, tmp_path: Path) -> None:
    count = iter(range(1_000))

    @few(12)
    @given(batches())
    def hold(parts: list[list[Change]]) -> None:
        check_any_order(lake, parts, tmp_path / str(next(count)), ["forth", "back"])

    hold()


def test_versions_of_many_histories_are_those_of_the_model_and_turn_back_into_changes(lake: Lake) -> None:
    drawn = draw(st.lists(changes, min_size=1, max_size=12), 60)
    told: list[Change] = [
        (f"{number}{key}", at, when, state, gone)
        for number, one in enumerate(drawn)
        for key, at, when, state, gone in one
    ]
    found = versions(frame(lake, told), TIMELINE).persist()
    assert read(found) == model(told)
    assert read(versions(changes_of(found, TIMELINE), TIMELINE)) == model(told)
    found.unpersist()


@pytest.mark.heavy  # the histories above have changes that come late, held against the model
def test_a_change_that_comes_late_is_put_in_its_place(lake: Lake, tmp_path: Path) -> None:
    uri = (tmp_path / "things").as_uri()

    def states() -> list[tuple[str | None, int, int | None, bool]]:
        rows = read(lake.spark.read.format("delta").load(uri))
        return [
            (state, begin, end, current)
            for _, state, _, begin, end, current, _, _ in sorted(rows, key=lambda row: row[3])
        ]

    apply(lake, uri, [[("a", 1, 0, "x", False), ("a", 5, 0, "y", False)]])
    assert states() == [("x", 1, 5, False), ("y", 5, None, True)]
    assert apply(lake, uri, [[("a", 3, 1, "z", False)]]) == [
        HistoryWritten(1, 2, 0)
    ]  # x ends sooner, z is new
    assert states() == [("x", 1, 3, False), ("z", 3, 5, False), ("y", 5, None, True)]
    # The same state from earlier on: the version that began later is part of it now.
    assert apply(lake, uri, [[("a", 4, 1, "y", False)]]) == [HistoryWritten(1, 2, 1)]
    assert states() == [("x", 1, 3, False), ("z", 3, 4, False), ("y", 4, None, True)]
    # Between two changes that tell the same: it comes apart again.
    apply(lake, uri, [[("a", 9, 2, "y", False)], [("a", 7, 2, None, True)]])
    assert states() == [
        ("x", 1, 3, False),
        ("z", 3, 4, False),
        ("y", 4, 7, False),
        (None, 7, 9, False),
        ("y", 9, None, True),
    ]


@pytest.mark.heavy
def test_a_change_that_is_not_late_leaves_the_files_of_the_past_alone(lake: Lake, tmp_path: Path) -> None:
    uri = (tmp_path / "things").as_uri()
    first = [(f"{key:03}", at, 0, str(at), False) for key in range(50) for at in (1, 2, 3)]
    rebuild(frame(lake, first), uri, TIMELINE, lambda rows: rows, {})
    past = set(lake.spark.read.format("delta").load(uri).where("not is_current").inputFiles())
    apply(lake, uri, [[("007", 4, 1, "new", False)]])
    assert past < set(lake.spark.read.format("delta").load(uri).where("not is_current").inputFiles())
    apply(lake, uri, [[("007", 2, 2, "late", False)]])
    after = read(lake.spark.read.format("delta").load(uri).where("k = '007'"))
    assert [version[1] for version in sorted(after, key=lambda one: one[3])] == ["1", "late", "3", "new"]
