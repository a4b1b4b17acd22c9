"""JSON objects that come as texts: their fields as columns of text, to be conformed by a contract's spellings."""

from __future__ import annotations

from collections.abc import Collection

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.common.landing import REPLACEMENT

TEXT, FIELDS, NO_OBJECT = "_text", "_fields", "_no_object"
_WIDEST = "decimal(38,18)"
_EXACT_DIGITS = 15  # of a number that has gone through floating point
_NUMBER = rf"^-?[0-9][0-9.eE+-]{{{_EXACT_DIGITS},}}$"


def with_fields(frame: DataFrame, text: Expression) -> DataFrame:
    """The frame with the columns `TEXT`, `FIELDS`, a map of texts, and `NO_OBJECT`, the text of what is no object of
    JSON or no UTF-8. It is gone through twice, so it is to be held by the cluster already, or cheap to read.
    """
    whole = F.col(TEXT).rlike(r"(?s)^\s*\{.*\}\s*\z") & ~F.col(TEXT).contains(REPLACEMENT)
    return (
        frame.withColumn(TEXT, F.coalesce(text, F.lit("")))
        .withColumn(FIELDS, F.when(whole, F.from_json(TEXT, "map<string,string>")))
        .withColumn(NO_OBJECT, F.when(F.col(FIELDS).isNull(), F.col(TEXT)))
    )


def names_in(frame: DataFrame) -> list[str]:
    """The fields that any object has."""
    found = frame.select(F.explode(F.map_keys(FIELDS)).alias("name")).distinct().collect()
    return sorted(row["name"] for row in found)


def field(name: str, decimals: Collection[str]) -> Expression:
    """A field as text. As texts, numbers have gone through floating point; so those of `decimals` that have more digits
    than that bears are read once more, exactly.
    """
    value = F.col(FIELDS)[name]
    if name not in decimals:
        return value
    quoted = name.replace("`", "``")
    exact = F.from_json(TEXT, f"`{quoted}` {_WIDEST}")[name].cast("string")
    return F.when(value.rlike(_NUMBER), F.coalesce(exact, value)).otherwise(value)
