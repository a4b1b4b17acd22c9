"""
Averages of decimals, which DuckDB gives as doubles: Athena's have the precision and the scale of what is averaged,
and are rounded half up. They are reckoned of their sum in whole numbers, for a double holds seventeen digits and a
decimal 38.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp
from sqlglot.dialects import Dialect

# A sum's digits without their point and sign; how many of them are behind the point; and a number with its point
# again.
MACROS = (
    "__digits(x) AS abs(TRY_CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT))",
    "__scale(x) AS length(split_part(CAST(x AS VARCHAR), '.', 2))",
    "__half_up(x, n) AS x // n + CASE WHEN 2 * (x % n) >= n THEN 1 ELSE 0 END",
    "__filled(x, scale) AS repeat('0', greatest(0, scale + 1 - length(x))) || x",
    "__pointed(x, scale) AS __filled(x, scale)[: -scale - 1] || '.' || right(__filled(x, scale), scale)",
    # What sqlglot takes for decimals may be doubles to DuckDB: a double times a decimal, for example.
    """__decimal_average(total, n, alike) AS cast_to_type(
        CASE WHEN typeof(alike) LIKE 'DECIMAL%'
        THEN CASE WHEN total < 0 THEN '-' ELSE '' END
            || __pointed(CAST(__half_up(__digits(total), n) AS VARCHAR), __scale(total))
        ELSE CAST(total / n AS VARCHAR) END, alike)""",
)


def _annotated(annotator: Any, average: exp.Avg) -> exp.Avg:
    kind = average.this.type
    decimal = kind is not None and kind.is_type(exp.DataType.Type.DECIMAL)
    annotator._set_type(average, kind if decimal else exp.DataType.Type.DOUBLE)
    return average


# What sqlglot says of types, with Athena's of averages.
TYPES = {**Dialect.get_or_raise("athena").EXPRESSION_METADATA, exp.Avg: {"annotator": _annotated}}


def exact_averages(query: exp.Query) -> None:
    """Replaces averages of decimals, where types are known, by what DuckDB reckons exactly."""
    # The innermost first: an average may be of others.
    for average in reversed(list(query.find_all(exp.Avg))):
        if average.type is None or not average.type.is_type(exp.DataType.Type.DECIMAL):
            continue
        # With its FILTER and OVER, which each of the three then has.
        whole: exp.Expression = average
        while isinstance(whole.parent, exp.Filter | exp.Window) and whole.arg_key == "this":
            whole = whole.parent
        parts = []
        for kind in (exp.Sum, exp.Count, exp.Max):
            part = whole.copy()
            found = part.find(exp.Avg)
            assert found is not None  # noqa: S101  a copy of what holds one
            counted = kind(this=found.this.copy())
            parts.append(counted if found is part else part)
            if found is not part:
                found.replace(counted)
        whole.replace(exp.Anonymous(this="__decimal_average", expressions=parts))
