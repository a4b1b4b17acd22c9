"""Delivered Parquet and Avro: values come with their types, and land by the declaration alone."""

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
from conftest import Lake
from pyspark.sql import functions as F
from test_conform import by_id, contract

from jobs.common.conform import Conformed, conform
from jobs.common.declaration import Source
from jobs.common.errors import (
    LandingChangedError,
    LandingDamagedError,
    LandingMissingError,
    SourceSchemaError,
)
from jobs.common.landing import reading
from jobs.common.typed_files import read_typed_delivery

DATE = dt.date(2026, 1, 5)
NOON = dt.datetime(2026, 1, 5, 12, 0, 0, 250)
WANTED = contract(
    {
        "day": {"type": ["string", "null"], "format": "date"},
        "at": {"type": ["string", "null"], "format": "date-time"},
        "whole": {"type": ["integer", "null"]},
        "money": {"type": ["number", "null"], "x-dataplat": {"type": "decimal(6,2)"}},
        "text": {"type": ["string", "null"]},
    },
    [],
)


def folder_of(lake: Lake) -> Path:
    folder = lake.folder / "landing" / "typed"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def put(lake: Lake, columns: dict[str, Any], name: str = "a.parquet", **how: Any) -> Path:
    """Write a file of Parquet with these columns."""
    file = folder_of(lake) / name
    pq.write_table(pa.table(columns), file, **how)
    return file


def landed(lake: Lake, kind: str = "parquet", **options: object) -> Conformed:
    source = Source("typed", kind, "typed/", options)
    delivery = read_typed_delivery(lake.spark, source, folder_of(lake).as_uri(), WANTED)
    return conform(delivery, WANTED, DATE)


def accepted(result: Conformed) -> dict[str, dict[str, Any]]:
    rows = by_id(result.accepted().withColumn("micros", F.unix_micros("at")).drop("at").collect())
    return {key: row.asDict() for key, row in rows.items()}


def micros(moment: dt.datetime) -> int:
    return (moment - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)


def require_damage_seen(result: Conformed, said: str) -> None:
    """Damage that is found as rows are read is told by the file's name."""
    delivery, damaged = result.delivery, pytest.raises(LandingDamagedError, match=said)
    spark = delivery.frame.sparkSession
    with damaged, reading(spark, delivery.versions, delivery.selection, delivery.format):
        result.counts  # noqa: B018 -- what is asked is read


def test_what_pandas_writes_lands(lake: Lake) -> None:
    """Moments in nanoseconds, dates, categories, columns without a value, objects within objects."""
    frame = pandas.DataFrame(
        {
            "id": pandas.Categorical(["x", "y"]),
            "day": [dt.date(2026, 1, 5), None],
            "at": pandas.to_datetime([NOON, None]),
            "whole": pandas.array([7, None], dtype="UInt16"),
            "money": [Decimal("1.50"), Decimal("-9999.99")],
            "text": [None, None],
            "of": [{"a": 1, "b": ["c", None]}, None],
        }
    )
    frame.to_parquet(folder_of(lake) / "Kunden 1+2, März 100%.parquet")
    frame.assign(id=["u", "v"], text=["t", None]).to_parquet(folder_of(lake) / "b.parquet")
    result = landed(lake)
    rows = accepted(result)
    assert set(rows) == {"x", "y", "u", "v"}
    for one, other in (("x", "y"), ("u", "v")):
        assert (rows[one]["day"], rows[one]["micros"], rows[one]["whole"], rows[one]["money"]) == (
            dt.date(2026, 1, 5),
            micros(NOON),
            7,
            Decimal("1.50"),
        )
        assert json.loads(rows[one]["_unmapped"]["of"]) == {"a": 1, "b": ["c", None]}
        assert [rows[other][name] for name in ("day", "micros", "whole", "text", "_unmapped")] == [None] * 5
    assert rows["x"]["_source_file"].endswith("/landing/typed/Kunden 1+2, März 100%.parquet")


