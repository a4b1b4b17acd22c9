"""Files that were never seen before: `contract infer` declares them, and an ingest takes them without losing a row."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import DAY, PROJECT, Lake

from jobs.common.declaration import Declaration
from jobs.common.find_declaration import resolve
from jobs.common.platform_document import platform_of
from jobs.common.result import DatasetResult
from jobs.ingest import files_ingest

BERLIN = ZoneInfo("Europe/Berlin")


def inferring(lake: Lake, file: Path, *flags: str) -> Declaration:
    """The declaration with what is inferred of a file, as the table `drawn`."""
    done = told(lake, file, *flags)
    assert done.returncode == 0, done.stderr
    config = lake.folder / "project" / "config"
    return Declaration(config, platform_of(resolve(config, "local")))


def told(lake: Lake, file: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """What the command says of a file."""
    project = lake.folder / "project"
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(PROJECT / "config", project / "config")
    shutil.copy(PROJECT / "cdktf.json", project)
    for folder in ("jobs", "dags"):
        (project / folder).symlink_to(PROJECT / folder)
    node = shutil.which("node")
    assert node is not None
    program = str(PROJECT / "bin" / "dataplat.js")
    words = ["contract", "infer", str(file), "--name", "drawn", "--owner", "team@example.com", *flags]
    return subprocess.run(
        [node, program, *words, "-C", str(project)], capture_output=True, text=True, check=False
    )


def folder_of(lake: Lake) -> Path:
    return lake.folder / "landing" / "files" / "drawn" / DAY


def ingested(lake: Lake, file: Path, *flags: str) -> tuple[Declaration, DatasetResult]:
    declaration = inferring(lake, file, *flags)
    landing = folder_of(lake)
    landing.mkdir(parents=True)
    shutil.copy(file, landing)
    result = files_ingest.run(lake.context("drawn", DAY, declaration=declaration))
    return declaration, result.outputs[0]


def types(declaration: Declaration) -> dict[str, str]:
    return {column.name: column.type for column in declaration.contract("drawn_bronze").source_columns}


WORDS = [
    "Straße",
    "Müller & Söhne",
    'Rohr 5"',
    "a;b,c|d",
    "zwei\nZeilen",
    "  um  ",
    "'",
    "Œuvre",
    "",
    "NA",
    "x\ty",
]


def drawn_rows(draw: random.Random, count: int) -> list[list[Any]]:
    """Rows of a key, a large number, an amount, a day, a time, a code with zeros in front, and two texts."""
    start = dt.datetime(2026, 1, 1)
    return [
        [
            (1 << 53) + 1 + 2 * row,
            draw.randrange(-(10**11), 10**11),
            Decimal(draw.randrange(-(10**9), 10**9)) / 100,
            start.date() + dt.timedelta(days=draw.randrange(365)),
            start + dt.timedelta(seconds=draw.randrange(80 * 86_400)),
            f"{draw.randrange(10**5):05d}" if row else "01067",
            draw.choice(WORDS) if row else "Straße",
            draw.choice(["ja", "nein"]) if row > 1 else ["ja", "nein"][row],
        ]
        for row in range(count)
    ]


NAMES = ["kunden_id", "Menge", "Betrag", "Tag", "Zeit", "PLZ", "Text", "aktiv"]


def german(amount: Decimal) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


@pytest.mark.parametrize(
    ("seed", "encoding", "delimiter", "header", "end"),
    [
        pytest.param(1, "utf-8", ",", True, "\n", marks=pytest.mark.heavy),
        (2, "cp1252", ";", True, "\r\n"),
        pytest.param(3, "utf-16", "\t", True, "\r\n", marks=pytest.mark.heavy),
        pytest.param(4, "utf-8-sig", "|", False, "\n", marks=pytest.mark.heavy),
    ],
)
def test_drawn_csv_keeps_every_row(
    lake: Lake, tmp_path: Path, seed: int, encoding: str, delimiter: str, header: bool, end: str
) -> None:
    draw = random.Random(seed)
    rows = drawn_rows(draw, 60)
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, lineterminator=end)
    if header:
        writer.writerow(NAMES)
    for key, number, amount, day, time, code, text, yes in rows:
        writer.writerow(
            [key, number, german(amount), f"{day:%d.%m.%Y}", f"{time:%Y-%m-%d %H:%M:%S}", code, text, yes]
        )
    file = tmp_path / "drawn.csv"
    file.write_bytes(written.getvalue().encode(encoding))

    names = [] if header else ["--columns", ",".join(NAMES)]
    declaration, result = ingested(lake, file, "--timezone", "Europe/Berlin", *names)

    read = list(csv.reader(io.StringIO(file.read_bytes().decode(encoding), newline=""), delimiter=delimiter))
    expected = len(read) - header
    assert (result.rows_read, result.rows_written, result.rows_quarantined) == (expected, expected, 0)
    assert result.unmapped == {}
    assert types(declaration) == {
        "kunden_id": "bigint",
        "menge": "bigint",
        "betrag": "decimal(18,2)",
        "tag": "date",
        "zeit": "timestamp",
        "plz": "string",
        "text": "string",
        "aktiv": "boolean",
    }
    kept = {row["kunden_id"]: row for row in lake.rows("drawn")}
    for key, number, amount, day, time, code, text, yes in rows:
        row = kept[key]
        assert (row["menge"], row["betrag"], row["tag"]) == (number, amount, day)
        assert row["zeit"].astimezone(dt.timezone.utc) == time.replace(tzinfo=BERLIN).astimezone(
            dt.timezone.utc
        )
        assert (row["plz"], row["aktiv"]) == (code, yes == "ja")
        assert row["text"] == (text if text.strip() else None)


@pytest.mark.heavy
def test_drawn_json_lines_keep_every_row(lake: Lake, tmp_path: Path) -> None:
    draw = random.Random(5)
    rows = drawn_rows(draw, 60)
    objects = [
        {
            "orderId": key,
            "amount": float(amount),
            "orderedAt": f"{time:%Y-%m-%dT%H:%M:%SZ}",
            "zip": code,
            **({"note": text} if number > 0 else {}),
            "open": yes == "ja",
            "lines": [{"sku": code, "price": 1.10}],
        }
        for key, number, amount, _, time, code, text, yes in rows
    ]
    file = tmp_path / "drawn.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in objects), encoding="utf-8")
    declaration, result = ingested(lake, file)
    assert (result.rows_read, result.rows_written, result.rows_quarantined) == (60, 60, 0)
    assert types(declaration) == {
        "order_id": "bigint",
        "amount": "decimal(18,2)",
        "ordered_at": "timestamp",
        "zip": "string",
        "note": "string",
        "open": "boolean",
        "lines": "string",
    }
    kept = {row["order_id"]: row for row in lake.rows("drawn")}
    assert {key: row["amount"] for key, row in kept.items()} == {row[0]: row[2] for row in rows}


def test_days_as_americans_write_them_and_marks_for_nothing(lake: Lake, tmp_path: Path) -> None:
    """Every value decides something: a day above 12, the group of a number, marks, a time that clocks showed twice."""
    lines = [
        "sku,sold,price,rate,at",
        'A-1,1/31/26 3:05 PM,"1,234.50",1.5e-3,2026-10-25 02:30:00',
        "A-2,12/1/26 11:59 AM,N/A,0.25,2026-07-01 12:00:00.125",
        "A-3,NULL,999,-,\\N",
    ]
    file = tmp_path / "drawn.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    flags = ["--format", "sold=M/d/yy", "--timezone", "Europe/Berlin", "--overlap", "later"]
    declaration, result = ingested(lake, file, *flags)
    assert (result.rows_written, result.rows_quarantined) == (3, 0)
    assert types(declaration) == {
        "sku": "string",
        "sold": "timestamp",
        "price": "decimal(18,2)",
        "rate": "double",
        "at": "timestamp",
    }
    kept = {row["sku"]: row for row in lake.rows("drawn")}
    utc = dt.timezone.utc
    assert kept["A-1"]["sold"] == dt.datetime(2026, 1, 31, 14, 5, tzinfo=utc)
    assert kept["A-1"]["at"] == dt.datetime(2026, 10, 25, 1, 30, tzinfo=utc)
    assert kept["A-2"]["at"] == dt.datetime(2026, 7, 1, 10, 0, 0, 125_000, tzinfo=utc)
    assert [kept[key]["price"] for key in ("A-1", "A-2", "A-3")] == [Decimal("1234.50"), None, Decimal(999)]
    assert [kept[key]["rate"] for key in ("A-1", "A-2", "A-3")] == [0.0015, 0.25, None]
    assert (kept["A-3"]["sold"], kept["A-3"]["at"]) == (None, None)
