"""Delivered JSON, an object a line or all in one array: read as it is written, either way."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from conftest import Lake

from jobs.common.contract import Contract, contract_of
from jobs.common.declaration import Source
from jobs.common.delivery import MALFORMED, SOURCE_FILE, Delivery
from jobs.common.errors import LandingDamagedError, SourceSchemaError
from jobs.common.json_files import read_json_delivery

OBJECTS = [
    r'{"id": 9007199254740993, "amount": 1.10, "note": "a, \"b\" ]}[ 1.50", "of": {"x": [1.0, {"y": null}]}}',
    '{"id": 2, "amount": 1E2, "note": "\\u00e4\\n", "more": true}',
    '{"id": 3, "amount": 100000000000000000.01, "note": null}',
]
BROKEN = ['{"id": 4, "id": 5}', "7", '[{"id": 8}]']


@pytest.fixture(scope="module")
def contract() -> Contract:
    def column(kind: str, **more: object) -> dict[str, Any]:
        return {"type": kind, "description": "x", **more}

    return contract_of(
        {
            "$id": "drawn_bronze",
            "properties": {
                "id": column("integer"),
                "amount": column("number", **{"x-dataplat": {"type": "decimal(30,2)"}}),
                "note": column("string"),
            },
            "required": ["id"],
            "x-dataplat": {
                "layer": "bronze",
                "table": "drawn",
                "primaryKey": ["id"],
                "partitionedBy": [],
                "write": "replace-partition",
            },
        }
    )


def read(lake: Lake, contract: Contract, content: bytes, name: str = "a.json", **options: object) -> Delivery:
    folder = lake.folder / "landing" / "drawn"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    source = Source("drawn", "json", "drawn/", options)
    return read_json_delivery(lake.spark, source, folder.as_uri(), contract)


def rows(delivery: Delivery) -> list[tuple[Any, ...]]:
    raw = dict(delivery.raw())
    columns = [*(raw[name] for name in ("id", "amount", "note")), str(delivery.unknown), MALFORMED]
    return [tuple(row) for row in delivery.frame.select(*columns).collect()]


@pytest.mark.parametrize("array", [False, True])
def test_a_file_is_called_what_it_was_delivered_as(lake: Lake, contract: Contract, array: bool) -> None:
    content = f"[{OBJECTS[0]}]" if array else OBJECTS[0]
    delivery = read(lake, contract, content.encode(), "Kunden 1+2, März 100%.json", array=array)
    (row,) = delivery.frame.select(SOURCE_FILE).collect()
    assert row[SOURCE_FILE].endswith("/landing/drawn/Kunden 1+2, März 100%.json")


def test_an_array_is_read_as_lines_are(lake: Lake, contract: Contract) -> None:
    lines = rows(read(lake, contract, "\n".join(OBJECTS).encode()))
    assert lines == [
        ("9007199254740993", "1.10", 'a, "b" ]}[ 1.50', {"of": '{"x":[1.0,{"y":null}]}'}, None),
        ("2", "100.000000000000000000", "ä\n", {"more": "true"}, None),
        ("3", "100000000000000000.01", None, None, None),
    ]
    for array, encoding in (
        ("[" + ",".join(OBJECTS) + "]", "utf-8"),
        ("\ufeff [\r\n" + "\n ,\n".join(OBJECTS) + "\n]\n", "utf-8"),
        ("\ufeff[" + ",\r\n".join(OBJECTS) + "]", "utf-16-le"),
    ):
        options = {"encoding": "utf-16"} if encoding != "utf-8" else {}
        assert rows(read(lake, contract, array.encode(encoding), array=True, **options)) == lines
    packed = gzip.compress(("[" + ",".join(OBJECTS) + "]").encode())
    (lake.folder / "landing" / "drawn" / "a.json").unlink()
    assert rows(read(lake, contract, packed, "a.json.gz", array=True)) == lines


def test_what_is_no_object_is_malformed_by_itself(lake: Lake, contract: Contract) -> None:
    array = "[" + ",".join([*OBJECTS, *BROKEN, '{"id": 1.50, "id": 2}']) + "]"
    found = rows(read(lake, contract, array.encode(), array=True))
    assert [row[4] for row in found] == [
        None,
        None,
        None,
        '{"id":4,"id":5}',
        "7",
        '[{"id":8}]',
        '{"id":1.50,"id":2}',
    ]


def test_a_file_that_is_not_one_array_is_refused(lake: Lake, contract: Contract) -> None:
    whole = "[" + ",".join(OBJECTS) + "]"
    for broken in (
        whole[:-1],
        whole + "{}",
        whole + whole,
        OBJECTS[0],
        "",
        '[1],"end":"","all":[2]',
        "[1,]",
        "[01]",
    ):
        with pytest.raises(LandingDamagedError, match=r"a\.json is not one array of JSON"):
            read(lake, contract, broken.encode() or b" x", array=True)


def test_an_array_of_nothing_is_a_day_without_rows(lake: Lake, contract: Contract) -> None:
    assert rows(read(lake, contract, b"[ ]\n", array=True)) == []
    with pytest.raises(SourceSchemaError, match="lacks id"):
        read(lake, contract, b'[{"x": 1}]', array=True)
