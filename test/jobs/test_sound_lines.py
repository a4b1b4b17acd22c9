"""Lines that are told to be sound by columns, held against what becomes of them when each row is judged by itself."""

from __future__ import annotations

import contextlib
import csv
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyarrow
import pytest
from conftest import Lake
from plain_worker import said_by_worker
from test_conform import DATE, contract

from jobs.common import landing
from jobs.common.conform import conform
from jobs.common.contract import Contract
from jobs.common.csv_records import Dialect, header_of
from jobs.common.declaration import Declaration, Source
from jobs.common.delivery import Delivery
from jobs.common.errors import LandingEncodingError
from jobs.common.sound_lines import _judging
from jobs.common.sound_times import Clock
from jobs.common.sound_values import field_of, lines_of, values_of

TYPES = {"decimal(10,2)": "number", "int": "integer", "double": "number", "boolean": "boolean"}


def spelled(kind: str, **parse: Any) -> dict[str, Any]:
    """A column of a type whose values come otherwise than the contract spells them."""
    of_text = {"date": {"format": "date"}, "timestamp": {"format": "date-time"}}.get(kind, {})
    return {
        "type": [TYPES.get(kind, "string"), "null"],
        **of_text,
        "x-dataplat": {"parse": parse, **({} if of_text else {"type": kind})},
    }