def test_what_other_programs_write_lands(lake: Lake) -> None:
    """Moments as INT96, decimals as bytes, lists within dictionaries, and a file without rows."""
    moments = pa.array([NOON, None], pa.timestamp("us"))
    put(
        lake,
        {
            "id": pa.array(["a", "b"]).dictionary_encode(),
            "at": moments,
            "whole": pa.array([2**63 - 1, None], pa.uint64()),
            "money": pa.array([Decimal("12.30"), None], pa.decimal128(30, 2)),
            "more": pa.array([[{"x": 1}], []], pa.list_(pa.struct([("x", pa.int8())]))),
        },
        use_deprecated_int96_timestamps=True,
    )
    put(lake, {"id": pa.array([], pa.string())}, "nothing.parquet")
    rows = accepted(landed(lake))
    assert (rows["a"]["micros"], rows["a"]["whole"], rows["a"]["money"]) == (
        micros(NOON),
        2**63 - 1,
        Decimal("12.30"),
    )
    assert {key: row["_unmapped"] for key, row in rows.items()} == {
        "a": {"more": '[{"x":1}]'},
        "b": {"more": "[]"},
    }
    assert [rows["b"][name] for name in ("micros", "whole", "money")] == [None] * 3


def test_days_and_moments_that_no_table_holds_are_quarantined(lake: Lake) -> None:
    """Years beyond those of four digits, and what falls between two microseconds, before 1970 too."""
    far = 7_000_000  # days behind 1970
    fine = pa.array([1_767_614_400_000_000_123, -1, -1000, None], pa.timestamp("ns", "UTC"))
    put(
        lake,
        {
            "id": ["a", "b", "c", "d"],
            "day": pa.array([far, -far, None, -719_162], pa.int32()).cast(pa.date32()),
            "at": fine,
        },
    )
    put(
        lake,
        {
            "id": ["e", "f"],
            "at": pa.array([far * 86_400_000_000, -62_135_596_800_000_000], pa.timestamp("us", "UTC")),
        },
        "b.parquet",
    )
    result = landed(lake)
    rows = accepted(result)
    assert {key: row["micros"] for key, row in rows.items()} == {
        "c": -1,
        "d": None,
        "f": -62_135_596_800_000_000,
    }
    assert rows["d"]["day"] == dt.date(1, 1, 1)
    raw = {row["_raw"]["id"]: row for row in result.rejected().collect()}
    assert {key: row["_reasons"] for key, row in raw.items()} == {
        "a": ["type:day", "type:at"],
        "b": ["type:day", "type:at"],
        "e": ["type:at"],
    }
    assert [raw[key]["_raw"]["at"] for key in ("a", "b")] == [
        "2026-01-05 12:00:00.000000123",
        "1969-12-31 23:59:59.999999999",
    ]
    assert raw["a"]["_raw"]["day"].startswith("+21135-")


def test_files_of_a_day_may_differ_in_columns_and_not_in_types(lake: Lake) -> None:
    put(lake, {"id": ["a"], "whole": [1], "_metadata": ["m"]})
    put(lake, {"text": ["t"], "id": ["b"], "_position": [1]}, "b.parquet")
    put(lake, {"id": ["c"], "whole": pa.nulls(1)}, "c.parquet")
    rows = accepted(landed(lake))
    assert {key: (row["whole"], row["text"], row["_unmapped"]) for key, row in rows.items()} == {
        "a": (1, None, {"_metadata": "m"}),
        "b": (None, "t", {"_position": "1"}),
        "c": (None, None, None),
    }
    put(lake, {"id": ["d"], "whole": [1.5]}, "d.parquet")
    with pytest.raises(
        SourceSchemaError, match=r"the column whole is bigint in \S+/a\.parquet and double in \S+/d\.parquet"
    ):
        landed(lake)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"text": ["x"]}, r"a\.parquet lacks id"),
        ({"ID": ["x"], "id": ["x"]}, r"a\.parquet has id twice"),
        ({"id": ["x"], "Text": ["x"]}, r"a\.parquet has Text, in the contract"),
        ({"id": ["x"], "text": [dt.time(12)]}, r"a\.parquet has a type that is not read here \(.*TIME"),
    ],
)
def test_a_schema_that_says_nothing_reliable_is_refused(
    lake: Lake, columns: dict[str, Any], said: str
) -> None:
    put(lake, columns)
    with pytest.raises(SourceSchemaError, match=said):
        landed(lake)


