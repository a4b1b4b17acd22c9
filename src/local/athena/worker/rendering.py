"""Values in the text forms that Athena gives them."""

from __future__ import annotations

import datetime
import decimal
import math
import struct
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from engine import Rows


def rendered(rows: Rows) -> Iterator[list[str | None]]:
    """The rows of a query with their cells as text."""
    kinds = [item.type for item in rows.table.schema]
    whole = [kind in ("HUGEINT", "UHUGEINT") for kind in rows.types]
    for batch in rows.table.to_batches(max_chunksize=4096):
        cells = [_without_zones(column).to_pylist() for column in batch.columns]
        zoned = [pa.types.is_timestamp(kind) and kind.tz is not None for kind in kinds]
        for place in range(batch.num_rows):
            row: list[str | None] = []
            for number, kind in enumerate(kinds):
                value = cells[number][place]
                text = None if value is None else str(int(value)) if whole[number] else render(value, kind)
                row.append(f"{text} UTC" if zoned[number] and text is not None else text)
            yield row


def _without_zones(column: pa.Array) -> pa.Array:
    """Times in UTC as plain times: Python's zones are slow, and not all of them are installed."""
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        return column.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).cast(pa.timestamp("us"))
    return column


def render(value: Any, kind: pa.DataType) -> str | None:
    """A value as a cell of a result; None for NULL."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _floating(value, single=pa.types.is_float32(kind))
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        text = value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03d}"
        return text if value.tzinfo is None else f"{text} UTC"
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M:%S.") + f"{value.microsecond // 1000:03d}"
    if isinstance(value, bytes):
        return value.hex(" ")
    if pa.types.is_map(kind):
        entries = value.items() if isinstance(value, dict) else value
        return (
            "{"
            + ", ".join(f"{_inner(k, kind.key_type)}={_inner(v, kind.item_type)}" for k, v in entries)
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(_inner(item, kind.value_type) for item in value) + "]"
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{field.name}={_inner(value[field.name], field.type)}" for field in kind) + "}"
        )
    return str(value)


def _inner(value: Any, kind: pa.DataType) -> str:
    return render(value, kind) or ("null" if value is None else "")


def _floating(value: float, single: bool) -> str:
    """As Java writes a double or a float: ``1.0``, ``1.0E7``, ``1.234E-5``."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    shortest = repr(value)
    if single:
        packed = struct.pack("f", value)
        candidates = (f"{value:.{digits}g}" for digits in range(1, 10))
        shortest = next((text for text in candidates if struct.pack("f", float(text)) == packed), shortest)
    sign, digits, exponent = decimal.Decimal(shortest).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + int(exponent)
    minus = "-" if sign else ""
    if value == 0:
        return f"{minus}0.0"
    if -3 < point <= 7:
        if point <= 0:
            return f"{minus}0.{'0' * -point}{text}"
        whole = text[:point].ljust(point, "0")
        return f"{minus}{whole}.{text[point:] or '0'}"
    return f"{minus}{text[0]}.{text[1:] or '0'}E{point - 1}"
