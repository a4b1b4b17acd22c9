"""Messages that are told to be sound by columns, held against what becomes of them when each is judged by itself."""

from __future__ import annotations

import datetime as dt
import json
import random
from dataclasses import replace
from typing import Any

import pyarrow
import pytest
from conftest import Lake
from plain_worker import said_by_worker
from pyspark.sql import DataFrame
from test_conform import DATE, contract
from test_sound_lines import COLUMNS, OPTIONAL, VALUES, sound_value

from jobs.common.conform import conform
from jobs.common.contract import Contract
from jobs.common.delivery import Delivery
from jobs.common.messages import delivery_of_messages
from jobs.common.sound_messages import Fields, _count_kinds, _judging, layout_of, looked_at, texts_of
from jobs.common.sound_values import field_of

TAKEN = dt.datetime(2026, 1, 6, tzinfo=dt.timezone.utc)
OURS = {"x-dataplat": {"origin": "platform"}}
PLACE: dict[str, dict[str, Any]] = {
    "_topic": {**OPTIONAL, **OURS},
    "_partition": {"type": ["integer", "null"], "x-dataplat": {"origin": "platform", "type": "int"}},
    "_offset": {"type": ["integer", "null"], **OURS},
    "_timestamp": {**OPTIONAL, "format": "date-time", **OURS},
}
BARE = [
    "1",
    "-5",
    "0.01",
    "1.50",
    "1e2",
    "1E-3",
    "-0",
    "12345678901234567890.5",
    "true",
    "null",
    "[1.0]",
    '{"a":1.5}',
]
BROKEN = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b'{"id":"1"} 2',
    b'{"id":"1","id":"2","name":"x"}',
    b'{"id":"1","name":"x"',
    b'{"id":"1","name":"\xff"}',
    b"{'id':'1','name':'x'}",
    b'{"id":"1","name":NaN}',
    b'{"id":"1","name":01}',
    b'\xef\xbb\xbf{"id":"1","name":"x"}',
    '{"id":"1","name":"\ufdd0"}'.encode(),
    b'{"id":"1","name":"a\tb"}',
]


def sent(seed: int, messages: int, keys: int) -> list[bytes | None]:
    """Messages of several producers: most are sound, and some have another value, another form or nothing."""
    chance = random.Random(seed)
    producers = [
        ["id", *VALUES],
        ["name", "id", "at", "money"],
        ["id", "name", "Name", "more", "seen_at", "é"],
        ["id", "name", *chance.sample(sorted(VALUES.keys() - {"name"}), 5)],
    ]
    result: list[bytes | None] = []
    for number in range(messages):
        names = chance.choice(producers)
        key = str(number if number < keys else chance.randrange(keys))
        fields = {name: json.dumps(sound_value(name) if name in VALUES else "x") for name in names}
        fields["id"] = chance.choice([f'"{key}"', key])
        if chance.random() < 0.5:
            name = chance.choice([name for name in names if name != "id"])
            said = [json.dumps(value, ensure_ascii=chance.random() < 0.5) for value in VALUES.get(name, [""])]
            fields[name] = chance.choice([*said, *BARE])
        between = chance.choice([":", ":", ": ", " :\n"])
        text = ",".join(
            f"{json.dumps(name, ensure_ascii=False)}{between}{said}" for name, said in fields.items()
        )
        plain = chance.choice(["{%s}", "{%s}", " {%s }\n"]) % text
        result.append(chance.choice([*BROKEN, None]) if chance.random() < 0.1 else plain.encode())
    return result


def batch_of(lake: Lake, messages: list[bytes | None]) -> DataFrame:
    rows = [
        ("things", number % 3, number, TAKEN - dt.timedelta(days=number % 2), TAKEN, message, b"k\xff", None)
        for number, message in enumerate(messages)
    ]
    schema = (
        "_topic string, _partition int, _offset bigint, _timestamp timestamp, _taken timestamp, _message binary, "
        "_key binary, _headers string"
    )
    return lake.spark.createDataFrame(rows, schema)


def became(delivery: Delivery, wanted: Contract) -> Any:
    with conform(delivery, wanted, DATE) as conformed:
        counts = conformed.counts
        rows = [sorted(map(repr, frame.collect())) for frame in (conformed.accepted(), conformed.rejected())]
    return (counts, *rows)


@pytest.fixture
def wanted() -> Contract:
    return contract({**COLUMNS, **PLACE}, ["name"], watermark="at")


