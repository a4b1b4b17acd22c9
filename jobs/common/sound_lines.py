"""Lines of large CSV files, the sound ones told from the doubtful by `sound_values` in the pass that surveys the files:
each line is read once, and held with its values.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy
import pyarrow
import pyarrow.compute as compute
from pyspark import StorageLevel, cloudpickle
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.common.contract import Contract
from jobs.common.csv_records import (
    BLOCK,
    BROKEN,
    MARK,
    RECORD,
    Dialect,
    Header,
    Survey,
    in_order,
    lines_with_blocks,
    whole_record,
    writing_of,
)
from jobs.common.declaration import UTF_8
from jobs.common.delivery import POSITION, REPLACEMENT, SOURCE_FILE, Sound
from jobs.common.joined_lines import JoinedLines, Record, Writing
from jobs.common.sound_times import clock_of_java
from jobs.common.sound_values import Lines, lines_of, values_of

# Spark's workers cannot import this package where a job runs as a plain script.
cloudpickle.register_pickle_by_value(sys.modules[__name__])  # type: ignore[no-untyped-call]

MANY_BYTES = 16 << 20
"""Of files whose lines are looked at so. With less, it takes longer to start Python than is saved."""
_LONG = 1 << 13
"""Bytes of a line that is not looked at so, for a batch of such lines may not fit."""
_FEW = 100_000
"""Doubtful lines that one task judges."""
_KIND, _FILE = "_kind", "_file"
_SOUND, _DOUBTFUL, _BROKEN, _TOLD = 1, 2, 3, 4
_LATEST = "latest"
_MOMENT = pyarrow.timestamp("us", "UTC")


@dataclass(frozen=True)
class LookedAt:
    """What the lines of files are, that have the same header."""

    surveys: Mapping[str, Survey]
    """By the name of the file."""
    sound: Sound
    """The lines that are sound."""
    doubtful: DataFrame
    """The other records: `RECORD`, `BROKEN`, `SOURCE_FILE`, `POSITION`."""
    held: DataFrame
    """What is held of both, for whoever is done with them to let go."""


def look_at(
    spark: SparkSession,
    files: Mapping[str, str],
    header: Header,
    dialect: Dialect,
    contract: Contract,
    nulls: Sequence[str],
    unknown: Mapping[str, str],
) -> LookedAt | None:
    """Look at every line of files that have the same header. `files` says by name where Spark finds them, `unknown`
    what the column is called of a field that the contract does not know.

    None where the files have something about which nothing can be said so.
    """
    clock_of = clock_of_java(spark)
    look = lines_of(contract, header.names, dialect.delimiter, dialect.quote, nulls, clock_of, dialect.escape)
    if look is None or header.marked or header.end != "\n":
        return None
    types = {column.name: column.type for column in contract.columns}
    values = [
        f"`{unknown[name]}` string"
        if field.column is None
        else f"`typed_{field.column}` {types[field.column]}"
        for name, field in zip(header.names, look.fields)
    ]
    schema = ", ".join([f"{_KIND} tinyint, {RECORD} string, {_FILE} int, {POSITION} bigint", *values])
    numbers = {name: number for number, name in enumerate(files, start=1)}
    judging = _judging(look, header, dialect, numbers, str(contract.watermark))

    def judged(judging: _Judging) -> DataFrame:
        lines = lines_with_blocks(spark, files.values(), header).withColumn(
            POSITION, F.monotonically_increasing_id()
        )
        if judging.in_order:
            lines = in_order(lines, len(files)).withColumn(BLOCK, F.lit(0))
        short = F.when(F.octet_length(RECORD) <= _LONG, F.col(RECORD)).alias(RECORD)
        lines = lines.select(short, SOURCE_FILE, BLOCK, POSITION)
        return lines.mapInArrow(judging.task(), schema).persist(StorageLevel.MEMORY_AND_DISK)

    held, told, names = _told_of(judged(judging), list(files))
    of_all = _summed(told.values())
    if of_all.get("unfinished"):
        # A record goes on from one part of a file into the next, or a quote is not closed.
        held.unpersist()
        judging = replace(judging, in_order=True)
        held, told, names = _told_of(judged(judging), list(files))
        of_all = _summed(told.values())
    if of_all.get("long"):
        held.unpersist()
        return None

    def placed(frame: DataFrame, *kinds: int) -> DataFrame:
        # Held as a number: all rows of a file have the same long name.
        file = F.element_at(F.array(*map(F.lit, names)), F.col(_FILE)).alias(SOURCE_FILE)
        return frame.where(F.col(_KIND).isin(*kinds)).select("*", file).drop(_FILE)

    def again() -> tuple[DataFrame, tuple[DataFrame, ...]]:
        frame = judged(replace(judging, with_records=True))
        return placed(frame, _SOUND).drop(_KIND), (frame,)

    is_broken = (F.col(_KIND) == _BROKEN).alias(BROKEN)
    doubtful = placed(held, _DOUBTFUL, _BROKEN).select(RECORD, is_broken, SOURCE_FILE, POSITION)
    return LookedAt(
        {name: Survey(found.get("top", 0), 0, found.get("undecoded", 0)) for name, found in told.items()},
        Sound(
            placed(held, _SOUND).drop(_KIND),
            again,
            of_all.get("sound", 0),
            of_all.get(_LATEST),
            {
                name: of_all.get(_unmapped(place), 0)
                for place, (name, field) in enumerate(zip(header.names, look.fields))
                if field.column is None
            },
            alone=not of_all.get("doubtful"),
        ),
        doubtful.coalesce(1) if of_all.get("doubtful", 0) <= _FEW else doubtful,
        held,
    )


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """What was counted of several. Of `latest` it is the highest."""
    result: dict[str, int] = {}
    for name, number in (pair for each in counts for pair in each.items()):
        known = result.get(name)
        result[name] = number if known is None else max(known, number) if name == _LATEST else known + number
    return result


def _told_of(held: DataFrame, names: list[str]) -> tuple[DataFrame, dict[str, dict[str, int]], list[str]]:
    """What is held, what it tells of the files of these names, and how Spark names the files."""
    told: dict[str, dict[str, int]] = {name: {} for name in names}
    spelled = list(names)
    for row in held.where(F.col(_KIND) == _TOLD).select(_FILE, RECORD).collect():
        place = row[_FILE] - 1
        spelled[place], counts = json.loads(row[RECORD])
        told[names[place]] = _summed([told[names[place]], counts])
    return held, told, spelled


@dataclass(frozen=True)
class _Judging:
    """What tasks need to know of lines. It has nothing of this package that does not travel by its value."""

    look: Lines
    writing: Writing
    whole: str
    """A pattern of lines that are whole records."""
    quote: str
    top: tuple[str, ...]
    """Lines that are no records."""
    is_utf8: bool
    numbers: Mapping[str, int]
    """Of files, by their names."""
    watermark: str
    in_order: bool = False
    """Whether a task has all lines of its files, in their order."""
    with_records: bool = False
    """Whether what is sound goes on with its text."""

    def task(self) -> Callable[[Any], Any]:
        """What a task does with its lines."""
        return lambda batches: _Task(self).judge(batches)


def _judging(
    look: Lines, header: Header, dialect: Dialect, numbers: Mapping[str, int], watermark: str
) -> _Judging:
    return _Judging(
        look,
        writing_of(header, dialect),
        whole_record(dialect).replace("*+", "*"),  # RE2 goes back to nothing, and has no word for that
        dialect.quote,
        (*header.top, *(MARK + line for line in header.top)),
        header.encoding == UTF_8,
        numbers,
        watermark,
    )


class _Task:
    """Judges lines, and counts."""

    def __init__(self, judging: _Judging) -> None:
        self._judging = judging
        self._top = pyarrow.array(judging.top, pyarrow.string())
        self._counts: dict[str, Counter[str]] = {}
        self._latest: dict[str, int] = {}

    def judge(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Batches of lines, files, places where parts of these begin, and positions."""
        judging = self._judging
        waiting: dict[tuple[str, int], JoinedLines] = {}
        for batch in batches:
            for file, block, part in _parts(batch):
                counts = self._counts.setdefault(file, Counter())
                joined = waiting.setdefault((file, block), JoinedLines(judging.writing))
                lines = self._joined(_readable(part, counts, judging.is_utf8), joined)
                lines = _records(lines, counts, self._top, judging.writing)
                yield from self._records(file, joined, (_without_return(lines.column(0)), lines.column(3)))
        for (file, _), joined in waiting.items():
            if judging.in_order:
                joined.finish()
                yield from self._records(file, joined)
            self._counts[file]["unfinished"] += joined.is_waiting
        for file, counts in self._counts.items():
            found = {**counts, **({_LATEST: self._latest[file]} if file in self._latest else {})}
            yield self._batch(_TOLD, file, pyarrow.array([json.dumps([file, found])]), pyarrow.array([0]))

    def _joined(self, lines: Any, joined: JoinedLines) -> Any:
        """The lines that are no part of a record of several, nor broken: those are taken by `joined`."""
        text, position = lines.column(0), lines.column(3)
        bare = _without_return(text)
        marked = compute.match_substring(bare, "\r")
        if self._judging.quote:
            marked = compute.or_(marked, compute.match_substring(bare, self._judging.quote))
        looked_at = compute.indices_nonzero(marked)
        bare = bare.take(looked_at)
        known = compute.match_substring_regex(bare, self._judging.whole)
        known = compute.or_(known, compute.is_in(bare, self._top))
        begins = looked_at.filter(compute.invert(known)).to_numpy()
        kept = numpy.ones(len(text), dtype=bool)
        place = 0
        while place < len(text):
            if not joined.is_waiting:
                later = numpy.searchsorted(begins, place)
                if later == len(begins):
                    break
                place = int(begins[later])
            joined.take(text[place].as_py(), position[place].as_py())
            kept[place] = False
            place += 1
        return lines if kept.all() else lines.filter(pyarrow.array(kept))

    def _records(self, file: str, joined: JoinedLines, *lines: tuple[Any, Any]) -> Iterator[Any]:
        """Judges records with their places: lines, and what was put together."""
        look, counts = self._judging.look, self._counts[file]
        whole, broken = (_as_columns(joined.found, is_broken) for is_broken in (False, True))
        joined.found.clear()
        text, position = (pyarrow.concat_arrays(parts) for parts in zip(*lines, whole))
        places, values = values_of(text, look)
        for place, (field, value) in enumerate(zip(look.fields, values)):
            if field.column is None:
                counts[_unmapped(place)] += len(value) - value.null_count
            elif field.column == self._judging.watermark and field.type == _MOMENT:
                newest = compute.max(value).cast(pyarrow.int64()).as_py()
                if newest is not None:
                    self._latest[file] = max(newest, self._latest.get(file, newest))
        others = _all_but(places, len(text))
        counts["sound"] += len(places)
        counts["doubtful"] += len(text) - len(places) + len(broken[0])
        told = text.take(places) if self._judging.with_records else pyarrow.nulls(len(places), text.type)
        yield self._batch(_SOUND, file, told, position.take(places), values)
        yield self._batch(_DOUBTFUL, file, text.filter(others), position.filter(others))
        yield self._batch(_BROKEN, file, *broken)

    def _batch(self, kind: int, file: str, text: Any, position: Any, values: Sequence[Any] = ()) -> Any:
        number = self._judging.numbers[file.rpartition("/")[2]]
        kinds, files = (
            pyarrow.array(numpy.full(len(text), each, dtype=type_of))
            for each, type_of in ((kind, numpy.int8), (number, numpy.int32))
        )
        fields = () if values else self._judging.look.fields
        columns = [
            kinds,
            text,
            files,
            position,
            *values,
            *(pyarrow.nulls(len(text), one.type) for one in fields),
        ]
        return pyarrow.RecordBatch.from_arrays(columns, [str(index) for index in range(len(columns))])


