"""Keys that come twice, counted both ways."""

from __future__ import annotations

import pytest
from conftest import Lake

from jobs.common import repeated_keys
from jobs.common.repeated_keys import some_repeat, surplus_rows

KEYS = [("a", 1), ("a", 2), (None, 1), ("b", 1), ("a", 1), (None, 1), ("a", 1)]


@pytest.mark.parametrize("large", [0, 1 << 60])
@pytest.mark.parametrize(("rows", "expected"), [(KEYS, 3), (KEYS[:4], 0), ([], 0)])
def test_rows_whose_key_another_row_has_already_are_counted(
    lake: Lake,
    monkeypatch: pytest.MonkeyPatch,
    large: int,
    rows: list[tuple[str | None, int]],
    expected: int,
) -> None:
    monkeypatch.setattr(repeated_keys, "_LARGE", large)
    frame = lake.spark.createDataFrame(rows, "name string, number int").repartition(3)
    assert surplus_rows(frame, ["name", "number"]) == expected


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize(
    ("numbers", "expected"), [([], False), ([1, 2, -1], False), ([5, 3, 2**62, 5], True)]
)
def test_hashes_that_come_twice_are_found(
    lake: Lake, numbers: list[int], expected: bool, known: bool
) -> None:
    frame = lake.spark.createDataFrame([(number,) for number in numbers], "hash bigint").repartition(3)
    assert some_repeat(frame, len(numbers) if known else None) is expected
