"""Values in the text forms that Athena gives them."""

from __future__ import annotations

import datetime
import decimal
import math
import struct
from typing import Any

import pyarrow as pa


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