def test_texts_go_by_what_the_source_declares_as_nulls(lake: Lake) -> None:
    put(lake, {"id": ["a"], "text": ["n/a"], "whole": ["7"], "more": ["n/a"]})
    rows = accepted(landed(lake, nulls=["n/a"], include=["*.parquet"]))
    assert (rows["a"]["text"], rows["a"]["whole"], rows["a"]["_unmapped"]) == (None, 7, None)


def test_a_damaged_file_is_named_wherever_the_damage_is(lake: Lake) -> None:
    put(lake, {"id": ["a"]})
    texts = [f"{number:032x}" for number in range(5000)]
    file = put(lake, {"id": texts}, "b.parquet", write_page_checksum=True, use_dictionary=False)
    content = file.read_bytes()
    for broken in (b"", b"id\na\n", content[:-20], b"PAR1" + content[-9:-4] + b"\xff" * 4 + b"PAR1"):
        file.write_bytes(broken)
        with pytest.raises(
            LandingDamagedError, match=r"b\.parquet is no Parquet, or it is cut short or damaged"
        ):
            landed(lake)
    middle = len(content) // 3
    file.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    result = landed(lake)
    assert len(result.delivery.versions) == 2
    require_damage_seen(result, r"b\.parquet is damaged, or holds what cannot be read")


def test_the_rules_of_the_folder_are_those_of_all_files(lake: Lake) -> None:
    file = put(lake, {"id": ["a"]})
    (folder_of(lake) / "_SUCCESS").touch()
    result = landed(lake)
    (warning,) = result.delivery.warnings
    assert "_SUCCESS is no delivery" in warning
    with (
        pytest.raises(LandingChangedError, match=r"a\.parquet changed while it was read"),
        reading(lake.spark, result.delivery.versions),
    ):
        put(lake, {"id": ["a", "b"]})
    file.unlink()
    with pytest.raises(LandingMissingError):
        landed(lake)


def test_avro_lands_as_parquet_does(lake: Lake) -> None:
    """Written by Spark, for no other library here writes it."""

    def put_avro(sql: str, name: str) -> Path:
        frame = lake.spark.sql(sql)
        made = lake.folder / "made"
        frame.coalesce(1).write.format("avro").mode("overwrite").save(made.as_uri())
        (part,) = made.glob("*.avro")
        return part.rename(folder_of(lake) / name)

    put_avro(
        "select 'a' id, date'2026-01-05' day, timestamp'2026-01-05 12:00:00.00025 UTC' at, 7 whole, "
        "1.50bd money, named_struct('x', array(1, 2)) more",
        "a.avro",
    )
    put_avro("select 'b' id, timestamp'20226-01-05 12:00:00 UTC' at, 'x' text", "b.avro")
    result = landed(lake, "avro")
    (row,) = accepted(result).values()
    assert (row["day"], row["micros"], row["whole"], row["money"], row["_unmapped"]) == (
        dt.date(2026, 1, 5),
        micros(NOON),
        7,
        Decimal("1.50"),
        {"more": '{"x":[1,2]}'},
    )
    assert row["_source_file"].endswith("/landing/typed/a.avro")
    (rejected,) = result.rejected().collect()
    assert (rejected["_reasons"], rejected["_raw"]["text"]) == (["type:at"], "x")
    file = put_avro("select cast(id as string) id from range(2000)", "b.avro")
    content = file.read_bytes()
    for broken in (b"", b"id\n", content[:20]):
        file.write_bytes(broken)
        with pytest.raises(LandingDamagedError, match=r"b\.avro is no Avro"):
            landed(lake, "avro")
    file.write_bytes(content[:-30])
    with pytest.raises(LandingDamagedError, match=r"b\.avro is cut short"):
        landed(lake, "avro")
    middle = len(content) // 2
    file.write_bytes(content[:middle] + bytes(1000) + content[middle + 1000 :])
    require_damage_seen(landed(lake, "avro"), r"b\.avro is damaged")