OPTIONAL = {"type": ["string", "null"]}
COLUMNS: dict[str, dict[str, Any]] = {
    "code": {**OPTIONAL, "pattern": "^[A-Z]{2,3}-\\d+$"},
    "kind": {**OPTIONAL, "enum": ["new", "old", "", None]},
    "text": {**OPTIONAL, "minLength": 2, "maxLength": 5},
    "name": {"type": "string"},
    "trimmed": {**OPTIONAL, "x-dataplat": {"parse": {"trim": True, "nulls": ["-"]}}},
    "flag": {"type": ["boolean", "null"]},
    "tiny": {"type": ["integer", "null"], "x-dataplat": {"type": "tinyint"}},
    "whole": {"type": ["integer", "null"], "minimum": -5, "exclusiveMaximum": 1000},
    "money": {"type": ["number", "null"], "exclusiveMinimum": 0, "x-dataplat": {"type": "decimal(8,2)"}},
    "wide": {"type": ["number", "null"], "x-dataplat": {"type": "decimal(38,10)"}},
    "number": {"type": ["number", "null"], "maximum": 100},
    "single": {"type": ["number", "null"], "x-dataplat": {"type": "float"}},
    "day": {"type": ["string", "null"], "format": "date"},
    "at": {"type": ["string", "null"], "format": "date-time"},
    "mail": {**OPTIONAL, "pattern": "^[^@\\s]+@[^@\\s]+\\.\\S+$"},
    "grade": {"type": ["integer", "null"], "enum": [1, 2, 300, None], "x-dataplat": {"type": "tinyint"}},
    "share": {"type": ["number", "null"], "exclusiveMinimum": 0.1, "x-dataplat": {"type": "float"}},
    "amount": spelled("decimal(10,2)", decimal=",", grouping="."),
    "units": spelled("int", grouping="'"),
    "rate": spelled("double", decimal=","),
    "answer": spelled("boolean", true=["Y", "1"], false=["N", "0"], nulls=["?"]),
    "born": spelled("date", formats=["dd.MM.yyyy", "d/M/yy", "iso"]),
    "seen": spelled("timestamp", formats=["dd.MM.yyyy HH:mm[:ss]", "iso"], timezone="Europe/Berlin"),
    "called": spelled(
        "timestamp", formats=["MMM d yyyy h:mm a"], timezone="America/New_York", overlap="later"
    ),
    "sent": spelled("timestamp", formats=["epochMillis", "epoch"]),
    "logged": spelled("timestamp", formats=["yyyyMMdd HHmmss.SSSSSSSX", "d-MMMM-yyyy'T'HHX"]),
    "shown": spelled("timestamp", timezone="Australia/Lord_Howe"),
}
TEXTS = [
    "ab",
    "é",
    "Ärger",
    "中文",
    "a b",
    " ab",
    "ab ",
    "",
    " ",
    "\u00a0",
    "\u200b",
    "N/A",
    "-",
    "\x01",
    "\ufffd",
    "😀",
    "two\nlines",
    "a\r\n\n# b",
    'a "b"\nid,c',
    "a\\b",
]
VALUES: dict[str, Sequence[str]] = {
    "code": ["AB-1", "ABC-22", "ab-1", "AB-1\u2028", "AB-x", " AB-1", *TEXTS],
    "kind": ["new", "old", "New", "newer", *TEXTS],
    "text": ["abc", "abcdef", "a", "中文中文中", 'a"b', "a,b", "a;b", '"', *TEXTS],
    "name": ["Ada", "Ada", "O'Neill, A.", *TEXTS],
    "trimmed": ["Ada", "Ada ", "\u3000Ada", *TEXTS],
    "flag": ["true", "FALSE", "True", "tRuE", "yes", "1", " true", "", "N/A"],
    "tiny": ["0", "99", "127", "128", "-128", "-0", "+5", "007", "1.0", "1e1", "", "x"],
    "whole": [
        "0",
        "7",
        "-5",
        "-6",
        "999",
        "1000",
        "123456789012345678",
        "9223372036854775807",
        "9223372036854775808",
        "",
    ],
    "money": [
        "1",
        "1.5",
        "0.01",
        "0",
        "-1",
        "0.00",
        "123456.78",
        "1234567",
        "1.005",
        "1.50",
        ".5",
        "5.",
        "1,5",
        "1e2",
        "",
    ],
    "wide": [
        "1",
        "1234567890123456789012345678.0123456789",
        "12345678901234567890123456789",
        "0.00000000001",
        "-7.5",
        "",
    ],
    "number": [
        "1",
        "99.99",
        "100",
        "100.0000000001",
        "0.1",
        "-0",
        "1e3",
        "NaN",
        "Infinity",
        "123456789012345.123456789012345",
        "",
    ],
    "single": ["1", "0.1", "16777217", "3.4028236e38", "123456789012345.5", "1e-50", ""],
    "day": [
        "2026-01-05",
        "2024-02-29",
        "2026-02-29",
        "2026-04-31",
        "1600-01-01",
        "1599-12-31",
        "0000-01-01",
        "9999-12-31",
        "2026-1-5",
        "",
    ],
    "at": [
        "2026-01-05T10:00:00Z",
        "2026-01-05 10:00:00.123456Z",
        "2026-01-05T10:00:00.123Z",
        "2026-01-05t10:00:00z",
        "2026-01-05T10:00:00.123456000Z",
        "2026-01-05T10:00:00.1234567Z",
        "2026-01-05T23:59:59+13:59",
        "2026-01-05T23:59:59+14:00",
        "2026-01-05T24:00:00Z",
        "2026-01-05T10:00:60Z",
        "2026-01-05T10:00:00",
        "1899-12-31T23:59:59-05:30",
        "1582-10-10T00:00:00Z",
        "",
    ],
    "mail": ["a@b.c", "a b@c.d", "a@b", "é@b.c", "a@b\u00a0.c", "a@b.c\t", "", "N/A"],
    "grade": ["1", "2", "3", "300", "44", "01", ""],
    "share": ["0.5", "0.1", "0.10000001", "0.09", "1", ""],
    "amount": [
        "1.234,50",
        "1234,5",
        "0,01",
        "-1.234.567,89",
        "12.34,5",
        "1,234.50",
        "1.2345",
        "12345678,99",
        "99.999.999,99",
        "1e3",
        "1,005",
        ",5",
    ],
    "units": [
        "1'234",
        "1234",
        "12'34",
        "1'234'567'890",
        "-1'234",
        "1'234.0",
        "999'999'999",
        "+7",
        "0",
        "1'23x",
    ],
    "rate": ["0,5", "-0,25", "1.5", "1,5e3", "NaN", "123456789012345,5", "1,", "7"],
    "answer": ["Y", "N", "1", "0", "y", "true", " Y", "?", "", "N/A"],
    "born": [
        *[
            "31.01.2026",
            "29.02.2024",
            "29.02.2026",
            "31.04.2026",
            "1.1.2026",
            "01.01.1599",
            "31.12.2999",
            "31.12.9999",
            "00.01.2026",
        ],
        *["7/3/26", "31/12/99", "31/9/26", "2026-01-05", "2026-13-05", "01.01.26"],
        " 31.01.2026",
        "",
    ],
    "seen": [
        "31.01.2026 23:59",
        "31.01.2026 23:59:59",
        "29.03.2026 01:59:59",
        "29.03.2026 02:00:00",
        "29.03.2026 02:59:59",
        "29.03.2026 03:00:00",
        "25.10.2026 01:59:59",
        "25.10.2026 02:00:00",
        "25.10.2026 02:59:59",
        "25.10.2026 03:00:00",
        "01.01.1970 00:00",
        "31.12.1969 23:59",
        "31.12.2037 23:59",
        "01.01.2038 00:00",
        "31.12.9999 00:00",
        "31.06.2026 10:00",
        "31.01.2026 24:00",
        "2026-07-01T10:00:00Z",
        "2026-07-01 10:00:00+0200",
        "2026-07-01 10:00:00",
        "2026-07-01 10:00:00.25",
        "2026-10-25T02:30:00",
        "",
    ],
    "called": [
        "Jan 5 2026 1:05 PM",
        "jul 31 2026 12:00 am",
        "Feb 29 2026 1:00 AM",
        "Mar 8 2026 2:30 AM",
        "Nov 1 2026 1:30 AM",
        "Nov 1 2026 12:30 AM",
        "May 5 2026 13:00 PM",
        "Mai 5 2026 1:00 PM",
        "",
    ],
    "sent": [
        "1767605400000",
        "1767605400",
        "1767605400.5",
        "0",
        "-1",
        "007",
        "99999999999999",
        "1.5",
        "x",
        "",
    ],
    "logged": [
        "20260105 100000.5Z",
        "20260105 100000.1234560+0130",
        "20260105 100000.1234567Z",
        "20260105 235959.9-13:59",
        "20260105 235959.9-14:00",
        "20260105 100000.5+02",
        "20260105 100000Z",
        "5-March-2026T10Z",
        "31-february-2026T10Z",
        "5-Mar-2026T10Z",
        "",
    ],
    "shown": [
        "2026-01-05T10:00:00",
        "2026-04-05T01:45:00",  # set back by half an hour
        "2026-04-05 02:00:00.000001",
        "2026-10-04T02:15:00",  # set forward by as much
        "2026-10-04T02:30:00",
        "2026-01-05T10:00:00+11:00",
        "2026-01-05",
        "",
    ],
    "more": [*TEXTS],
}
HEADER = ["id", *VALUES]


