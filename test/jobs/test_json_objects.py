"""JSON objects as texts, held against Python's `json`, which is told to leave numbers as they are written."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from conftest import Lake
from drawn import draw
from hypothesis import strategies as st
from pyspark.sql import functions as F

from jobs.common.json_objects import FIELDS, NO_OBJECT, field, fields_but, with_fields

NAMES = ["a", "b c", 'd"', "É"]

texts = st.text(st.sampled_from('ab1.5e- ,:{}[]"\\/\n\té\U0001f600'), max_size=12)
numbers = st.one_of(
    st.sampled_from(
        ["0", "-1", "10000000.00", "9007199254740993.07", "1e3", "-0.50E-7", "12345678901234567890123", "1.0"]
    ),
    st.decimals(allow_nan=False, allow_infinity=False, places=4).map(lambda value: f"{value:f}"),
)
words = st.sampled_from(["true", "false", "null"])
literals = st.recursive(
    st.one_of(texts.map(json.dumps), numbers, words),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(NAMES), inner, max_size=3).map(
            lambda items: (
                "{" + ",".join(f"{json.dumps(name)} :{value}" for name, value in items.items()) + "}"
            )
        ),
    ),
    max_leaves=5,
)
objects = st.dictionaries(st.sampled_from(NAMES), literals, max_size=4).map(
    lambda items: " {" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in items.items()) + "}\n"
)


def exactly(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


@pytest.mark.parametrize("count", [300, pytest.param(20_000, marks=pytest.mark.heavy)])
def test_fields_are_what_python_reads_in_them(lake: Lake, count: int) -> None:
    drawn = draw(objects, count)
    frame = lake.spark.createDataFrame([(text,) for text in drawn], "delivered string")
    read = with_fields(frame, F.col("delivered"))
    rows = read.select(
        "delivered", NO_OBJECT, *(field(name, []).alias(f"_{at}") for at, name in enumerate(NAMES))
    )
    for text, no_object, *values in rows.collect():
        assert no_object is None, text
        told = exactly(text)
        raw = json.loads(text, parse_float=str, parse_int=str)
        for name, value in zip(NAMES, values):
            if isinstance(told.get(name), (dict, list)):
                assert exactly(value) == told[name], text
            elif isinstance(told.get(name), bool):
                assert value == str(told[name]).lower()
            else:
                assert value == raw.get(name), text


NO_OBJECTS = [
    '{"a": 1}{"a": 2}',
    '{"a": 1} {"a": 2}',
    '{"a": 1}\n{"a": 2}',
    '{"a": 1}, {"a": 2}',
    '{"a": 1}] {"a": 2}',
    '{"a": 1} x }',
    '{"a": 1, "a": 2}',
    "{'a': 1}",
    '{"a": 01}',
    '{"a": 1.}',
    '{"a": 1.5.5}',
    '{"a": .5}',
    '{"a": 1e}',
    '{"a": --1.5}',
    '{"a": 1.5',
    '{"a": "1.5}',
    '{"a" 1.5}',
    "{a: 1}",
    '{"a": NaN}',
    '{"a": -Infinity}',
    "[1]",
    '"{}"',
    "1.5",
    "",
]


def test_what_is_no_object_or_more_than_one_is_none(lake: Lake) -> None:
    frame = lake.spark.createDataFrame([(text,) for text in NO_OBJECTS], "delivered string")
    found = with_fields(frame, F.col("delivered")).collect()
    assert [(row[FIELDS], row[NO_OBJECT]) for row in found] == [(None, text) for text in NO_OBJECTS]


def test_a_decimal_may_have_an_exponent_and_a_text_not(lake: Lake) -> None:
    frame = lake.spark.createDataFrame(
        [('{"n": 1.25e3, "t": "1.25e3", "x": {"y": [2.50, -0, 7]}}',)], "delivered string"
    )
    read = with_fields(frame, F.col("delivered"))
    (row,) = read.select(
        field("n", ["n"]).cast("decimal(10,2)").alias("n"),
        field("t", ["t"]).alias("t"),
        field("n", []).alias("written"),
        fields_but(["n", "t"]).alias("others"),
    ).collect()
    assert tuple(row) == (Decimal("1250.00"), "1.25e3", "1.25e3", {"x": '{"y":[2.50,-0,7]}'})