def _as_columns(records: Sequence[Record], are_broken: bool) -> tuple[Any, Any]:
    """The texts of those records that are broken, or are not, and their places."""
    wanted = [record for record in records if record.is_broken == are_broken]
    return (
        pyarrow.array([record.text for record in wanted], pyarrow.string()),
        pyarrow.array([record.place for record in wanted], pyarrow.int64()),
    )


def _parts(batch: Any) -> Iterator[tuple[str, int, Any]]:
    """The lines of each part of a file, in their order, with the file's name and where the part begins."""
    for file in compute.unique(batch.column(1)).to_pylist():
        of_file = batch.filter(compute.equal(batch.column(1), file))
        for block in compute.unique(of_file.column(2)).to_pylist():
            yield file, block, of_file.filter(compute.equal(of_file.column(2), block))


def _readable(batch: Any, counts: Counter[str], is_utf8: bool) -> Any:
    """The lines that are in the encoding, none where one of them is not, and not too long. The others are counted."""
    counts["long"] += batch.column(0).null_count
    batch = batch.filter(batch.column(0).is_valid())
    lines = batch.column(0)
    if not is_utf8:
        counts["undecoded"] += compute.sum(compute.match_substring(lines, REPLACEMENT)).as_py() or 0
        return batch
    try:
        lines.validate(full=True)
    except pyarrow.ArrowInvalid:
        counts["undecoded"] += sum(not _is_utf8(line) for line in lines.cast(pyarrow.binary()).to_pylist())
        return batch.slice(0, 0)
    return batch


def _without_return(lines: Any) -> Any:
    ended = compute.ends_with(lines, "\r")
    if not compute.any(ended, min_count=0).as_py():
        return lines
    return compute.if_else(ended, compute.utf8_slice_codeunits(lines, 0, -1), lines)


def _unmapped(place: int) -> str:
    return f"unmapped {place}"


def _records(batch: Any, counts: Counter[str], top: Any, writing: Writing) -> Any:
    """The lines that are records. Those of the top are counted."""
    lines = _without_return(batch.column(0))
    above = compute.is_in(lines, top)
    counts["top"] += compute.sum(above).as_py() or 0
    none = compute.or_(above, compute.equal(compute.utf8_trim(lines, writing.blank), ""))
    for mark in ("", MARK) if writing.comment else ():
        none = compute.or_(none, compute.starts_with(lines, mark + writing.comment))
    return batch.filter(compute.invert(none))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _all_but(places: Any, count: int) -> Any:
    """A mask of all places but these."""
    mask = numpy.ones(count, dtype=bool)
    mask[places.to_numpy()] = False
    return pyarrow.array(mask)