def sound_value(name: str) -> str:
    return next(value for value in VALUES[name] if value)


def delivered(seed: int, rows: int, keys: int, **dialect: Any) -> str:
    """A file in which most rows are sound, and some have a value of another kind or another number of fields."""
    chance = random.Random(seed)
    text = io.StringIO(newline="")
    write = csv.writer(text, lineterminator="\n", **dialect).writerow
    write(HEADER)
    for number in range(rows):
        row = [str(number if number < keys else chance.randrange(keys)), *map(sound_value, VALUES)]
        if chance.random() < 0.6:
            for _ in range(chance.choice([1, 1, 1, 3])):
                place = chance.randrange(1, len(HEADER))
                row[place] = chance.choice(VALUES[HEADER[place]])
        write(row[: chance.choice([len(row)] * 30 + [3])] + [""] * chance.choice([0] * 30 + [1]))
    return text.getvalue()


def became(lake: Lake, wanted: Contract, source: Source) -> tuple[Delivery, Any]:
    """What a delivery is read as, and what becomes of it."""
    folder = (lake.folder / "things").as_uri()
    delivery = landing.read_delivery(lake.spark, source, folder, wanted)
    with conform(delivery, wanted, DATE) as conformed:
        counts = conformed.counts
        rows = [sorted(map(repr, frame.collect())) for frame in (conformed.accepted(), conformed.rejected())]
    return delivery, (counts, *rows)


def put(lake: Lake, *files: bytes) -> None:
    folder = lake.folder / "things"
    folder.mkdir()
    for number, content in enumerate(files):
        (folder / f"{number}.csv").write_bytes(content)


@pytest.fixture
def wanted() -> Contract:
    return contract(COLUMNS, ["name"], watermark="at")


heavy = pytest.mark.heavy


