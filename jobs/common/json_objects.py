"""JSON objects that come as texts: their fields as columns of text, to be conformed by a contract's spellings.

An object is one value and nothing behind it, by RFC 8259 to the letter, with no name twice. Numbers come as they were
written: Spark's own reader takes those with a fraction through floating point, so they are made texts before it.
"""

from __future__ import annotations

from collections.abc import Collection

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.common.delivery import REPLACEMENT

TEXT, FIELDS, NO_OBJECT = "_text", "_fields", "_no_object"
_PARSED = "_parsed"
_WIDEST = "decimal(38,18)"
_STRICTLY = {"allowSingleQuotes": "false", "allowNonNumericNumbers": "false"}
_MARK = "\ufdd0"  # around a number that was made a text; Unicode keeps it for such purposes, no text has it
# What stands before a number with a fraction or an exponent, or -0: texts, letters, and whole numbers, exact anyway.
_BEFORE = r'(?:"(?:[^"\\]++|\\.)*+"|[^"\-\d]++|(?!-0(?![\d.eE]))-?\d++(?![\d.eE])|-(?!\d))*+'
_NUMBER = r"-?(?:0|[1-9]\d*+)(?:\.\d++)?+(?:[eE][+\-]?\d++)?+(?![\d.eE+\-])"


def with_fields(frame: DataFrame, text: Expression) -> DataFrame:
    """The frame with the columns `TEXT`, `FIELDS`, a map for `field`, and `NO_OBJECT`, the text of what is no object of
    JSON or no UTF-8.
    """
    text_ = F.col(TEXT)
    whole = text_.rlike(r"(?s)^\s*\{.*\}\s*\z") & ~text_.contains(REPLACEMENT)
    marked = F.when(text_.contains(_MARK), text_).otherwise(_exact(text_))
    # Spark stops reading where a value ends; within a list it cannot.
    alone = F.concat(F.lit('{"all":['), marked, F.lit('],"end":""}'))
    parsed = F.from_json(alone, "all array<map<string,string>>, end string", _STRICTLY)
    names = F.map_keys(F.get(F.col(_PARSED)["all"], F.lit(0)))
    one = F.col(_PARSED)["end"].isNotNull() & (F.size(F.col(_PARSED)["all"]) == 1)
    unlike = F.size(names) == F.size(F.array_distinct(names))
    return (
        frame.withColumn(TEXT, F.coalesce(text, F.lit("")))
        .withColumn(_PARSED, F.when(whole, parsed))
        .withColumn(FIELDS, F.when(one & unlike, F.get(F.col(_PARSED)["all"], F.lit(0))))
        .withColumn(NO_OBJECT, F.when(F.col(FIELDS).isNull(), _written(F.col(TEXT))))
        .drop(_PARSED)
    )


def elements_of(text: Expression) -> Expression:
    """The elements of a text that is one array of JSON and nothing else, as an array of texts for `with_fields`; null
    where it is none.
    """
    whole = text.rlike(r"(?s)^\s*\[.*\]\s*\z")
    marked = F.when(text.contains(_MARK), text).otherwise(_exact(text))
    alone = F.concat(F.lit('{"all":['), marked, F.lit('],"end":""}'))
    parsed = F.from_json(alone, "all array<array<string>>, end string", _STRICTLY)
    one = parsed["end"].isNotNull() & (F.size(parsed["all"]) == 1)
    return F.when(whole & one, F.get(parsed["all"], F.lit(0)))


def names_in(frame: DataFrame) -> list[str]:
    """The fields that any object has."""
    found = frame.select(F.explode(F.map_keys(FIELDS)).alias("name")).distinct().collect()
    return sorted(row["name"] for row in found)


def field(name: str, decimals: Collection[str]) -> Expression:
    """A field as text, a number as it was written; of `decimals` without the exponent that JSON allows it."""
    value = F.col(FIELDS)[name]
    if name not in decimals:
        return _written(value)
    exponent = value.rlike(f"^{_MARK}.*[eE]")
    plain = F.coalesce(_written(value).cast(_WIDEST).cast("string"), _written(value))
    return F.when(exponent, plain).otherwise(_written(value))


def fields_but(names: Collection[str]) -> Expression:
    """The fields of other names, as a map of texts; null where there is none."""
    others = F.map_filter(FIELDS, lambda name, _: ~name.isin(list(names)))
    return F.when(F.size(others) > 0, F.transform_values(others, lambda _, value: _written(value)))


def _exact(text: Expression) -> Expression:
    """JSON whose numbers that Spark would change are texts with marks around them."""
    return F.regexp_replace(text, rf"(?s)\G({_BEFORE})({_NUMBER})", f'$1"{_MARK}$2{_MARK}"')


def _written(value: Expression) -> Expression:
    """A value without marks, its own and those of numbers within it."""
    inner = F.replace(F.replace(value, F.lit(f'"{_MARK}'), F.lit("")), F.lit(f'{_MARK}"'), F.lit(""))
    return F.when(value.contains(_MARK), F.replace(inner, F.lit(_MARK), F.lit(""))).otherwise(value)
