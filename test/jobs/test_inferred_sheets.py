"""`contract infer` declares a sheet of a workbook by what a run reads of its cells, and the run loses no row."""

from __future__ import annotations

import datetime as dt
import random
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import Lake
from test_inferred_contracts import BERLIN, ingested, told, types

UTC = dt.timezone.utc
NAMES = ["Nr", "PLZ", "Betrag", "Anteil", "Tag", "Zeit", "um", "offen", "Text", "frei", "Telefon"]


def book_of(rows: list[list[Any]], file: Path, name: str = "Orders") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = name
    for row in rows:
        page.append(row)
    book.save(file)
    return book


def drawn_rows(draw: random.Random, count: int) -> list[list[Any]]:
    start = dt.datetime(2026, 1, 1, 8)
    return [
        [
            row + 1,
            f"{draw.randrange(10**5):05d}" if row else "01067",
            draw.choice([draw.randrange(-(10**8), 10**8) / 100, draw.randrange(1000)])
            if row
            else 59.970000000000006,
            (row + 1) / 7,
            (start + dt.timedelta(days=draw.randrange(365))).date() if row % 5 else None,
            start + dt.timedelta(seconds=draw.randrange(80 * 86_400)),
            dt.time(draw.randrange(24), draw.randrange(60)),
            draw.random() < 0.5,
            draw.choice(["Straße", "a_x000D_b", " um ", "NULL", "", None, "'", 7, True]),
            None,
            "+49 30 1234567",
        ]
        for row in range(count)
    ]


@pytest.mark.parametrize("is_1904", [False, pytest.param(True, marks=pytest.mark.heavy)])
def test_a_drawn_sheet_keeps_every_row(lake: Lake, tmp_path: Path, is_1904: bool) -> None:
    rows = drawn_rows(random.Random(7), 120)
    file = tmp_path / "drawn.xlsx"
    book = openpyxl.Workbook()
    if is_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    page = book.active
    assert page is not None
    for row in [NAMES, *rows[:40], [], *rows[40:]]:
        page.append(row)
    book.create_sheet("empty")
    book.save(file)
    declaration, result = ingested(lake, file, "--timezone", "Europe/Berlin")

    assert (result.rows_read, result.rows_written, result.rows_quarantined) == (120, 120, 0)
    assert result.unmapped == {}
    assert types(declaration) == {
        "nr": "bigint",
        "plz": "string",
        "betrag": "decimal(18,2)",
        "anteil": "double",
        "tag": "date",
        "zeit": "timestamp",
        "um": "string",
        "offen": "boolean",
        "text": "string",
        "frei": "string",
        "telefon": "string",
    }
    assert declaration.contract("drawn_bronze").primary_key == ("nr",)
    kept = {row["nr"]: row for row in lake.rows("drawn")}
    for number, code, amount, share, day, time, _, is_open, *_ in rows:
        row = kept[number]
        assert (row["plz"], row["tag"], row["offen"]) == (code, day, is_open)
        assert row["betrag"] == Decimal(f"{amount:.15g}")
        assert row["anteil"] == pytest.approx(share, rel=1e-14)
        assert row["zeit"].astimezone(UTC) == time.replace(tzinfo=BERLIN).astimezone(UTC)