@pytest.mark.parametrize(
    ("seed", "keys", "dialect", "encoding"),
    [
        (1, 600, {}, "utf-8"),
        (
            2,
            400,
            {"quoting": csv.QUOTE_ALL, "delimiter": ";", "escapechar": "\\", "doublequote": False},
            "utf-8",
        ),
        *(pytest.param(seed, 600, {}, "utf-8", marks=heavy) for seed in range(3, 23)),
        *(
            pytest.param(seed, 400, {"quoting": csv.QUOTE_ALL}, "utf-8", marks=heavy)
            for seed in range(43, 48)
        ),
        *(pytest.param(seed, 400, {"delimiter": "\t"}, "utf-16le", marks=heavy) for seed in range(23, 33)),
        *(
            pytest.param(seed, 400, {"quotechar": "'", "delimiter": "|"}, "utf-8", marks=heavy)
            for seed in range(33, 43)
        ),
    ],
)
def test_a_delivery_becomes_the_same_however_it_is_looked_at(
    lake: Lake,
    wanted: Contract,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    keys: int,
    dialect: dict[str, Any],
    encoding: str,
) -> None:
    texts = [delivered(seed, 600, keys, **dialect), delivered(-seed, 200, 200, **dialect)]
    if keys == 600:
        texts = texts[:1]  # no key comes twice
    if encoding != "utf-8":
        # There it stands for what could not be decoded.
        texts = [text.replace("\ufffd", "?") for text in texts]
    put(lake, *(text.encode(encoding) for text in texts))
    options = {"delimiter": dialect.get("delimiter", ","), "quote": dialect.get("quotechar", '"')}
    if "escapechar" in dialect:
        options["escape"] = dialect["escapechar"]
    source = Source("things", "csv", "things/{date}/", {**options, "encoding": encoding, "nulls": ["N/A"]})
    _, expected = became(lake, wanted, source)
    monkeypatch.setattr(landing, "MANY_BYTES", 0)
    delivery, found = became(lake, wanted, source)
    assert delivery.sound is not None
    assert 120 < delivery.sound.count < 600 * len(texts)
    assert found == expected


@pytest.mark.parametrize(
    ("seed", "block", "damaged"),
    [
        (1, 16384, True),
        *(
            pytest.param(seed, block, damaged, marks=heavy)
            for seed in range(2, 12)
            for block in (None, 16384)
            for damaged in (False, True)
        ),
    ],
)
def test_records_of_several_lines_become_the_same_however_they_are_looked_at(
    lake: Lake, wanted: Contract, monkeypatch: pytest.MonkeyPatch, seed: int, block: int | None, damaged: bool
) -> None:
    """With files that are cut into many parts, and with quotes that are gone or too many."""
    chance = random.Random(seed)
    texts = [delivered(seed, 150, 150), delivered(-seed, 40, 40)]
    for _ in range(3 if damaged else 0):
        place = chance.randrange(texts[0].index("\n") + 1, len(texts[0]))
        texts[0] = (
            texts[0][:place] + chance.choice(['"', '""', "\r"]) + texts[0][place + chance.choice([0, 1]) :]
        )
    put(lake, *(text.encode() for text in texts))
    source = Source("things", "csv", "things/{date}/", {"nulls": ["N/A"], "comment": "#"})
    _, expected = became(lake, wanted, source)
    monkeypatch.setattr(landing, "MANY_BYTES", 0)
    with cut_into_blocks(lake, block):
        delivery, found = became(lake, wanted, source)
    assert delivery.sound is not None
    assert 20 < delivery.sound.count < 190
    assert found == expected


@contextlib.contextmanager
def cut_into_blocks(lake: Lake, size: int | None) -> Iterator[None]:
    """Spark reads files in parts of so many bytes; as usual where none are told."""
    name = "spark.sql.files.maxPartitionBytes"
    before = lake.spark.conf.get(name)
    if size is not None:
        lake.spark.conf.set(name, str(size))
    try:
        yield
    finally:
        lake.spark.conf.set(name, str(before))


@pytest.mark.parametrize(
    ("content", "sound", "read", "rejected"),
    [
        (b'id,name\n1,Ada\n2,"A\nB"\n3,Eve\n', 3, 3, 0),
        (b'id,name\r\n1,Ada\r\n2,"A\r\n3,Bo"\r\n4,Eve\r\n', 3, 3, 0),
        (b'id,name\n1,Ada\n2,"A\n3,Bo\n4,Eve\n', 3, 4, 1),  # a quote that is not closed
        (b'id,name\n1,Ada\n2,"A\n3,"B"\n4,Eve\n', 3, 4, 1),
        (b'id,name\n1,"A"da\n2,Bo\n', 1, 2, 1),
        (b'"id","name"\n1,"\n\n# A\n"\n2,Bo\n', 1, 2, 0),
        (b"id,name\n1,A\rda\n2,Bo\n", 1, 2, 1),
    ],
)
def test_a_record_of_several_lines_costs_the_others_nothing(
    lake: Lake,
    wanted: Contract,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    sound: int,
    read: int,
    rejected: int,
) -> None:
    put(lake, content)
    monkeypatch.setattr(landing, "MANY_BYTES", 0)
    delivery, (counts, *_) = became(lake, wanted, Source("things", "csv", "things/{date}/", {"comment": "#"}))
    assert delivery.sound is not None
    assert (delivery.sound.count, counts.read, counts.rejected) == (sound, read, rejected)


