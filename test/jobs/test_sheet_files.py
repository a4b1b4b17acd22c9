"""Delivered workbooks: what their cells say, and what is made of files that cannot be read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import Lake
from pyspark.sql import functions as F
from test_conform import by_id, contract

from jobs.common.conform import Conformed, conform
from jobs.common.declaration import Source
from jobs.common.errors import LandingDamagedError, LandingEmptyError, LandingHeaderError, SourceSchemaError
from jobs.common.sheet_files import read_sheet_delivery

DATE = dt.date(2026, 1, 5)
MOMENT = dt.datetime(2026, 1, 5, 12, 30, 15, 250000)
WANTED = contract(
    {
        "day": {"type": ["string", "null"], "format": "date"},
        "at": {
            "type": ["string", "null"],
            "format": "date-time",
            "x-dataplat": {"parse": {"timezone": "Europe/Berlin"}},
        },
        "whole": {"type": ["integer", "null"]},
        "money": {"type": ["number", "null"], "x-dataplat": {"type": "decimal(18,3)"}},
        "flag": {"type": ["boolean", "null"]},
        "text": {"type": ["string", "null"]},
    },
    [],
)
NAMES = ["id", "day", "at", "whole", "money", "flag", "text"]


def folder_of(lake: Lake) -> Path:
    folder = lake.folder / "landing" / "sheets"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def put(lake: Lake, rows: Sequence[Sequence[Any]], name: str = "a.xlsx", sheet: str = "Sheet") -> Path:
    """Write a workbook with these rows in a sheet, the first or behind one with nothing in it."""
    book = openpyxl.Workbook()
    page = book.active if sheet == "Sheet" else book.create_sheet(sheet)
    assert page is not None
    for row in rows:
        page.append(list(row))
    file = folder_of(lake) / name
    book.save(file)
    return file


def landed(lake: Lake, **options: object) -> Conformed:
    source = Source("sheets", "xlsx", "sheets/", options)
    delivery = read_sheet_delivery(lake.spark, source, folder_of(lake).as_uri(), WANTED)
    return conform(delivery, WANTED, DATE)


def accepted(result: Conformed) -> dict[str, dict[str, Any]]:
    rows = by_id(result.accepted().withColumn("at", F.unix_micros("at")).collect())
    return {key: row.asDict() for key, row in rows.items()}


def test_cells_say_what_the_contract_knows(lake: Lake) -> None:
    """Berlin is an hour ahead of UTC in January. Midnight is a day or a moment as the contract has it."""
    midnight = dt.datetime(2026, 1, 5)
    put(
        lake,
        [
            [*NAMES, "more", None],
            ["1", DATE, MOMENT, 7.0, 1234.5, True, "x", DATE],
            [2, midnight, midnight, 2**53, 0.001, False, 1.0, dt.time(8, 30)],
            [],
            ["3", "2026-01-06", "2026-01-06 08:00:00", "8", "1.5", "TRUE", " kept ", dt.timedelta(hours=30)],
            [
                4,
                None,
                None,
                None,
                59.970000000000006,
                None,
                None,
            ],  # three times 19.99, as a sheet adds them up
            [None, None],
        ],
        "Kunden 1+2, März 100%.xlsx",
    )
    rows = accepted(landed(lake))
    values = {key: [row[name] for name in NAMES[1:]] for key, row in rows.items()}
    assert {key: [*row[:3], str(row[3]), *row[4:]] for key, row in values.items()} == {
        "1": [DATE, 1_767_612_615_250_000, 7, "1234.500", True, "x"],
        "2": [DATE, 1_767_567_600_000_000, 2**53, "0.001", False, "1"],
        "3": [dt.date(2026, 1, 6), 1_767_682_800_000_000, 8, "1.500", True, " kept "],
        "4": [None, None, None, "59.970", None, None],
    }
    assert {key: row["_unmapped"]["more"] for key, row in rows.items() if row["_unmapped"]} == {
        "1": "2026-01-05",
        "2": "08:30:00",
        "3": "30:00:00",
    }
    assert rows["1"]["_source_file"].endswith("/landing/sheets/Kunden 1+2, März 100%.xlsx")


def test_what_says_nothing_is_malformed_by_its_row(lake: Lake) -> None:
    """An error, a formula that nobody has calculated, a value beside the header; the source may say more of errors."""
    put(
        lake,
        [
            ["id", "text"],
            ["a", "fine"],
            ["b", "#N/A"],
            ["c", "=1+1"],
            ["d", "x", "y"],
            [None, "nothing"],
        ],
    )
    result = landed(lake)
    assert set(accepted(result)) == {"a"}
    rejected = {
        row["_raw"].get("_record") or row["_raw"]["text"]: row["_reasons"]
        for row in result.rejected().collect()
    }
    assert rejected == {
        '["b", "#N/A"]': ["malformed"],
        '["c"]': ["malformed"],
        '["d", "x", "y"]': ["malformed"],
        "nothing": ["required:id"],
    }
    assert accepted(landed(lake, nulls=["#N/A"]))["b"]["text"] is None


def test_the_value_of_a_formula_is_the_one_that_was_calculated(lake: Lake) -> None:
    """As a spreadsheet program writes it, which openpyxl does not: with the value beside the formula."""
    import zipfile

    file = put(lake, [["id", "whole"], ["a", "=40+2"]])
    with zipfile.ZipFile(file) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    page = "xl/worksheets/sheet1.xml"
    calculated = (
        parts[page]
        .replace(b"<v />", b"<v>42</v>")
        .replace(b"<v></v>", b"<v>42</v>")
        .replace(b"<v/>", b"<v>42</v>")
    )
    assert b"<f>40+2</f><v>42</v>" in calculated
    # A program may say that there is less than there is.
    parts[page] = calculated.replace(b'ref="A1:B2"', b'ref="A1"')
    assert parts[page] != calculated
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    assert accepted(landed(lake))["a"]["whole"] == 42


def test_a_sheet_and_its_rows_are_found_where_the_source_says(lake: Lake) -> None:
    put(lake, [["Report of the day"], [], ["id", None, "whole"], ["a", "x", 1]], sheet="Orders 2026")
    rows = accepted(landed(lake, sheet="Orders 2026", skipRows=1))
    assert (rows["a"]["whole"], rows["a"]["_unmapped"]) == (1, {"_column_2": "x"})
    put(lake, [["b", 2]], sheet="Orders 2026")
    rows = accepted(landed(lake, sheet="Orders 2026", header=False, columns=["id", "whole"]))
    assert rows["b"]["whole"] == 2
    with pytest.raises(SourceSchemaError, match=r'a\.xlsx has no sheet "Orders"; it has Sheet, Orders 2026'):
        landed(lake, sheet="Orders")
    with pytest.raises(LandingEmptyError, match=r"a\.xlsx is empty: not even a header"):
        landed(lake)
    with pytest.raises(LandingEmptyError, match=r"a\.xlsx is empty: not one row"):
        landed(lake, header=False, columns=["id"])


def test_files_of_a_day_go_by_their_own_headers(lake: Lake) -> None:
    put(lake, [["id", "whole"], ["a", 1]])
    put(lake, [["text", "id"], ["t", "b"]], "b.xlsx")
    put(lake, [["id"]], "nothing.xlsx")
    rows = accepted(landed(lake))
    assert {key: (row["whole"], row["text"]) for key, row in rows.items()} == {
        "a": (1, None),
        "b": (None, "t"),
    }
    put(lake, [["text"], ["t"]], "c.xlsx")
    with pytest.raises(LandingHeaderError, match=r"the header of \S+/c\.xlsx lacks id"):
        landed(lake)


def test_a_file_that_cannot_be_read_is_named(lake: Lake) -> None:
    put(lake, [["id"], ["a"]])
    file = put(lake, [["id"], *([f"{number:032x}"] for number in range(500))], "b.xlsx")
    content = file.read_bytes()
    middle = content.index(b"xl/worksheets/sheet1.xml") + 200
    broken = content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]
    protected = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1000)
    for damaged in (b"", b"id\na\n", content[:-30], broken, protected):
        file.write_bytes(damaged)
        with pytest.raises(LandingDamagedError, match=r"b\.xlsx cannot be read \(\w"):
            landed(lake)
    with pytest.raises(LandingDamagedError, match="protected by a password"):
        landed(lake)
