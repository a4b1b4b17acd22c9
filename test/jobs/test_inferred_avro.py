"""`contract infer` declares Avro by the schema in its header and its records, and an ingest takes them without losing a
row. Spark writes the files, for no other library here does.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import Lake
from test_inferred_contracts import ingested, told, types

COUNT = 3000
COLUMNS = """
    cast(id as string) || '-x' sku, id * 3000000000000001 large, cast(id as int) small, id % 2 = 0 open,
    cast(id / 3 as float) rate, id / 3 ratio, cast(id as decimal(9,2)) amount, cast(id as decimal(38,0)) wide,
    date_add(date'2026-01-05', cast(id % 300 as int)) day,
    timestamp_micros(1767614400000250 + id * 1000000) at,
    timestamp_ntz'2026-01-05 12:00:00.25' local,
    if(id % 3 = 0, null, '0' || id) code, array(1, 2) list, map('a', array(named_struct('b', id))) of,
    named_struct('x', id, 'y', array('z', null)) within, cast('x' as binary) bytes, cast(null as string) empty
"""


def put_avro(lake: Lake, file: Path, sql: str, codec: str = "snappy") -> Path:
    made = lake.folder / "made"
    frame = lake.spark.sql(sql).coalesce(1)
    frame.write.format("avro").option("compression", codec).mode("overwrite").save(made.as_uri())
    (part,) = made.glob("*.avro")
    return part.rename(file)


@pytest.mark.parametrize(
    "codec",
    [
        "snappy",
        pytest.param("uncompressed", marks=pytest.mark.heavy),
        pytest.param("deflate", marks=pytest.mark.heavy),
        pytest.param("zstandard", marks=pytest.mark.heavy),
    ],
)
def test_each_type_of_avro_keeps_every_row(lake: Lake, tmp_path: Path, codec: str) -> None:
    file = put_avro(lake, tmp_path / "drawn.avro", f"select {COLUMNS} from range({COUNT})", codec)
    declaration, result = ingested(lake, file, "--timezone", "Europe/Berlin")
    assert (result.rows_read, result.rows_written, result.rows_quarantined) == (COUNT, COUNT, 0)
    assert types(declaration) == {
        "sku": "string",
        "large": "bigint",
        "small": "bigint",
        "open": "boolean",
        "rate": "double",
        "ratio": "double",
        "amount": "decimal(9,2)",
        "wide": "decimal(38,0)",
        "day": "date",
        "at": "timestamp",
        "local": "timestamp",
        "code": "string",
        "empty": "string",
    }
    contract = declaration.contract("drawn_bronze")
    assert contract.primary_key == ("sku",)
    assert [column.name for column in contract.source_columns if column.nullable] == ["code", "empty"]
    assert set(result.unmapped) == {"list", "of", "within", "bytes"}
    kept = {row["sku"]: row for row in lake.rows("drawn")}
    row = kept["2999-x"]
    assert (row["large"], row["wide"], row["amount"]) == (
        2999 * 3000000000000001,
        Decimal(2999),
        Decimal(2999),
    )
    assert json.loads(row["_unmapped"]["within"]) == {"x": 2999, "y": ["z", None]}


def test_a_file_without_rows_says_its_types(lake: Lake, tmp_path: Path) -> None:
    file = put_avro(lake, tmp_path / "drawn.avro", "select id, cast(null as string) note from range(0)")
    declaration, result = ingested(lake, file, "--key", "id")
    assert (result.rows_read, types(declaration)) == (0, {"id": "bigint", "note": "string"})


def test_a_file_that_cannot_be_read_is_told(lake: Lake, tmp_path: Path) -> None:
    whole = put_avro(
        lake, tmp_path / "drawn.avro", "select cast(id as string) id from range(3000)"
    ).read_bytes()
    file = tmp_path / "drawn.avro"
    middle = len(whole) // 2
    for content, said in (
        (b"id\n", "its ending says Avro, and it does not begin as that does"),
        (whole[:20], "it is damaged"),
        (whole[:-30], "it is cut short: it ends within a block"),
        (whole[:middle] + whole[middle + 1000 :], "it is damaged"),
        (whole.replace(b"snappy", b"bzip2 "), "it is packed by bzip2"),
        (whole.replace(b'"record"', b'"recorx"'), "it holds no records"),
    ):
        file.write_bytes(content)
        done = told(lake, file)
        assert f"drawn.avro cannot be read: {said}" in done.stderr
        assert (done.returncode, "DP2013" in done.stderr) == (2, True)
