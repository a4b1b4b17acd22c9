"""Other spellings than the contract's, as columns declare them: what each text is, by hand."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from decimal import Decimal
from typing import Any

import pyarrow
import pytest
from conftest import Lake
from pyspark.sql import functions as F
from test_conform import contract

from jobs.common.conform import conform
from jobs.common.delivery import delivery_of
from jobs.common.errors import DeclarationError, SourceSchemaError
from jobs.common.messages import MESSAGE, delivery_of_messages
from jobs.common.sound_times import clock_of_java
from jobs.common.sound_values import field_of, judge

DATE = dt.date(2026, 1, 5)
UTC = dt.timezone.utc
BROKEN = "broken"
JSON_TYPES: dict[str, dict[str, Any]] = {
    "date": {"type": ["string", "null"], "format": "date"},
    "timestamp": {"type": ["string", "null"], "format": "date-time"},
    "string": {"type": ["string", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "bigint": {"type": ["integer", "null"]},
    "double": {"type": ["number", "null"]},
}


def column(kind: str, parse: dict[str, Any]) -> dict[str, Any]:
    schema = JSON_TYPES.get(kind) or {"type": ["number", "null"]}
    return {**schema, "x-dataplat": {"parse": parse, **({} if kind in JSON_TYPES else {"type": kind})}}


def values(lake: Lake, kind: str, parse: dict[str, Any], texts: list[str]) -> list[Any]:
    """What each text becomes: a value (a time in UTC), None, or `BROKEN` where its row is rejected for its type."""
    wanted = contract({"v": column(kind, parse)}, [])
    name = parse.get("from", "v")
    rows = [(f"{place:03d}", text) for place, text in enumerate(texts)]
    frame = lake.spark.createDataFrame(rows, f"id string, `{name}` string")
    result = conform(delivery_of(frame, "somewhere", wanted), wanted, DATE)
    found: dict[str, Any] = {}
    value = F.unix_micros("v").alias("v") if kind == "timestamp" else F.col("v")
    for row in result.accepted().select("id", value).collect():
        found[row["id"]] = row["v"]
        if kind == "timestamp" and row["v"] is not None:
            found[row["id"]] = dt.datetime(1970, 1, 1, tzinfo=UTC) + dt.timedelta(microseconds=row["v"])
    for row in result.rejected().collect():
        assert row["_reasons"] == ["type:v"]
        assert row["_raw"][name] == texts[int(row["_raw"]["id"])]
        found[row["_raw"]["id"]] = BROKEN
    return [found[key] for key, _ in rows]


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def sound_values(lake: Lake, kind: str, parse: dict[str, Any], texts: list[str]) -> dict[str, Any]:
    """What the quick look at many makes of those texts that are sound by it."""
    (of_contract,) = (one for one in contract({"v": column(kind, parse)}, []).columns if one.name == "v")
    field = field_of(of_contract, (), clock_of_java(lake.spark))
    if field is None:
        return {}
    found, sound = judge(pyarrow.array(texts, pyarrow.string()), field)
    return {
        text: value for text, value, is_sound in zip(texts, found.to_pylist(), sound.to_pylist()) if is_sound
    }


def check(lake: Lake, kind: str, parse: dict[str, Any], told: dict[str, Any]) -> None:
    assert dict(zip(told, values(lake, kind, parse, list(told)))) == told
    sound = sound_values(lake, kind, parse, list(told))
    assert sound == {text: told[text] for text in sound}


@pytest.mark.parametrize(
    ("kind", "parse", "told"),
    [
        (
            "date",
            {"formats": ["d.M.yy", "MMM d yyyy"]},
            {"1.2.26": dt.date(2026, 2, 1), "Dec 31 2025": dt.date(2025, 12, 31)},
        ),
        ("date", {"formats": ["dd.MM.yyyy HH:mm"]}, {"31.01.2026 00:00": dt.date(2026, 1, 31)}),
        (
            "timestamp",
            {"formats": ["dd.MM.yyyy HH:mm[:ss]", "iso"], "timezone": "Europe/Berlin"},
            {
                "31.01.2026 10:00": utc(2026, 1, 31, 9),
                "29.03.2026 03:00:00": utc(2026, 3, 29, 1),
                "25.10.2026 03:00:00": utc(2026, 10, 25, 2),
                "2026-07-01 10:00:00.5": utc(2026, 7, 1, 8, 0, 0, 500_000),
                "2026-07-01T10:00:00Z": utc(2026, 7, 1, 10),
                "": None,
            },
        ),
        (
            "timestamp",
            {"formats": ["M/d/yyyy h:mm:ss a X", "epochMillis", "yyyyMMdd'T'HHmmss.SSSX"]},
            {
                "1/5/2026 12:00:01 AM -0330": utc(2026, 1, 5, 3, 30, 1),
                "1767605400123": utc(2026, 1, 5, 9, 30, 0, 123_000),
                "20260105T120000.25+01": utc(2026, 1, 5, 11, 0, 0, 250_000),
            },
        ),
        ("timestamp", {"formats": ["epoch"]}, {"1767605400.5": utc(2026, 1, 5, 9, 30, 0, 500_000)}),
        (
            "decimal(10,2)",
            {"decimal": ",", "grouping": "\u00a0"},
            {"1\u00a0234,5": Decimal("1234.50"), "1234": Decimal("1234.00"), "-0,05": Decimal("-0.05")},
        ),
        ("bigint", {"grouping": "."}, {"1.234.567": 1_234_567, "12": 12}),
        ("double", {"decimal": ","}, {"-0,25": -0.25}),
        ("boolean", {"true": ["Y"], "false": ["N"], "nulls": ["-"]}, {"Y": True, "N": False, "-": None}),
    ],
)
def test_what_comes_as_declared_is_sound(
    lake: Lake, kind: str, parse: dict[str, Any], told: dict[str, Any]
) -> None:
    assert sound_values(lake, kind, parse, list(told)) == told


def test_dates_by_their_formats_in_order(lake: Lake) -> None:
    day = dt.date
    check(
        lake,
        "date",
        {"formats": ["dd.MM.yyyy"]},
        {
            "31.01.2026": day(2026, 1, 31),
            " 01.02.2026 ": day(2026, 2, 1),
            "": None,
            "29.02.2024": day(2024, 2, 29),
            "31.02.2026": BROKEN,
            "1.2.2026": BROKEN,
            "2026-01-31": BROKEN,
            "31.01.26": BROKEN,
            "31.13.2026": BROKEN,
        },
    )
    # 05/06 is read by the first, 25/06 fits the second alone.
    check(
        lake,
        "date",
        {"formats": ["MM/dd/yyyy", "d/M/yyyy", "iso"]},
        {
            "05/06/2026": day(2026, 5, 6),
            "25/06/2026": day(2026, 6, 25),
            "5/6/2026": day(2026, 6, 5),
            "2026-06-05": day(2026, 6, 5),
            "25/25/2026": BROKEN,
            "05.06.2026": BROKEN,
        },
    )
    check(
        lake,
        "date",
        {"formats": ["dd-MMM-yy", "d MMMM yyyy", "yyyyMMdd"]},
        {
            "31-JAN-26": day(2026, 1, 31),
            "1-Feb-26": BROKEN,
            "01-feb-99": day(2099, 2, 1),
            "9 September 2026": day(2026, 9, 9),
            "9 Sep 2026": BROKEN,
            "20261231": day(2026, 12, 31),
            "31-JANUAR-26": BROKEN,
            "30 may 2026": day(2026, 5, 30),
        },
    )


def test_a_date_with_a_time_loses_nothing(lake: Lake) -> None:
    check(
        lake,
        "date",
        {"formats": ["yyyy-MM-dd HH:mm:ss[.SSS]", "M/d/yyyy h:mm:ss a"]},
        {
            "2026-01-31 00:00:00": dt.date(2026, 1, 31),
            "2026-01-31 00:00:00.000": dt.date(2026, 1, 31),
            "2026-01-31 00:00:01": BROKEN,
            "1/31/2026 12:00:00 AM": dt.date(2026, 1, 31),
            "1/31/2026 12:00:00 PM": BROKEN,
        },
    )


def test_times_with_a_zone_by_their_formats(lake: Lake) -> None:
    check(
        lake,
        "timestamp",
        {"formats": ["dd.MM.yyyy HH:mm X", "yyyy-MM-dd'T'HH:mm:ss[.SSSSSSSSS]X", "epoch"]},
        {
            "31.01.2026 08:30 +0100": utc(2026, 1, 31, 7, 30),
            "31.01.2026 08:30 Z": utc(2026, 1, 31, 8, 30),
            "31.01.2026 08:30 -05": utc(2026, 1, 31, 13, 30),
            "2026-01-31T08:30:15.25+01:00": utc(2026, 1, 31, 7, 30, 15, 250_000),
            "2026-01-31T08:30:15Z": utc(2026, 1, 31, 8, 30, 15),
            "2026-01-31T08:30:15.123456000Z": utc(2026, 1, 31, 8, 30, 15, 123_456),
            "2026-01-31T08:30:15.123456789Z": BROKEN,
            "2026-01-31T08:30:15": BROKEN,
            "2026-01-31T24:00:00Z": BROKEN,
            "31.01.2026 08:30 +99:00": BROKEN,
            "2026-01-31 08:30:15Z": BROKEN,
            "1767600000": utc(2026, 1, 5, 8),
            "1767600000.5": utc(2026, 1, 5, 8, 0, 0, 500_000),
            "-1": utc(1969, 12, 31, 23, 59, 59),
            "17676000000000000": BROKEN,
        },
    )
    check(
        lake,
        "timestamp",
        {"formats": ["epochMillis"]},
        {
            "1767600000123": utc(2026, 1, 5, 8, 0, 0, 123_000),
            "1767600000.5": BROKEN,
            "": None,
        },
    )
    check(
        lake,
        "timestamp",
        {"formats": ["MM/dd/yyyy hh:mm:ss a X", "d-MMM-yyyy h:mm a X"]},
        {
            "01/31/2026 12:00:00 AM Z": utc(2026, 1, 31, 0),
            "01/31/2026 12:30:00 PM Z": utc(2026, 1, 31, 12, 30),
            "01/31/2026 11:59:59 pm Z": utc(2026, 1, 31, 23, 59, 59),
            "01/31/2026 13:00:00 PM Z": BROKEN,
            "01/31/2026 00:00:00 AM Z": BROKEN,
            "3-Oct-2026 7:05 PM +02:00": utc(2026, 10, 3, 17, 5),
        },
    )


def test_times_without_a_zone_are_those_of_the_declared_one(lake: Lake) -> None:
    # Without formats the contract's spelling counts, with or without a zone.
    check(
        lake,
        "timestamp",
        {"timezone": "America/New_York"},
        {
            "2019-11-11 17:23:34": utc(2019, 11, 11, 22, 23, 34),
            "2019-07-11T17:23:34.5": utc(2019, 7, 11, 21, 23, 34, 500_000),
            "2019-07-11t17:23:34": utc(2019, 7, 11, 21, 23, 34),
            "2019-11-11T17:23:34Z": utc(2019, 11, 11, 17, 23, 34),
            "2019-11-11 17:23": BROKEN,
            "": None,
            "2019-11-31 17:23:34": BROKEN,
        },
    )
    told = {
        "25.10.2026 01:59": utc(2026, 10, 24, 23, 59),  # summer time until 03:00, which is 02:00 once more
        "25.10.2026 03:00": utc(2026, 10, 25, 2, 0),
        "29.03.2026 01:59": utc(2026, 3, 29, 0, 59),
        "29.03.2026 02:30": BROKEN,  # the clocks went from 02:00 to 03:00
        "29.03.2026 03:00": utc(2026, 3, 29, 1, 0),
        "01.07.2026 00:00": utc(2026, 6, 30, 22, 0),
    }
    twice = "25.10.2026 02:30"
    parse = {"formats": ["dd.MM.yyyy HH:mm"], "timezone": "Europe/Berlin"}
    check(lake, "timestamp", parse, {**told, twice: BROKEN})
    check(lake, "timestamp", {**parse, "overlap": "earlier"}, {**told, twice: utc(2026, 10, 25, 0, 30)})
    check(lake, "timestamp", {**parse, "overlap": "later"}, {**told, twice: utc(2026, 10, 25, 1, 30)})
    check(lake, "timestamp", {"formats": ["yyyyMMdd"], "timezone": "UTC"}, {"20260131": utc(2026, 1, 31)})


def test_every_hour_of_a_zone_is_the_moment_that_python_says(lake: Lake) -> None:
    """Around each change of the clocks of zones that change by an hour, by half of one, and by a whole day."""
    for name, first in {
        "Europe/Berlin": utc(2026, 3, 28),
        "America/New_York": utc(2026, 10, 31),
        "Australia/Lord_Howe": utc(2026, 4, 4),
        "Pacific/Apia": utc(2011, 12, 29),
        "Asia/Kolkata": utc(2026, 1, 1),
    }.items():
        zone = zoneinfo.ZoneInfo(name)
        told: dict[str, Any] = {}
        for step in range(2 * 72):
            local = (first + dt.timedelta(minutes=30 * step)).replace(tzinfo=None)
            moments = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
            real = [moment for moment in moments if moment.astimezone(zone).replace(tzinfo=None) == local]
            told[local.isoformat(" ")] = real[0] if len(real) == 1 else BROKEN
        check(lake, "timestamp", {"timezone": name}, told)


def test_numbers_by_their_marks(lake: Lake) -> None:
    german = {"decimal": ",", "grouping": "."}
    check(
        lake,
        "decimal(8,2)",
        german,
        {
            "1.234,50": Decimal("1234.50"),
            "1234,5": Decimal("1234.50"),
            "-1.234.567": BROKEN,
            "12,00": Decimal("12.00"),
            "123.456": Decimal("123456.00"),
            " +7 ": Decimal("7.00"),
            "1.23": BROKEN,
            "12.34,5": BROKEN,
            "1,234": BROKEN,
            "1,2,3": BROKEN,
            "1234.567,00": BROKEN,
            ",5": Decimal("0.50"),
            ",": BROKEN,
            "": None,
            "1e3": BROKEN,
        },
    )
    check(
        lake,
        "double",
        german,
        {"1.234,5": 1234.5, "1,5e3": 1500.0, "1.5": BROKEN, "NaN": BROKEN, "-0,25": -0.25},
    )
    check(lake, "double", {"decimal": ","}, {"1,5": 1.5, "1.5": BROKEN, "1500": 1500.0})
    check(
        lake,
        "bigint",
        {"grouping": "\u00a0"},
        {"1\u00a0000": 1000, "1 000": BROKEN, "1000": 1000, "10\u00a000": BROKEN},
    )
    check(
        lake,
        "decimal(8,2)",
        {"grouping": "'"},
        {"1'234.50": Decimal("1234.50"), "1234.50": Decimal("1234.50")},
    )
    check(
        lake,
        "bigint",
        {"grouping": ","},
        {"1,234": 1234, "1,234.0": BROKEN, "9,223,372,036,854,775,808": BROKEN},
    )


def test_booleans_by_their_spellings(lake: Lake) -> None:
    check(
        lake,
        "boolean",
        {"true": ["J", "1"], "false": ["N", "0"]},
        {
            "J": True,
            " N ": False,
            "1": True,
            "0": False,
            "j": BROKEN,
            "true": BROKEN,
            "": None,
        },
    )


def test_white_space_and_marks_of_missing_values(lake: Lake) -> None:
    check(
        lake,
        "string",
        {"trim": True, "nulls": ["N/A", "-"]},
        {
            " a b\u00a0": "a b",
            "\u3000-": None,
            "N/A": None,
            "n/a": "n/a",
            "--": "--",
            " ": None,
        },
    )
    check(lake, "string", {"nulls": ["N/A"]}, {"N/A": None, "N/A ": "N/A "})
    check(
        lake,
        "date",
        {"formats": ["yyyyMMdd"], "nulls": ["00000000"]},
        {
            "00000000": None,
            " 00000000": None,
            "20260101": dt.date(2026, 1, 1),
            "20260001": BROKEN,
        },
    )
    check(lake, "bigint", {"trim": True}, {"\u00a07\u2003": 7, "7 7": BROKEN})


def test_a_column_goes_by_its_name_at_the_source(lake: Lake) -> None:
    wanted = contract(
        {
            "name": {"type": "string", "x-dataplat": {"parse": {"from": "Full Name"}}},
            "day": {**column("date", {"from": "Created", "formats": ["dd.MM.yyyy"]})},
            "text": {**column("string", {"from": "Created"})},
        },
        ["name"],
    )
    frame = lake.spark.createDataFrame(
        [("1", "Ann", "31.01.2026", "x"), ("2", "", "1.1.2026", None)],
        "id string, `Full Name` string, Created string, name string",
    )
    result = conform(delivery_of(frame, "there", wanted), wanted, DATE)
    (row,) = result.accepted().collect()
    assert (row["name"], row["day"], row["text"]) == ("Ann", dt.date(2026, 1, 31), "31.01.2026")
    assert row["_unmapped"] == {"name": "x"}
    (row,) = result.rejected().collect()
    assert row["_reasons"] == ["required:name", "type:day"]
    assert row["_raw"] == {"id": "2", "Full Name": "", "Created": "1.1.2026", "name": None}
    with pytest.raises(SourceSchemaError, match="lacks Full Name, required"):
        delivery_of(frame.drop("Full Name"), "there", wanted)


def test_fields_of_json_are_read_as_columns_declare(lake: Lake) -> None:
    wanted = contract(
        {
            "at": column("timestamp", {"from": "createdAt", "formats": ["epochMillis"]}),
            "price": column("decimal(8,2)", {"decimal": ",", "grouping": "."}),
            "flag": column("boolean", {"true": ["1"], "false": ["0"]}),
        },
        [],
    )
    message = '{"id": "1", "createdAt": 1767600000123, "price": "1.234,50", "flag": 1, "other": 5}'
    times = "timestamp '2026-01-05 00:00:00' _timestamp, timestamp '2026-01-06 00:00:00' _taken"
    place = f"'t' _topic, 0 _partition, 0L _offset, {times}"
    frame = lake.spark.sql(
        f"select cast('{message}' as binary) {MESSAGE}, cast(null as binary) _key, '' _headers, {place}"
    )
    (row,) = conform(delivery_of_messages(frame, wanted), wanted, DATE).accepted().collect()
    assert (row["price"], row["flag"], row["_unmapped"]) == (Decimal("1234.50"), True, {"other": "5"})
    assert row["at"].timestamp() == 1767600000.123


def test_typed_values_take_the_zone_and_the_numbers_of_a_database(lake: Lake) -> None:
    wanted = contract(
        {
            "local": column("timestamp", {"timezone": "Europe/Berlin"}),
            "moment": column("timestamp", {"timezone": "Europe/Berlin"}),
            "epoch": column("timestamp", {"formats": ["epoch"]}),
            "flag": column("boolean", {"true": ["1"], "false": ["0"]}),
            "padded": column("string", {}),
            "filled": column("string", {"trim": True}),
        },
        [],
    )
    frame = lake.spark.sql(
        "select '1' id, timestamp_ntz '2026-07-01 10:00:00' local, timestamp '2026-07-01 10:00:00Z' moment,"
        " 1767600000L epoch, 0 flag, rpad('abc', 20) padded, rpad('abc', 20) filled"  # as a char(20) comes
    )
    result = conform(delivery_of(frame, "db", wanted), wanted, DATE).accepted()
    (row,) = result.selectExpr("string(local)", "string(moment)", "string(epoch)", "flag").collect()
    assert tuple(row) == ("2026-07-01 08:00:00", "2026-07-01 10:00:00", "2026-01-05 08:00:00", False)
    (row,) = result.select("padded", "filled").collect()
    assert tuple(row) == ("abc" + 17 * " ", "abc")


def test_a_setting_that_is_not_known_is_refused(lake: Lake) -> None:
    with pytest.raises(DeclarationError, match='"parse" of column "v" has format, which is not known'):
        contract({"v": column("date", {"format": "dd"})}, [])
    with pytest.raises(DeclarationError, match=r'"YYYY" of the format .* is not known'):
        values(lake, "date", {"formats": ["dd.MM.YYYY"]}, ["01.01.2026"])
