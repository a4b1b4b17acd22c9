"""Types: Hive's in the Glue catalog, Arrow's in the files, DuckDB's in a result, Athena's in what is shown."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa

_ARROW = {
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "real": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "binary": pa.binary(),
}


def split_outside(text: str, separator: str = ",") -> list[str]:
    """Splits at separators that are in no brackets."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        if character in "<(":
            depth += 1
        elif character in ">)":
            depth -= 1
        elif character == separator and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def arrow_of_hive(hive: str) -> pa.DataType:
    """The Arrow type of a Hive type, for example of ``map<string,array<int>>``."""
    hive = hive.strip().lower()
    if hive in _ARROW:
        return _ARROW[hive]
    if hive.startswith(("varchar", "char")):
        return pa.string()
    if match := re.fullmatch(r"decimal(?:\((\d+)(?:\s*,\s*(\d+))?\))?", hive):
        return pa.decimal128(int(match[1] or 10), int(match[2] or 0))
    if match := re.fullmatch(r"array<(.*)>", hive):
        return pa.list_(arrow_of_hive(match[1]))
    if match := re.fullmatch(r"map<(.*)>", hive):
        key, value = split_outside(match[1])
        return pa.map_(arrow_of_hive(key), arrow_of_hive(value))
    if match := re.fullmatch(r"struct<(.*)>", hive):
        fields = [field.split(":", 1) for field in split_outside(match[1])]
        return pa.struct([(name.strip(), arrow_of_hive(kind)) for name, kind in fields])
    raise ValueError(f"unknown type {hive}")


def athena_of_arrow(kind: pa.DataType) -> str:
    """The name that Athena has for an Arrow type, in full: ``decimal(18,2)``, ``map(varchar, bigint)``."""
    for test, name in (
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_int8, "tinyint"),
        (pa.types.is_int16, "smallint"),
        (pa.types.is_int32, "integer"),
        (pa.types.is_integer, "bigint"),
        (pa.types.is_float32, "real"),
        (pa.types.is_floating, "double"),
        (pa.types.is_date, "date"),
        (pa.types.is_time, "time"),
    ):
        if test(kind):
            return name
    if pa.types.is_timestamp(kind):
        return "timestamp(3)" if kind.tz is None else "timestamp(3) with time zone"
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return "varbinary"
    if pa.types.is_map(kind):
        return f"map({athena_of_arrow(kind.key_type)}, {athena_of_arrow(kind.item_type)})"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"array({athena_of_arrow(kind.value_type)})"
    if pa.types.is_struct(kind):
        return "row(" + ", ".join(f"{field.name} {athena_of_arrow(field.type)}" for field in kind) + ")"
    return "varchar"


_RESULT = {
    "BOOLEAN": ("boolean", 0, 0),
    "TINYINT": ("tinyint", 3, 0),
    "SMALLINT": ("smallint", 5, 0),
    "INTEGER": ("integer", 10, 0),
    "FLOAT": ("float", 17, 0),
    "DOUBLE": ("double", 17, 0),
    "VARCHAR": ("varchar", 2147483647, 0),
    "DATE": ("date", 0, 0),
    "TIME": ("time", 3, 0),
    "TIMESTAMP WITH TIME ZONE": ("timestamp with time zone", 3, 0),
    "BLOB": ("varbinary", 1073741824, 0),
    "UUID": ("uuid", 0, 0),
    "JSON": ("json", 0, 0),
    "INTERVAL": ("interval day to second", 0, 0),
    '"NULL"': ("unknown", 0, 0),
    "NULL": ("unknown", 0, 0),
}


def result_column(name: str, duckdb_type: str) -> dict[str, Any]:
    """A column as ResultSetMetadata shows it."""
    kind, precision, scale = "varchar", 2147483647, 0
    if duckdb_type in _RESULT:
        kind, precision, scale = _RESULT[duckdb_type]
    elif match := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", duckdb_type):
        kind, precision, scale = "decimal", int(match[1]), int(match[2])
    elif duckdb_type.endswith("]"):
        kind, precision = "array", 0
    elif duckdb_type.startswith("STRUCT"):
        kind, precision = "row", 0
    elif duckdb_type.startswith("MAP"):
        kind, precision = "map", 0
    elif duckdb_type.startswith("TIMESTAMP"):
        kind, precision = "timestamp", 3
    elif re.fullmatch(r"U?(BIG|HUGE|TINY|SMALL)?INT(EGER)?", duckdb_type):
        kind, precision = "bigint", 19
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": kind,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind == "varchar",
    }


# How DuckDB writes types of Athena's that it calls otherwise.
DUCKDB_NAMES = {
    "varbinary": "BLOB",
    "timestamp(3)": "TIMESTAMP",
    "timestamp(3) with time zone": "TIMESTAMPTZ",
}


def hive_of_arrow(kind: pa.DataType) -> str:
    """The Hive type that a column of files has. Raises ValueError with Athena's name of what Hive has no type for."""
    plain = next((name for name, known in _ARROW.items() if known == kind), None)
    if plain is not None:
        return plain
    if pa.types.is_timestamp(kind) and kind.tz is None:
        return "timestamp"
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_large_string(kind):
        return "string"
    if pa.types.is_large_binary(kind):
        return "binary"
    if pa.types.is_map(kind):
        return f"map<{hive_of_arrow(kind.key_type)},{hive_of_arrow(kind.item_type)}>"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"array<{hive_of_arrow(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return "struct<" + ",".join(f"{field.name}:{hive_of_arrow(field.type)}" for field in kind) + ">"
    raise ValueError(athena_of_arrow(kind))


# What Athena shows of a result, and Hive has no type for.
_SHOWN_ALONE = ("uuid", "json", "interval day to second", "unknown")


def athena_of_result(kind: pa.DataType, duckdb_type: str) -> str:
    """Athena's name for the type of a query's column, in full."""
    shown = str(result_column("", duckdb_type)["Type"])
    return shown if shown in (*_SHOWN_ALONE, "bigint") else athena_of_arrow(kind)


def hive_of_result(kind: pa.DataType, duckdb_type: str) -> str:
    """The Hive type of a query's column. Raises ValueError with Athena's name of what Hive has no type for."""
    shown = athena_of_result(kind, duckdb_type)
    if shown in _SHOWN_ALONE:
        raise ValueError(shown)
    return shown if shown == "bigint" else hive_of_arrow(kind)


def hive_of_athena(kind: str) -> str:
    """How the catalog calls a type of a view's column. Types that Hive has none for keep Athena's name."""
    kind = kind.strip().lower()
    if match := re.fullmatch(r"(array|map)\((.*)\)", kind):
        return f"{match[1]}<{','.join(hive_of_athena(part) for part in split_outside(match[2]))}>"
    if match := re.fullmatch(r"row\((.*)\)", kind):
        fields = [part.split(" ", 1) for part in split_outside(match[1])]
        return "struct<" + ",".join(f"{name}:{hive_of_athena(inner)}" for name, inner in fields) + ">"
    if kind.startswith("timestamp"):
        return "timestamp"
    return {"integer": "int", "real": "float", "varchar": "string", "varbinary": "binary"}.get(kind, kind)