@pytest.mark.parametrize(
    ("seed", "keys"),
    [
        (1, 600),
        (2, 300),
        *(pytest.param(seed, 600 - 300 * (seed % 2), marks=pytest.mark.heavy) for seed in range(3, 33)),
    ],
)
def test_a_batch_becomes_the_same_however_it_is_looked_at(
    lake: Lake, wanted: Contract, seed: int, keys: int
) -> None:
    batch = batch_of(lake, sent(seed, 600, keys))
    nulls = ("N/A",)
    expected = became(replace(delivery_of_messages(batch, wanted), nulls=nulls), wanted)
    delivery = looked_at(batch, wanted, nulls)
    assert delivery is not None
    assert delivery.sound is not None
    assert 100 < delivery.sound.count < 500
    assert became(delivery, wanted) == expected


@pytest.mark.parametrize(("ids", "differ"), [("123", True), ("121", False)])
def test_whether_a_key_comes_twice_is_seen_as_the_messages_are(
    lake: Lake, wanted: Contract, ids: str, differ: bool
) -> None:
    batch = batch_of(lake, [b'{"id":"%s","name":"x"}' % number.encode() for number in ids])
    delivery = looked_at(batch, wanted, ())
    assert delivery is not None
    assert delivery.sound is not None
    assert (delivery.sound.alone, delivery.sound.keys_differ) == (True, differ)
    found = became(delivery, wanted)
    assert found[0].reasons == ({} if differ else {"duplicate:id": 1})
    assert found == became(delivery_of_messages(batch, wanted), wanted)


@pytest.mark.parametrize("others", [[], [None]])
def test_a_very_long_message_is_judged_by_itself(
    lake: Lake, wanted: Contract, others: list[bytes | None]
) -> None:
    batch = batch_of(lake, [b'{"id":"1","name":"x"}', b'{"id":"2","name":"%s"}' % (b"x" * 100_000), *others])
    delivery = looked_at(batch, wanted, ())
    assert delivery is not None
    assert delivery.sound is not None
    assert (delivery.sound.count, delivery.sound.alone) == (1, False)
    assert became(delivery, wanted) == became(delivery_of_messages(batch, wanted), wanted)


def test_a_contract_of_which_little_is_known_leaves_all_to_be_judged(lake: Lake) -> None:
    declared = contract({"b": {**OPTIONAL, "pattern": "^(?!no).*$"}}, [])
    assert looked_at(batch_of(lake, [b'{"id":"1"}']), declared, ()) is None


def test_objects_are_cut_at_their_quotes() -> None:
    texts = ['{"a":"x","b":1.50,"c":null}', ' { "a" : "" , "b":-7 ,\n"c":true } ']
    layout = layout_of(texts[0])
    assert layout is not None
    assert layout == layout_of(texts[1])
    found = {name: values.to_pylist() for name, values in texts_of(pyarrow.array(texts), layout).items()}
    assert found == {"a": ["x", ""], "b": ["1.50", "-7"], "c": [None, "true"]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "[]",
        "{}",
        '{"a":[]}',
        '{"a":{}}',
        '{"a":"x","a":"y"}',
        '{"a":"\\n"}',
        '{"a":1e5}',
        '{"a":NaN}',
        "{'a':1}",
    ],
)
def test_what_is_more_than_a_plain_object_has_no_layout(text: str) -> None:
    assert layout_of(text) is None


def test_tasks_need_no_package_of_ours(wanted: Contract) -> None:
    columns = [(column.name, field_of(column, ())) for column in wanted.source_columns]
    look = Fields(
        ("id", "name"), tuple((name, field) for name, field in columns if field and name in ("id", "name"))
    )
    program = (
        "columns = [['t'], [0], [1], [0], [0], [b'{\"id\":\"1\",\"name\":\"Ada\"}'], [b''], [''], [False]]\n"
        "batch = pyarrow.RecordBatch.from_arrays([pyarrow.array(c) for c in columns], list('abcdefghi'))\n"
        "print([batch.column(11).to_pylist() for batch in judge([batch])])\n"
    )
    assert said_by_worker(_judging(look, True), program) == ("[['Ada'], []]\n", "")
    kinds = (
        "kinds = pyarrow.array([1, 2, 1, 3], pyarrow.int8())\n"
        "columns = [kinds, [True, False, False, False], [5, 6, 4, 7], [8, 8, 9, 8]]\n"
        "batch = pyarrow.RecordBatch.from_arrays([pyarrow.array(c) for c in columns], list('abcd'))\n"
        "print([[column.to_pylist()[0] for column in batch.columns[:5]] for batch in judge([batch])])\n"
    )
    assert said_by_worker(_count_kinds, kinds) == ("[[2, 1, 1, 1, 5]]\n", "")
