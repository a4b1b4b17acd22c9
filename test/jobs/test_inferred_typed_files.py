"""`contract infer` declares Parquet by its schema and its rows, and an ingest takes the files without losing a row."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import DAY, Lake
from test_inferred_contracts import folder_of, inferring, ingested, told, types

from jobs.common.errors import JobError
from jobs.ingest import files_ingest

UTC = dt.timezone.utc
NOON = dt.datetime(2026, 1, 5, 12, 0, 0, 250)
COUNT = 300


def drawn_columns() -> dict[str, Any]:
    """A column of each type that Spark reads, with gaps in most."""
    some = [row % 7 != 3 for row in range(COUNT)]

    def of(kind: Any, values: list[Any]) -> Any:
        return pa.array([value if there else None for value, there in zip(values, some)], kind)

    rows = range(COUNT)
    return {
        "OrderID": pa.array([Decimal(10**20 + row) for row in rows], pa.decimal128(38, 0)),
        "small": of(pa.int8(), [row % 100 - 50 for row in rows]),
        "large": of(pa.int64(), [-(2**63) + row for row in rows]),
        "unsigned": of(pa.uint32(), [2**32 - 1 - row for row in rows]),
        "beyond": of(pa.uint64(), [2**64 - 1 - row for row in rows]),
        "amount": of(pa.decimal128(9, 2), [Decimal(row) / 100 - 1 for row in rows]),
        "short": of(pa.decimal128(30, 4), [Decimal(row) / 16 for row in rows]),
        "rate": of(pa.float32(), [row / 3 for row in rows]),
        "ratio": of(pa.float64(), [row / 3 for row in rows]),
        "day": of(pa.date32(), [dt.date(1, 1, 1) + dt.timedelta(days=row * 12_000) for row in rows]),
        "at": of(pa.timestamp("us", "UTC"), [NOON - dt.timedelta(days=row * 900) for row in rows]),
        "pandas_at": of(pa.timestamp("ns", "UTC"), [NOON + dt.timedelta(hours=row) for row in rows]),
        "at_ms": of(pa.timestamp("ms", "Europe/Berlin"), [dt.datetime(2026, 1, 5, 12)] * COUNT),
        "local": of(pa.timestamp("us"), [NOON + dt.timedelta(hours=row) for row in rows]),
        "open": of(pa.bool_(), [row % 2 == 0 for row in rows]),
        "zip": of(pa.string(), [f"{row:05d}" for row in rows]),
        "kind": of(pa.string(), [["x", "y", "NA"][row % 3] for row in rows]).dictionary_encode(),
        "told": of(pa.string(), [f"{row % 28 + 1}/{row % 12 + 1}/2026" for row in rows]),
        "nothing": pa.nulls(COUNT),
        "lines": of(pa.list_(pa.struct([("sku", pa.string())])), [[{"sku": "a"}]] * COUNT),
        "bytes": of(pa.binary(), [b"\xff"] * COUNT),
    }


INFERRED = {
    "order_id": "decimal(38,0)",
    "small": "bigint",
    "large": "bigint",
    "unsigned": "bigint",
    "beyond": "decimal(20,0)",
    "amount": "decimal(9,2)",
    "short": "decimal(30,4)",
    "rate": "double",
    "ratio": "double",
    "day": "date",
    "at": "timestamp",
    "pandas_at": "timestamp",
    "at_ms": "timestamp",
    "local": "timestamp",
    "open": "boolean",
    "zip": "string",
    "kind": "string",
    "told": "date",
    "nothing": "string",
}


@pytest.mark.parametrize(
    ("how", "row_group"),
    [
        ({"compression": "zstd", "version": "2.6"}, 70),
        pytest.param({"compression": "snappy", "data_page_version": "2.0"}, 1000, marks=pytest.mark.heavy),
        pytest.param(
            {
                "compression": "gzip",
                "use_dictionary": False,
                "version": "2.6",
                "store_decimal_as_integer": True,
            },
            100,
            marks=pytest.mark.heavy,
        ),
        pytest.param({"compression": "none", "version": "1.0"}, 100, marks=pytest.mark.heavy),
    ],
)
def test_each_type_of_parquet_keeps_every_row(
    lake: Lake, tmp_path: Path, how: dict[str, Any], row_group: int
) -> None:
    columns = drawn_columns()
    file = tmp_path / "drawn.parquet"
    pq.write_table(pa.table(columns), file, row_group_size=row_group, **how)
    declaration, result = ingested(lake, file, "--timezone", "Europe/Berlin", "--overlap", "earlier")

    assert (result.rows_read, result.rows_written, result.rows_quarantined) == (COUNT, COUNT, 0)
    assert types(declaration) == INFERRED
    contract = declaration.contract("drawn_bronze")
    assert contract.primary_key == ("order_id",)
    assert [column.name for column in contract.source_columns if not column.nullable] == ["order_id"]
    gaps = sum(row % 7 == 3 for row in range(COUNT))
    assert set(result.unmapped) == {"lines", "bytes"}
    kept = {row["order_id"]: row for row in lake.rows("drawn")}
    assert len(kept) == COUNT
    table = pa.table(columns).to_pylist()
    for delivered in table:
        row = kept[delivered["OrderID"]]
        for name in (
            "small",
            "large",
            "unsigned",
            "beyond",
            "amount",
            "short",
            "ratio",
            "open",
            "zip",
            "kind",
        ):
            assert row[name] == delivered[name], name
        assert row["day"] == delivered["day"]
    first = kept[Decimal(10**20)]
    assert first["local"].astimezone(UTC) == (NOON - dt.timedelta(hours=1)).replace(tzinfo=UTC)
    assert json.loads(first["_unmapped"]["lines"]) == [{"sku": "a"}]
    properties = schema_of(lake)["properties"]
    assert properties["small"]["description"] == f"{gaps} of {COUNT} empty ({100 * gaps / COUNT:.1f} %)."
    assert "lines, bytes" in properties["_unmapped"]["description"]


def schema_of(lake: Lake) -> dict[str, Any]:
    written = lake.folder / "project" / "config" / "schemas" / "drawn_bronze.json"
    found: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
    return found


def test_what_no_table_holds_is_said_before_a_run_quarantines_it(lake: Lake, tmp_path: Path) -> None:
    """As the run counts them: no number, moments between two microseconds, years of five figures."""
    file = tmp_path / "drawn.parquet"
    far = 7_000_000
    columns = {
        "id": pa.array([1, 2, 3, 4, 5]),
        "rate": pa.array([float("nan"), float("inf"), 0.5, None, 1.0]),
        "fine": pa.array([1000, 2000, 3001, None, -1], pa.timestamp("ns", "UTC")),
        "day": pa.array([1, 2, 3, far, None], pa.int32()).cast(pa.date32()),
    }
    pq.write_table(pa.table(columns), file)
    _, result = ingested(lake, file)
    assert (result.rows_read, result.rows_written, result.rows_quarantined) == (5, 0, 5)
    assert result.reasons == {"type:rate": 2, "type:fine": 2, "type:day": 1}
    told = {name: each["description"] for name, each in schema_of(lake)["properties"].items()}
    assert "2 no number, or infinite: quarantine" in told["rate"]
    assert "2 between two microseconds: quarantine" in told["fine"]
    assert "1 of a year that is none of 1 to 9999: quarantine" in told["day"]


def test_a_file_without_rows_says_its_types(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "drawn.parquet"
    schema = pa.schema(
        [
            pa.field("id", pa.int64()),
            pa.field("note", pa.string()),
            pa.field("day", pa.date32(), nullable=False),
        ]
    )
    pq.write_table(schema.empty_table(), file)
    declaration, result = ingested(lake, file, "--key", "id")
    assert (result.rows_read, result.rows_written) == (0, 0)
    assert types(declaration) == {"id": "bigint", "note": "string", "day": "date"}
    columns = declaration.contract("drawn_bronze").source_columns
    assert {column.name: column.nullable for column in columns} == {"id": False, "note": True, "day": False}


def test_what_pandas_writes_is_taken(lake: Lake, tmp_path: Path) -> None:
    """An index, categories, gaps, and moments without a zone, which ask for one."""
    frame = pandas.DataFrame(
        {
            "sku": pandas.Categorical(["x", "y", "z"]),
            "at": pandas.to_datetime(["2026-01-05 10:00", None, "2026-10-25 02:30"]),
            "whole": pandas.array([7, None, 20260105], dtype="Int64"),
            "mail": ["ann@example.com", None, "bob@example.com"],
            "empty": [None, None, None],
        },
        index=pandas.Index([3, 4, 5], name="row"),
    )
    file = tmp_path / "drawn.parquet"
    frame.to_parquet(file)
    flags = ["--timezone", "Europe/Berlin", "--overlap", "later"]
    declaration, result = ingested(lake, file, *flags)
    assert (result.rows_written, result.rows_quarantined) == (3, 0)
    assert types(declaration) == {
        "sku": "string",
        "at": "timestamp",
        "whole": "bigint",
        "mail": "string",
        "empty": "string",
        "row": "bigint",
    }
    kept = {row["sku"]: row["at"] for row in lake.rows("drawn")}
    assert kept["x"].astimezone(UTC) == dt.datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert kept["z"].astimezone(UTC) == dt.datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def wide_decimal() -> Any:
    return pa.array([Decimal(10**40)], pa.decimal256(45, 0))


@pytest.mark.parametrize(
    ("column", "how", "said"),
    [
        (pa.array([dt.time(12)]), {}, 'its column "x" has times of day, which no run reads'),
        pytest.param(
            pa.array([[dt.time(12)]]),
            {},
            'its column "x.list.element" has times of day',
            marks=pytest.mark.heavy,
        ),
        pytest.param(
            wide_decimal(), {}, 'its column "x" has decimals of 45 figures', marks=pytest.mark.heavy
        ),
        (
            pa.array(["x"]),
            {"compression": "brotli"},
            'its column "id" is packed by BROTLI, which no run unpacks',
        ),
    ],
)
def test_what_no_run_reads_is_refused_by_both(
    lake: Lake, tmp_path: Path, column: Any, how: dict[str, Any], said: str
) -> None:
    file = tmp_path / "drawn.parquet"
    pq.write_table(pa.table({"id": [1], "x": column}), file, **how)
    done = told(lake, file)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr

    pq.write_table(pa.table({"id": [1], "x": ["text"]}), file)
    declaration = inferring(lake, file)
    folder_of(lake).mkdir(parents=True)
    pq.write_table(pa.table({"id": [1], "x": column}), folder_of(lake) / "drawn.parquet", **how)
    with pytest.raises(JobError):
        files_ingest.run(lake.context("drawn", DAY, declaration=declaration))


@pytest.mark.heavy
def test_a_file_that_cannot_be_read_is_told(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "drawn.parquet"
    pq.write_table(pa.table({"id": [f"{number:032x}" for number in range(3000)]}), file, use_dictionary=False)
    whole = file.read_bytes()
    for content, said in (
        (b"", "it is empty"),
        (b"id,name\n1,x\n", "its ending says Parquet, and it does not begin as that does"),
        (whole[:-30], "it is cut short: it does not end as Parquet does"),
        (whole[:2000] + whole[-1000:], "it is damaged"),
        (whole[:-8] + b"\xff\xff\xff\x7fPAR1", "it is damaged"),
        (b"PARE" + whole[4:-4] + b"PARE", "it is encrypted"),
        (whole[:-4] + b"PARE", "it is encrypted"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "it is protected by a password"),
    ):
        file.write_bytes(content)
        done = told(lake, file)
        assert done.returncode == 2
        assert f"drawn.parquet cannot be read: {said}" in done.stderr
        assert "DP2013" in done.stderr
        assert "nothing was written" in done.stderr
    for name, content, said in (
        ("drawn.csv", whole, "its ending says .csv, and it is Parquet"),
        ("drawn.parquet.gz", whole, "it is packed as a whole"),
        ("drawn.xml", b"<?xml version='1.0'?><a/>", "it is XML, in which nothing says what a row is"),
    ):
        other = tmp_path / name
        other.write_bytes(content)
        done = told(lake, other)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
