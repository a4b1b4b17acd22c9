"""Rows of a query as files: which formats Athena writes them in, and how they look there."""

from __future__ import annotations

import base64
import gzip
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from athena_types import hive_of_result
from clauses import Property, choice, unsupported
from engine import Rows
from failures import QueryError
from rendering import render

_HIVE = "org.apache.hadoop.hive."
_TEXT = "org.apache.hadoop.mapred.TextInputFormat", f"{_HIVE}ql.io.HiveIgnoreKeyTextOutputFormat"


@dataclass(frozen=True)
class Format:
    """How files of one format are written, and what Glue says of a table that has them."""

    name: str
    compression: str
    delimiter: str

    @staticmethod
    def of(properties: dict[str, Property], default: str | None, compression: tuple[str, ...]) -> Format:
        """What the properties of a statement say, of which ``compression`` may say how to compress."""
        if default is None and "format" not in properties:
            raise QueryError("INVALID_TABLE_PROPERTY: line 1:1: the property 'format' is required")
        name = choice(properties, "format", default or "")
        if name in ("ORC", "AVRO", "ION", "RCBINARY", "RCTEXT", "SEQUENCEFILE", "TSV"):
            raise unsupported(f"format = '{name}'")
        if name not in ("PARQUET", "TEXTFILE", "CSV", "JSON"):
            raise QueryError(
                f"INVALID_TABLE_PROPERTY: line 1:1: Unable to set table property 'format' to: ['{name}']"
            )
        said = [choice(properties, one, "") for one in compression if one in properties]
        known = {"PARQUET": ("GZIP", "SNAPPY", "ZSTD", "LZ4", "NONE")}.get(name, ("GZIP", "NONE"))
        used = said[0] if said else "GZIP"
        if used not in known:
            raise unsupported(f"{compression[0]} = '{used}' of {name}")
        delimiter = properties.get("field_delimiter", "\x01")
        if "field_delimiter" in properties and name != "TEXTFILE":
            raise QueryError(
                f"INVALID_TABLE_PROPERTY: line 1:1: Cannot specify field_delimiter for format {name}"
            )
        if not isinstance(delimiter, str) or len(delimiter) != 1:
            raise QueryError("INVALID_TABLE_PROPERTY: line 1:1: field_delimiter must be a single character")
        return Format(name, used, delimiter)

    @property
    def ending(self) -> str:
        return ".gz" if self.name != "PARQUET" and self.compression == "GZIP" else ""

    def descriptor(self) -> dict[str, Any]:
        """The part of a table's storage descriptor that says how its files are read."""
        library, parameters = {
            "PARQUET": (f"{_HIVE}ql.io.parquet.serde.ParquetHiveSerDe", {}),
            "TEXTFILE": (f"{_HIVE}serde2.lazy.LazySimpleSerDe", {"field.delim": self.delimiter}),
            "CSV": (f"{_HIVE}serde2.OpenCSVSerde", {}),
            "JSON": (f"{_HIVE}serde2.JsonSerDe", {}),
        }[self.name]
        reads, writes = _TEXT
        if self.name == "PARQUET":
            reads, writes = (f"{_HIVE}ql.io.parquet.MapredParquet{way}Format" for way in ("Input", "Output"))
        return {
            "InputFormat": reads,
            "OutputFormat": writes,
            "Compressed": False,
            "SerdeInfo": {
                "SerializationLibrary": library,
                "Parameters": {"serialization.format": "1", **parameters},
            },
        }

    def parameters(self) -> dict[str, str]:
        """What a table's parameters say of its files."""
        return {
            "classification": "csv" if self.name == "TEXTFILE" else self.name.lower(),
            "write.compression": self.compression,
        }

    def refuse(self, columns: dict[str, str]) -> None:
        """Raises where columns of these Hive types cannot be written in the format."""
        if self.name == "CSV" and (
            others := [f"{name} {kind}" for name, kind in columns.items() if kind != "string"]
        ):
            raise QueryError(
                "NOT_SUPPORTED: Hive CSV storage format only supports VARCHAR (unbounded). Unsupported columns: "
                + ", ".join(others)
            )
        nested = [kind for kind in columns.values() if "<" in kind or kind == "binary"]
        if self.name == "TEXTFILE" and nested:
            raise unsupported(f"{nested[0]} in a TEXTFILE")

    def written(self, table: pa.Table) -> bytes:
        """A file with these rows."""
        if self.name == "PARQUET":
            sink = io.BytesIO()
            # As Athena's engine writes times for Hive.
            pq.write_table(
                table, sink, compression=self.compression.lower(), use_deprecated_int96_timestamps=True
            )
            return sink.getvalue()
        line: Callable[[list[Any], pa.Schema], str] = {
            "TEXTFILE": self._text,
            "CSV": _csv,
            "JSON": _json_line,
        }[self.name]
        text = "".join(line(row, table.schema) + "\n" for row in _rows(table)).encode()
        return gzip.compress(text, mtime=0) if self.compression == "GZIP" else text

    def _text(self, row: list[Any], schema: pa.Schema) -> str:
        cells = (render(value, column.type) for value, column in zip(row, schema, strict=True))
        return self.delimiter.join("\\N" if cell is None else cell for cell in cells)


def stored(rows: Rows) -> pa.Table:
    """The rows of a query with columns that Hive has types for. Raises QueryError where it has none for one."""
    columns = []
    for duckdb_type, column in zip(rows.types, rows.table.columns, strict=True):
        try:
            hive = hive_of_result(column.type, duckdb_type)
        except ValueError as error:
            raise QueryError(f"NOT_SUPPORTED: Unsupported Hive type: {error}") from error
        try:
            # DuckDB's sums are wider than Athena's; its times are finer.
            if hive == "bigint":
                column = column.cast(pa.int64())
            elif hive == "timestamp":
                column = column.cast(pa.timestamp("ms"), safe=False)
        except pa.ArrowInvalid as error:
            raise QueryError(f"NUMERIC_VALUE_OUT_OF_RANGE: {error}") from error
        columns.append(column)
    return pa.table(columns, names=rows.names)


def _rows(table: pa.Table) -> Iterator[list[Any]]:
    for batch in table.to_batches(max_chunksize=4096):
        cells = [column.to_pylist() for column in batch.columns]
        for place in range(batch.num_rows):
            yield [column[place] for column in cells]


def _csv(row: list[Any], _: pa.Schema) -> str:
    """As OpenCSV writes: everything in quotes, quotes and backslashes behind a backslash, nothing for NULL."""
    return ",".join(
        "" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in row
    )


def _json_line(row: list[Any], schema: pa.Schema) -> str:
    fields = zip(row, schema, strict=True)
    return "{" + ",".join(f"{json.dumps(one.name)}:{_json(value, one.type)}" for value, one in fields) + "}"


def _json(value: Any, kind: pa.DataType) -> str:
    if value is None:
        return "null"
    if pa.types.is_map(kind):
        pairs = ((render(key, kind.key_type) or "", item) for key, item in value)
        return "{" + ",".join(f"{json.dumps(key)}:{_json(item, kind.item_type)}" for key, item in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_json(item, kind.value_type) for item in value) + "]"
    if isinstance(value, dict):
        return _json_line([value[item.name] for item in kind], pa.schema(list(kind)))
    if isinstance(value, bytes):
        return json.dumps(base64.b64encode(value).decode())
    shown = render(value, kind) or ""
    numeric = pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_boolean(kind)
    finite = pa.types.is_floating(kind) and shown not in ("NaN", "Infinity", "-Infinity")
    return shown if numeric or finite else json.dumps(shown, ensure_ascii=False)
