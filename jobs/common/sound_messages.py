"""Messages of large batches, the sound ones told from the doubtful by `sound_values`, as lines of large files are.

Who writes to a topic writes its objects alike: the same names in the same order, and the same values in quotes. So a
message is held against the layouts of those before it, by one pattern each, and cut at its quotes where it has one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy
import pyarrow
import pyarrow.compute as compute
from pyspark import StorageLevel, cloudpickle
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.common.conform import unmapped_of
from jobs.common.contract import Contract
from jobs.common.delivery import POSITION, SOURCE_FILE, Delivery, Sound
from jobs.common.messages import (
    HEADERS,
    KEY,
    MESSAGE,
    OFFSET,
    PLACE,
    TAKEN,
    UNKNOWN,
    arrival,
    delivery_of_messages,
    known_names,
    origin,
)
from jobs.common.repeated_keys import one_repeats
from jobs.common.sound_times import clock_of_java
from jobs.common.sound_values import Field, field_of, judge

# Spark's workers cannot import this package where a job runs as a plain script.
cloudpickle.register_pickle_by_value(sys.modules[__name__])  # type: ignore[no-untyped-call]

_LONG = 1 << 13
"""Bytes of a message that is left to be judged, for a batch of such messages may not fit."""
_KIND, _SAME, _SENT = "_kind", (*PLACE, TAKEN), (MESSAGE, KEY, HEADERS)
_BODIES = len(_SAME)
"""Where messages, keys and headers are among the columns that a task is given."""
_SOUND, _DOUBTFUL, _TOO_LONG = 1, 2, 3
_LAYOUTS = 16
_TRIES = 16
"""Messages of a batch that are read to learn a layout."""
_MARKS = "\\\ufffd\ufdd0"
"""Letters that mean something else than themselves."""
_WHITE = r"[ \t\r\n]*"
_TEXT = r'"[^"\\\x00-\x1f\x{FFFD}\x{FDD0}]*"'
_BARE = r"(?:-?(?:0|[1-9]\d*)(?:\.\d+)?|true|false|null)"
_MAP = pyarrow.map_(pyarrow.string(), pyarrow.string())


@dataclass(frozen=True)
class Layout:
    """What the text of an object is like."""

    names: tuple[str, ...]
    quoted: tuple[bool, ...]
    """Which values are texts."""
    shape: str
    """A pattern of the whole of it."""


@dataclass(frozen=True)
class Fields:
    """What is known of the fields that messages have."""

    names: tuple[str, ...]
    columns: tuple[tuple[str, Field], ...]
    """For each column of the contract the name of its field, and how values are told to be sound."""


def looked_at(messages: DataFrame, contract: Contract, nulls: tuple[str, ...]) -> Delivery | None:
    """The messages of a batch, as `delivery_of_messages` takes and gives them; those that are sound have their values.
    They are read more than once.

    None where the contract has something about which nothing can be said so.
    """
    clock_of = clock_of_java(messages.sparkSession)
    of_columns = [
        (column.source_name, field_of(column, nulls, clock_of)) for column in contract.source_columns
    ]
    known = [(name, field) for name, field in of_columns if field is not None]
    if len(known) < len(of_columns):
        return None
    look = Fields(known_names(contract), tuple(known))
    types = {column.name: column.type for column in contract.columns}
    values = [f"`typed_{field.column}` {types[str(field.column)]}" for _, field in look.columns]
    raw = [f"raw_{place} string" for place in range(len(look.names))]
    is_long = sum((F.coalesce(F.octet_length(name), F.lit(0)) for name in _SENT), F.lit(0)) > _LONG
    taken = messages.select(*_SAME, *(F.when(~is_long, F.col(name)).alias(name) for name in _SENT), is_long)
    came = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in taken.schema.fields[:-1])

    def judged(records: bool) -> DataFrame:
        schema = [
            f"{_KIND} tinyint",
            came,
            f"{UNKNOWN} map<string,string>",
            *values,
            *(raw if records else []),
        ]
        return taken.mapInArrow(_judging(look, records), ", ".join(schema)).persist(
            StorageLevel.MEMORY_AND_DISK
        )

    def places(frame: DataFrame) -> DataFrame:
        return frame.select(
            *(name for name in frame.columns if name not in _SENT),
            origin().alias(SOURCE_FILE),
            F.col(OFFSET).alias(POSITION),
            *(arrival(name) for name in contract.partitioned_by),
        )

    def sound(frame: DataFrame) -> DataFrame:
        return places(frame).where(F.col(_KIND) == _SOUND).drop(_KIND)

    def again() -> tuple[DataFrame, tuple[DataFrame, ...]]:
        frame = judged(records=True)
        return sound(frame), (frame,)

    held = judged(records=False)
    tally = _tally(places(held), contract)
    doubtful = held.where(F.col(_KIND) == _DOUBTFUL).select(*messages.columns)
    if tally.too_long:
        doubtful = doubtful.unionByName(messages.where(is_long))
    return replace(
        delivery_of_messages(doubtful, contract),
        nulls=nulls,
        sound=Sound(
            sound(held),
            again,
            tally.sound,
            tally.latest,
            _count_unmapped(held, nulls) if tally.with_unknown else {},
            alone=not tally.doubtful and not tally.too_long,
            keys_differ=tally.keys_differ,
        ),
        let_go=(held,),
    )


@dataclass(frozen=True)
class _Tally:
    """What a batch came to."""

    sound: int
    doubtful: int
    too_long: int
    with_unknown: int
    latest: int | None
    keys_differ: bool


def _tally(judged: DataFrame, contract: Contract) -> _Tally:
    latest = F.lit(None).cast("bigint")
    if contract.watermark_is_time:
        latest = F.unix_micros(f"typed_{contract.watermark}")
    key = [f"typed_{name}" if f"typed_{name}" in judged.columns else name for name in contract.primary_key]
    asked = judged.select(_KIND, F.col(UNKNOWN).isNotNull(), latest, F.xxhash64(*key))
    counts = "sound bigint, doubtful bigint, too_long bigint, with_unknown bigint"
    rows = asked.mapInArrow(_count_kinds, f"{counts}, latest bigint, hashes binary").collect()
    return _Tally(
        sum(row["sound"] for row in rows),
        sum(row["doubtful"] for row in rows),
        sum(row["too_long"] for row in rows),
        sum(row["with_unknown"] for row in rows),
        max((row["latest"] for row in rows if row["latest"] is not None), default=None),
        not one_repeats(bytes(row["hashes"]) for row in rows),
    )


def _count_kinds(batches: Iterable[Any]) -> Iterator[Any]:
    for batch in batches:
        kinds = batch.column(0).to_numpy()
        sound = pyarrow.array(kinds == _SOUND)
        _, with_unknown, latest, hashes = batch.filter(sound).columns
        values = [
            *(int((kinds == kind).sum()) for kind in (_SOUND, _DOUBTFUL, _TOO_LONG)),
            compute.sum(with_unknown, min_count=0).as_py(),
            compute.max(latest).as_py(),
            hashes.to_numpy().tobytes(),
        ]
        types = [*([pyarrow.int64()] * 5), pyarrow.binary()]
        columns = [pyarrow.array([value], type_of) for value, type_of in zip(values, types)]
        yield pyarrow.RecordBatch.from_arrays(columns, [str(index) for index in range(len(columns))])


def _count_unmapped(held: DataFrame, nulls: Sequence[str]) -> dict[str, int]:
    fields = held.where(F.col(_KIND) == _SOUND).select(unmapped_of(F.col(UNKNOWN), nulls).alias(UNKNOWN))
    counts = fields.select(F.explode(F.map_keys(UNKNOWN)).alias("name")).groupBy("name").count()
    return {row["name"]: row["count"] for row in counts.collect()}


def layout_of(message: str) -> Layout | None:
    """How an object is laid out; None where it holds more than texts without escapes, numbers and words."""
    try:
        pairs = json.loads(message, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, tuple) or not pairs:
        return None
    names = tuple(name for name, _ in pairs)
    if len(set(names)) < len(names) or any(mark in name for name in names for mark in _MARKS):
        return None
    quoted = tuple(isinstance(value, str) for _, value in pairs)
    fields = (
        rf'"\Q{name}\E"{_WHITE}:{_WHITE}{_TEXT if is_text else _BARE}' for name, is_text in zip(names, quoted)
    )
    shape = rf"\A{_WHITE}\{{{_WHITE}{f'{_WHITE},{_WHITE}'.join(fields)}{_WHITE}\}}{_WHITE}\z"
    layout = Layout(names, quoted, shape)
    return layout if compute.match_substring_regex(pyarrow.array([message]), shape)[0].as_py() else None


def texts_of(messages: Any, layout: Layout) -> dict[str, Any]:
    """The values of messages that all have the layout, as texts by name; null is null."""
    pieces = compute.split_pattern(messages, '"').flatten()
    each = 1 + 2 * len(layout.names) + 2 * sum(layout.quoted)
    texts, place = {}, 1
    for name, is_text in zip(layout.names, layout.quoted):
        at = place + (2 if is_text else 1)
        text = pieces.take(pyarrow.array(numpy.arange(at, len(pieces), each)))
        if not is_text:
            text = compute.utf8_trim(text, " \t\r\n:,}")
            text = compute.if_else(compute.equal(text, "null"), pyarrow.scalar(None, text.type), text)
        texts[name] = text
        place += 4 if is_text else 2
    return texts


def _judging(look: Fields, records: bool) -> Callable[[Any], Any]:
    """What a task does with messages. `records`: what is sound goes on with its texts."""
    required = {name for name, field in look.columns if not field.nullable}

    def judge_all(batches: Iterable[Any]) -> Iterator[Any]:
        layouts: list[Layout] = []
        for batch in batches:
            messages = _utf8(batch.column(_BODIES))
            too_long = batch.columns[-1].to_numpy(zero_copy_only=False)
            left = numpy.flatnonzero(messages.is_valid().to_numpy(zero_copy_only=False))
            sound = numpy.zeros(batch.num_rows, dtype=bool)
            number = tries = 0
            while len(left):
                if number == len(layouts):
                    if tries == _TRIES or number == _LAYOUTS:
                        break
                    tries += 1
                    layout = layout_of(messages[int(left[0])].as_py())
                    if layout is None:
                        left = left[1:]
                        continue
                    layouts.append(layout)
                layout = layouts[number]
                number += 1
                of_left = messages.take(pyarrow.array(left))
                fits = compute.match_substring_regex(of_left, layout.shape).to_numpy(zero_copy_only=False)
                places, left = left[fits], left[~fits]
                if len(places) and required <= set(layout.names):
                    texts = texts_of(of_left.filter(pyarrow.array(fits)), layout)
                    kept, values = _values(texts, look, records)
                    places = places[kept]
                    sound[places] = True
                    yield batch_of(_SOUND, batch.take(pyarrow.array(places)), values)
            if too_long.any():
                yield batch_of(_TOO_LONG, batch.filter(pyarrow.array(too_long)))
            yield batch_of(_DOUBTFUL, batch.filter(pyarrow.array(~sound & ~too_long)))

    def batch_of(kind: int, batch: Any, values: Sequence[Any] | None = None) -> Any:
        rows = batch.num_rows
        place, bodies = batch.columns[:_BODIES], batch.columns[_BODIES:-1]
        if values is not None:
            bodies = [pyarrow.nulls(rows, body.type) for body in bodies]
        raw = [pyarrow.string()] * len(look.names) if records else []
        types = [_MAP, *(field.type for _, field in look.columns), *raw]
        made = [pyarrow.nulls(rows, type_of) for type_of in types] if values is None else values
        kinds = pyarrow.array(numpy.full(rows, kind, dtype=numpy.int8))
        columns = [kinds, *place, *bodies, *made]
        return pyarrow.RecordBatch.from_arrays(columns, [str(index) for index in range(len(columns))])

    return judge_all


def _values(texts: dict[str, Any], look: Fields, records: bool) -> tuple[Any, list[Any]]:
    """Which of the messages are sound, and of these the fields that are not known, the values, and with `records` the
    texts of the known ones.
    """
    rows = len(next(iter(texts.values())))
    sound, values = pyarrow.array(numpy.ones(rows, dtype=bool)), []
    for name, field in look.columns:
        if name in texts:
            value, judged = judge(compute.fill_null(texts[name], ""), field)
            sound = compute.and_(sound, judged)
        else:
            value = pyarrow.nulls(rows, field.type)
        values.append(value)
    raw = [texts.get(name, pyarrow.nulls(rows, pyarrow.string())) for name in look.names] if records else []
    others = {name: text for name, text in texts.items() if name not in look.names}
    made = [_maps(others, rows), *values, *raw]
    if not compute.all(sound, min_count=0).as_py():
        made = [one.filter(sound) for one in made]
    return sound.to_numpy(zero_copy_only=False), made


def _maps(texts: dict[str, Any], rows: int) -> Any:
    """For each row a map of its texts by their names; null where there are none."""
    if not texts:
        return pyarrow.nulls(rows, _MAP)
    names = pyarrow.array(list(texts) * rows, pyarrow.string())
    by_row = numpy.arange(len(texts) * rows).reshape(len(texts), rows).T.ravel()
    items = pyarrow.concat_arrays(texts.values()).take(pyarrow.array(by_row))
    starts = pyarrow.array(numpy.arange(0, len(items) + 1, len(texts), dtype=numpy.int32))
    return pyarrow.MapArray.from_arrays(starts, names, items)


def _utf8(messages: Any) -> Any:
    """Bytes as texts, null where they are none."""
    try:
        return messages.cast(pyarrow.string())
    except pyarrow.ArrowInvalid:
        return pyarrow.array([_decoded(message) for message in messages.to_pylist()], pyarrow.string())


def _decoded(message: bytes | None) -> str | None:
    try:
        return None if message is None else message.decode("utf-8")
    except UnicodeDecodeError:
        return None