def test_one_sheet_below_a_title_is_declared(lake: Lake, tmp_path: Path) -> None:
    """With days that are moments in the same column, an error for nothing, and rows that say nothing."""
    file = tmp_path / "drawn.xlsx"
    book = book_of([["notes"], ["nothing of it"]], file, "About")
    page = book.create_sheet("Orders 2026")
    for row in [
        ["Orders of the day"],
        [],
        ["id", "at", "price"],
        ["a", dt.datetime(2026, 1, 5), 1.5],
        ["b", dt.date(2026, 1, 6), "#N/A"],
        ["c", dt.datetime(2026, 1, 7, 12, 30), 3],
        ["d", None, "#DIV/0!"],
        ["e", None, "=1+1"],
        ["f", None, 1, "beside"],
    ]:
        page.append(row)
    book.save(file)
    done = told(lake, file)
    assert "2 sheets have values: About, Orders 2026" in done.stderr
    done = told(lake, file, "--sheet", "Orders 2026")
    assert "row 1 ends with column 1, and 7 of 7 rows below go on behind it" in done.stderr
    assert done.returncode == 2
    flags = ["--sheet", "Orders 2026", "--skip-rows", "1", "--timezone", "UTC"]
    declaration, result = ingested(lake, file, *flags)
    source = declaration.source("drawn")
    assert source.options == {"sheet": "Orders 2026", "skipRows": 1, "nulls": ["#N/A"]}
    assert (result.rows_read, result.rows_written, result.rows_quarantined) == (6, 3, 3)
    assert result.reasons == {"malformed": 3}
    assert types(declaration) == {"id": "string", "at": "timestamp", "price": "decimal(18,1)"}
    kept = {row["id"]: (row["at"].astimezone(UTC), row["price"]) for row in lake.rows("drawn")}
    assert kept == {
        "a": (dt.datetime(2026, 1, 5, tzinfo=UTC), Decimal("1.5")),
        "b": (dt.datetime(2026, 1, 6, tzinfo=UTC), None),
        "c": (dt.datetime(2026, 1, 7, 12, 30, tzinfo=UTC), Decimal(3)),
    }


def test_rows_without_a_header_are_asked_about_and_named(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "drawn.xlsx"
    book_of([["Ann", "Bonn"], ["Bob", "Ulm"]], file)
    done = told(lake, file, "--key", "who")
    assert "the first row (Ann, Bonn) may be a header or a row" in done.stderr
    declaration, result = ingested(lake, file, "--columns", "who,town", "--key", "who")
    assert (result.rows_written, result.rows_quarantined) == (2, 0)
    assert declaration.source("drawn").options == {"header": False, "columns": ["who", "town"]}


def rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(file) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    change(parts)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.heavy
def test_a_file_that_cannot_be_read_is_told(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "drawn.xlsx"
    book_of([["id"], *([f"{number:032x}"] for number in range(500))], file)
    whole = file.read_bytes()
    middle = whole.index(SHEET.encode()) + 200
    flipped = whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
    # The size that a bomb says it has, in the list of what is packed.
    entry = whole.rindex(SHEET.encode()) - 46
    bomb = whole[: entry + 24] + b"\xf0\xff\xff\xff" + whole[entry + 28 :]
    for content, said in (
        (b"", "it is empty"),
        (b"id\na\n", "its ending says a workbook (.xlsx), and it does not begin as that does"),
        (whole[:-30], "it is damaged"),
        (flipped, "it is damaged"),
        (bomb, "MB once unpacked, more than 2048"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1000), "it is protected by a password"),
    ):
        file.write_bytes(content)
        done = told(lake, file)
        assert said in done.stderr
        assert "drawn.xlsx cannot be read: it" in done.stderr
        assert (done.returncode, "DP2013" in done.stderr) == (2, True)

    def entities(parts: dict[str, bytes]) -> None:
        bombs = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
        parts[SHEET] = bombs + parts[SHEET].replace(b"<sheetData>", b"<sheetData>&b;", 1)

    def without_book(parts: dict[str, bytes]) -> None:
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"sheet.main+xml", b"none+xml")

    def strict(parts: dict[str, bytes]) -> None:
        namespace = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
            namespace, b"http://purl.oclc.org/ooxml/spreadsheetml/main"
        )

    def far(parts: dict[str, bytes]) -> None:
        parts[SHEET] = parts[SHEET].replace(b'<row r="2"', b'<row r="1000000000"', 1)

    def nothing(parts: dict[str, bytes]) -> None:
        parts[SHEET] = parts[SHEET].split(b"<sheetData>")[0] + b"<sheetData/></worksheet>"

    for change, said in (
        (entities, "it is damaged"),
        (without_book, "there is no workbook in it"),
        (strict, "it is of Strict Open XML"),
        (far, "it has a row 1000000000"),
        (nothing, "no sheet of it has a value"),
    ):
        file.write_bytes(whole)
        rewritten(file, change)
        done = told(lake, file)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    file.write_bytes(whole)
    assert 'it has no sheet "B"; it has Orders' in told(lake, file, "--sheet", "B").stderr