def test_lines_above_the_header_comments_and_blank_ones_are_no_rows(
    lake: Lake, wanted: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lake, b"Report\r\nid,name\r\n1,Ada\r\n\r\n  \r\n# 2,Eve\r\n3,Eve\r\n")
    monkeypatch.setattr(landing, "MANY_BYTES", 0)
    source = Source("things", "csv", "things/{date}/", {"skipRows": 1, "comment": "#"})
    delivery, (counts, accepted, _) = became(lake, wanted, source)
    assert delivery.sound is not None
    assert delivery.sound.count == counts.read == len(accepted) == 2


def test_lines_that_are_not_in_the_encoding_are_counted(
    lake: Lake, wanted: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = b"".join(b"%d,Ada\n" % number for number in range(10_000))  # more than the header is looked for in
    put(lake, b"id,name\n" + rows + b"2,\xff\n3,Eve\n4,\xfe\n")
    monkeypatch.setattr(landing, "MANY_BYTES", 0)
    with pytest.raises(LandingEncodingError, match="in 2 of its lines"):
        became(lake, wanted, Source("things", "csv", "things/{date}/", {}))


def test_a_file_with_a_very_long_line_is_judged_row_by_row(
    lake: Lake, wanted: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lake, f"id,name\n1,Ada\n2,{'x' * 100_000}\n".encode())
    monkeypatch.setattr(landing, "MANY_BYTES", 0)
    delivery, (counts, accepted, _) = became(lake, wanted, Source("things", "csv", "things/{date}/", {}))
    assert delivery.sound is None
    assert (counts.read, len(accepted)) == (2, 2)


@pytest.mark.parametrize(
    "column",
    [
        {
            "x-dataplat": {"parse": {"formats": ["dd.MM.yyyy HH:mm"], "timezone": "UTC"}},
            "format": "date-time",
        },
        {"type": ["boolean", "null"], "x-dataplat": {"parse": {"true": ["x"], "false": [""]}}},
        {"pattern": "^(?!no).*$"},
        {"pattern": "[a-z&&[^b]]"},
        {"pattern": "a\\h"},
        {"pattern": "^a{1,5000}$"},
        {"type": ["number", "null"], "minimum": 0.5, "x-dataplat": {"type": "decimal(8,2)"}},
        {"type": ["number", "null"], "enum": [0.5]},
    ],
)
def test_a_column_about_which_little_is_known_leaves_all_to_be_judged(column: dict[str, Any]) -> None:
    wanted = contract({"b": {**OPTIONAL, **column}}, [])
    assert lines_of(wanted, ["id", "b"], ",", '"', []) is None
    assert lines_of(wanted, ["id"], ",", '"', []) is not None


def test_every_column_of_a_contract_that_people_write_is_known(declaration: Declaration) -> None:
    contracts = [declaration.contract(dataset) for dataset in declaration.platform.datasets]
    unknown = [
        f"{one.id}.{column.name}"
        for one in contracts
        if one.layer == "bronze"
        for column in one.source_columns
        if field_of(column, (), lambda _: Clock((), (), (0,), 0, 1)) is None
    ]
    assert unknown == []


def test_what_is_sound_is_made_at_once_and_all_else_left() -> None:
    wanted = contract({"b": {"type": ["integer", "null"]}}, [])
    look = lines_of(wanted, ["id", "b"], ",", '"', [])
    assert look is not None
    lines = ["1,2", "1", "1,2,3", '"a,b",7', '"a""b",', ",2", "x,x", 'a"b,1', '"open,1', "x,\ufffd", ""]
    places, (ids, numbers) = values_of(pyarrow.array(lines), look)
    assert places.to_pylist() == [0, 3, 4]
    assert ids.to_pylist() == ["1", "a,b", 'a"b']
    assert numbers.to_pylist() == [2, 7, None]


def test_tasks_need_no_package_of_ours(wanted: Contract) -> None:
    header = header_of("id,name\n", Dialect())
    look = lines_of(wanted, ["id", "name"], ",", '"', [])
    assert header is not None
    assert look is not None
    task = replace(_judging(look, header, Dialect(), {"a.csv": 1}, "at"), with_records=True).task()
    program = (
        "lines = [['1,Ada', '2,\"A', 'B\"', '3,'], ['f/a.csv'] * 4, [0] * 4, [0, 1, 2, 3]]\n"
        "batch = pyarrow.RecordBatch.from_arrays(lines, ['a', 'b', 'c', 'd'])\n"
        "print([batch.column(1).to_pylist() for batch in judge([batch])][:-1])\n"
    )
    expected = [["1,Ada", '2,"A\nB"'], ["3,"], []]
    assert said_by_worker(task, program) == (f"{expected}\n", "")
