"""What becomes of a row: value by value, then whole deliveries with chance in them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from decimal import Decimal
from typing import Any

import pytest
from conftest import Lake
from pyspark.sql import Row

from jobs.common.conform import Conformed, conform
from jobs.common.contract import Contract, contract_of
from jobs.common.declaration import Source
from jobs.common.landing import read_delivery

DATE = dt.date(2026, 1, 5)
SOURCE = Source("things", "csv", "things/{date}/", {"header": True, "multiLine": True})


def contract(
    columns: dict[str, dict[str, Any]], required: list[str], watermark: str | None = None
) -> Contract:
    platform = {"origin": "platform"}
    return contract_of(
        {
            "$id": "things_bronze",
            "properties": {
                "id": {"type": "string"},
                **columns,
                "_source_file": {"type": "string", "x-dataplat": platform},
                "_unmapped": {
                    "type": ["object", "null"],
                    "additionalProperties": {"type": "string"},
                    "x-dataplat": platform,
                },
                "ingest_date": {"type": "string", "format": "date", "x-dataplat": platform},
            },
            "required": ["id", *required, "_source_file", "ingest_date"],
            "x-dataplat": {
                "layer": "bronze",
                "table": "things",
                "primaryKey": ["id"],
                "partitionedBy": ["ingest_date"],
                "write": "replace-partition",
                **({"watermark": watermark} if watermark else {}),
            },
        }
    )


def conformed(lake: Lake, wanted: Contract, rows: list[list[str]], **more: list[list[str]]) -> Conformed:
    """Deliver rows (the first is the header) as a file; each of `more` is another file of that name."""
    folder = lake.folder / "things"
    folder.mkdir()
    for name, table in {"a": rows, **more}.items():
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(table)
        (folder / f"{name}.csv").write_bytes(text.getvalue().encode())
    delivery = read_delivery(lake.spark, SOURCE, folder.as_uri(), wanted)
    return conform(delivery, wanted, DATE)


def by_id(rows: list[Row]) -> dict[str, Row]:
    return {row["id"]: row for row in rows}


def test_values_become_what_their_type_says(lake: Lake) -> None:
    wanted = contract(
        {
            "day": {"type": ["string", "null"], "format": "date"},
            "at": {"type": ["string", "null"], "format": "date-time"},
            "whole": {"type": ["integer", "null"]},
            "number": {"type": ["number", "null"]},
            "money": {"type": ["number", "null"], "x-dataplat": {"type": "decimal(6,2)"}},
            "flag": {"type": ["boolean", "null"]},
            "text": {"type": ["string", "null"]},
        },
        [],
    )
    names = ["id", "day", "at", "whole", "number", "money", "flag", "text"]
    utc = dt.timezone.utc
    good: list[tuple[list[str], list[Any]]] = [
        (["1", "2026-02-28", "2026-01-05T08:00:00Z", "12", "1.5", "1234.50", "true", " kept "],
         [dt.date(2026, 2, 28), dt.datetime(2026, 1, 5, 8, tzinfo=utc), 12, 1.5, Decimal("1234.50"), True, " kept "]),
        (["2", " 0001-01-01 ", "2026-01-05 08:00:00.25+02:00", "-7", "1e3", "-0.10", "FALSE", "a\nb"],
         [dt.date(1, 1, 1), dt.datetime(2026, 1, 5, 6, 0, 0, 250000, tzinfo=utc), -7, 1000.0, Decimal("-0.10"), False,
          "a\nb"]),
        (["3", "", "  ", "9223372036854775807", ".5", "0009999.990", "True", 'say "hi"'],
         [None, None, 9223372036854775807, 0.5, Decimal("9999.99"), True, 'say "hi"']),
        (["4", "2024-02-29", "2026-01-05T23:59:59-01:00", "", "", "", "", ""],
         [dt.date(2024, 2, 29), dt.datetime(2026, 1, 6, 0, 59, 59, tzinfo=utc), None, None, None, None, None]),
    ]  # fmt: skip
    result = conformed(lake, wanted, [names, *(delivered for delivered, _ in good)])
    assert result.rejected().collect() == []
    # Timestamps as seconds: Python's own datetimes would be in this machine's zone.
    accepted = by_id(result.accepted().selectExpr("*", "cast(at as double) seconds").collect())
    for (key, *_), (day, at, *others) in good:
        row = accepted[key]
        assert row["day"] == day
        assert row["seconds"] == (at and at.timestamp())
        assert [row[name] for name in names[3:]] == others


BAD = {
    "day": [
        "2026-02-30",
        "2026-2-3",
        "05.01.2026",
        "2026-01-05T00:00:00Z",
        "0000-00-00",
        "0000-12-31",  # no year that all who read the table know
        "2026",
        "today",
        "٢٠٢٦-٠١-٠٥",
    ],
    "at": [
        "2026-01-05T08:00:00",
        "2026-01-05",
        "2026-01-05T25:00:00Z",
        "2026-01-05T08:60:00Z",
        "2026-01-05T08:00:00+99:00",
        "2026-01-05T08:00Z",
        "1767600000",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    ],
    "whole": ["1.0", "1e3", "9223372036854775808", "0x1F", "1 000", "one"],
    "number": ["1,5", "NaN", "Infinity", "1e999", "1.5f", "."],
    "money": ["10000.00", "1.005", "1e2", "1,00", "."],
    "flag": ["yes", "1", "t", "wahr"],
}


def test_values_that_are_not_of_their_type_are_rejected(lake: Lake) -> None:
    wanted = contract(
        {
            "day": {"type": ["string", "null"], "format": "date"},
            "at": {"type": ["string", "null"], "format": "date-time"},
            "whole": {"type": ["integer", "null"]},
            "number": {"type": ["number", "null"]},
            "money": {"type": ["number", "null"], "x-dataplat": {"type": "decimal(6,2)"}},
            "flag": {"type": ["boolean", "null"]},
        },
        [],
    )
    names = ["id", *BAD]
    rows = [
        [f"{column} {value}", *(value if name == column else "" for name in BAD)]
        for column, values in BAD.items()
        for value in values
    ]
    result = conformed(lake, wanted, [names, *rows])
    assert [row["id"] for row in result.accepted().collect()] == []
    rejected = {row["_raw"]["id"]: row["_reasons"] for row in result.rejected().collect()}
    assert rejected == {row[0]: [f"type:{row[0].split(' ')[0]}"] for row in rows}


def test_rules_are_those_of_json_schema(lake: Lake) -> None:
    wanted = contract(
        {
            "code": {"type": ["string", "null"], "pattern": "^[A-Z]{2}$"},
            "name": {"type": ["string", "null"], "minLength": 2, "maxLength": 3},
            "kind": {"type": ["string", "null"], "enum": ["a", "b", None]},
            "share": {"type": ["integer", "null"], "minimum": 0, "maximum": 100},
            "ratio": {"type": ["number", "null"], "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        },
        ["code"],
    )
    names = ["id", "code", "name", "kind", "share", "ratio"]
    cases = [
        (["ok", "DE", "ÄÖ", "a", "0", "0.5"], []),
        (["nulls", "", "", "", "", ""], []),
        (["top", "FR", "𝒳yz", "b", "100", "0.999"], []),
        (["break", "DE\n", "", "", "", ""], ["pattern:code"]),
        (["low", "de", "x", "A", "-1", "0"],
         ["pattern:code", "minLength:name", "enum:kind", "minimum:share", "exclusiveMinimum:ratio"]),
        (["high", "DEU", "wxyz", "c", "101", "1"],
         ["pattern:code", "maxLength:name", "enum:kind", "maximum:share", "exclusiveMaximum:ratio"]),
    ]  # fmt: skip
    result = conformed(lake, wanted, [names, *(row for row, _ in cases)])
    assert {row["id"] for row in result.accepted().collect()} == {
        row[0] for row, reasons in cases if not reasons
    }
    rejected = {row["_raw"]["id"]: row["_reasons"] for row in result.rejected().collect()}
    assert rejected == {row[0]: reasons for row, reasons in cases if reasons}


def test_a_rejected_row_keeps_every_value_and_every_reason(lake: Lake) -> None:
    wanted = contract(
        {"name": {"type": "string"}, "day": {"type": "string", "format": "date"}}, ["name", "day"]
    )
    result = conformed(
        lake, wanted, [["day", "extra.col`", "id", "name"], ["31.12.", "more\nthan a line", "", " "]]
    )
    (row,) = result.rejected().collect()
    assert row["_reasons"] == ["required:id", "required:name", "type:day"]
    assert row["_raw"] == {"day": "31.12.", "extra.col`": "more\nthan a line", "id": "", "name": " "}
    assert row["_source_file"].endswith("/things/a.csv")
    assert row["ingest_date"] == DATE


def test_the_latest_of_equal_keys_stays_and_then_the_last_delivered(lake: Lake) -> None:
    wanted = contract(
        {"n": {"type": "string"}, "at": {"type": "string", "format": "date-time"}}, ["n", "at"], "at"
    )
    early, late = "2026-01-05T08:00:00Z", "2026-01-05T09:00:00Z"
    result = conformed(
        lake,
        wanted,
        [
            ["id", "n", "at"],
            ["k", "late", late],
            ["k", "early", early],
            ["same", "first", late],
            ["same", "last", late],
        ],
        b=[["id", "n", "at"], ["same", "other file", late]],
    )
    assert {row["id"]: row["n"] for row in result.accepted().collect()} == {"k": "late", "same": "other file"}
    rejected = [(row["_raw"]["n"], row["_reasons"]) for row in result.rejected().collect()]
    assert sorted(rejected) == [(name, ["duplicate:id"]) for name in ("early", "first", "last")]


def test_a_broken_row_does_not_displace_a_sound_one(lake: Lake) -> None:
    wanted = contract(
        {"at": {"type": "string", "format": "date-time"}, "n": {"type": "integer"}}, ["at", "n"], "at"
    )
    result = conformed(
        lake,
        wanted,
        [["id", "at", "n"], ["k", "2026-01-05T08:00:00Z", "1"], ["k", "2026-01-05T09:00:00Z", "one"]],
    )
    assert [row["n"] for row in result.accepted().collect()] == [1]
    assert [row["_reasons"] for row in result.rejected().collect()] == [["type:n"]]


def test_unknown_columns_go_to_unmapped_and_platform_columns_cannot_be_delivered(lake: Lake) -> None:
    wanted = contract({}, [])
    result = conformed(
        lake,
        wanted,
        [["id", "Colour", "ingest_date"], ["1", "red", "1999-01-01"], ["2", " ", ""]],
        b=[["id"], ["3"]],
    )
    accepted = by_id(result.accepted().collect())
    assert accepted["1"]["_unmapped"] == {"Colour": "red", "ingest_date": "1999-01-01"}
    assert accepted["2"]["_unmapped"] is None
    assert accepted["3"]["_unmapped"] is None
    assert {row["ingest_date"] for row in accepted.values()} == {DATE}
    assert result.counts.unmapped == {"Colour": 1, "ingest_date": 1}


def test_texts_that_the_source_declares_as_nulls_are_missing_values(lake: Lake) -> None:
    wanted = contract(
        {"name": {"type": "string"}, "n": {"type": ["integer", "null"]}, "t": {"type": ["string", "null"]}},
        ["name"],
    )
    folder = lake.folder / "things"
    folder.mkdir()
    rows = [
        "id,name,n,t,extra",
        r"1,\N, NULL ,\N,\N",
        r'2,Null,"NULL",NULLS,NULL',
        "3,x,null, NULL ,x",
    ]
    (folder / "a.csv").write_text("\n".join(rows), encoding="utf-8")
    source = Source("things", "csv", "things/{date}/", {"nulls": ["\\N", "NULL"]})
    result = conform(read_delivery(lake.spark, source, folder.as_uri(), wanted), wanted, DATE)
    (accepted,) = result.accepted().collect()
    assert (accepted["name"], accepted["n"], accepted["t"], accepted["_unmapped"]) == (
        "Null",
        None,
        "NULLS",
        None,
    )
    rejected = {row["_raw"]["id"]: (row["_reasons"], row["_raw"]) for row in result.rejected().collect()}
    assert {key: reasons for key, (reasons, _) in rejected.items()} == {
        "1": ["required:name"],
        "3": ["type:n"],
    }
    assert rejected["1"][1] == {"id": "1", "name": "\\N", "n": " NULL ", "t": "\\N", "extra": "\\N"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_row_is_written_or_quarantined_once_whatever_is_delivered(lake: Lake, seed: int) -> None:
    wanted = contract(
        {
            "day": {"type": "string", "format": "date"},
            "n": {"type": ["integer", "null"], "minimum": 0},
            "t": {"type": ["string", "null"], "enum": ["a", "b", None]},
        },
        ["day"],
    )
    chance = random.Random(seed)
    pieces = [
        "",
        " ",
        "a",
        "b",
        "x,y",
        'q"q',
        '"',
        "l\nm",
        "l\r\nm",
        "1",
        "-1",
        "2026-01-05",
        "2026-99-01",
        "ü",
        "\\",
        "'",
    ]
    rows = [
        [str(chance.randrange(60)), *(chance.choice(pieces) for _ in range(3)), str(number)]
        for number in range(200)
    ]
    result = conformed(lake, wanted, [["id", "day", "n", "t", "number"], *rows])
    accepted, rejected, counts = result.accepted().collect(), result.rejected().collect(), result.counts
    numbers = [int(row["_unmapped"]["number"]) for row in accepted]
    numbers += [int(row["_raw"]["number"]) for row in rejected]
    assert sorted(numbers) == list(range(200))
    assert (counts.read, counts.rejected) == (200, len(rejected))
    assert len({row["id"] for row in accepted}) == len(accepted)
    for row in rejected:  # every value as it was delivered
        delivered = dict(zip(["id", "day", "n", "t", "number"], rows[int(row["_raw"]["number"])]))
        assert row["_raw"] == delivered
