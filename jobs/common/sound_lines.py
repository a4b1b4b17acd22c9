"""Lines of large CSV files, the sound ones told from the doubtful by `sound_values` in the pass that surveys the files:
each line is read once, and held with its values.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy
import pyarrow
import pyarrow.compute as compute
from pyspark import StorageLevel, cloudpickle
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.common.contract import Contract
from jobs.common.csv_records import (
    MARK,
    RECORD,
    Dialect,
    Header,
    Survey,
    blank_letters,
    lines_of_files,
    whole_record,
)
from jobs.common.declaration import UTF_8
from jobs.common.delivery import POSITION, REPLACEMENT, SOURCE_FILE, Sound
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
_SOUND, _DOUBTFUL, _TOLD = 1, 2, 3
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
    """The others: `RECORD`, `SOURCE_FILE`, `POSITION`."""
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
    look = lines_of(contract, header.names, dialect.delimiter, dialect.quote, nulls, clock_of)
    if look is None or dialect.escape or header.marked or header.end != "\n":
        return None
    types = {column.name: column.type for column in contract.columns}
    values = [
        f"`{unknown[name]}` string"
        if field.column is None
        else f"`typed_{field.column}` {types[field.column]}"
        for name, field in zip(header.names, look.fields)
    ]
    short = F.when(F.octet_length(RECORD) <= _LONG, F.col(RECORD))
    lines = lines_of_files(spark, files.values(), header).select(
        short.alias(RECORD), SOURCE_FILE, F.monotonically_increasing_id().alias(POSITION)
    )
    schema = ", ".join([f"{_KIND} tinyint, {RECORD} string, {_FILE} int, {POSITION} bigint", *values])

    def judged(records: bool) -> DataFrame:
        judging = _judging(look, header, dialect, tuple(files), str(contract.watermark), records)
        return lines.mapInArrow(judging, schema).persist(StorageLevel.MEMORY_AND_DISK)

    def placed(frame: DataFrame, kind: int) -> DataFrame:
        # Held as a number: all rows of a file have the same long name.
        file = F.element_at(F.array(*map(F.lit, names)), F.col(_FILE)).alias(SOURCE_FILE)
        return frame.where(F.col(_KIND) == kind).select("*", file).drop(_KIND, _FILE)

    def again() -> tuple[DataFrame, tuple[DataFrame, ...]]:
        frame = judged(records=True)
        return placed(frame, _SOUND), (frame,)

    held = judged(records=False)
    told: dict[str, dict[str, Any]] = {name: {} for name in files}
    names = list(files)
    for row in held.where(F.col(_KIND) == _TOLD).select(_FILE, RECORD).collect():
        place = row[_FILE] - 1
        file, counts = json.loads(row[RECORD])
        name, names[place] = names[place].rpartition("/")[2], file
        told[name] = _summed([told[name], counts])
    of_all = _summed(told.values())
    if of_all.get("long"):
        held.unpersist()
        return None
    doubtful = placed(held, _DOUBTFUL).select(RECORD, SOURCE_FILE, POSITION)
    return LookedAt(
        {
            name: Survey(found.get("top", 0), found.get("open", 0), found.get("undecoded", 0))
            for name, found in told.items()
        },
        Sound(
            placed(held, _SOUND),
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


def _judging(
    look: Lines, header: Header, dialect: Dialect, names: Sequence[str], watermark: str, records: bool
) -> Callable[[Any], Any]:
    """What a task does with lines. `records`: what is sound goes on with its text."""
    top = pyarrow.array([*header.top, *(MARK + line for line in header.top)], pyarrow.string())
    blank, comment, is_utf8 = blank_letters(dialect), dialect.comment, header.encoding == UTF_8
    whole = whole_record(dialect).replace("*+", "*")  # RE2 goes back to nothing, and has no word for that
    place_of = {name: place for place, name in enumerate(names, start=1)}

    def judge(batches: Iterable[Any]) -> Iterator[Any]:
        told: dict[str, Counter[str]] = {}
        latest: dict[str, int] = {}
        for batch in batches:
            files = compute.unique(batch.column(1)).to_pylist()
            for file in files:
                of_file = batch if len(files) == 1 else batch.filter(compute.equal(batch.column(1), file))
                counts = told.setdefault(file, Counter())
                lines = _records(of_file, counts, top, blank, comment, is_utf8)
                places, values = values_of(lines.column(0), look)
                counts["sound"] += len(places)
                for place, (field, value) in enumerate(zip(look.fields, values)):
                    if field.column is None:
                        counts[_unmapped(place)] += len(value) - value.null_count
                    elif (
                        field.column == watermark and field.type == _MOMENT and len(value) > value.null_count
                    ):
                        newest = compute.max(value).cast(pyarrow.int64()).as_py()
                        latest[file] = max(newest, latest.get(file, newest))
                text, position = lines.column(0), lines.column(2)
                sound_text = text.take(places) if records else pyarrow.nulls(len(places), text.type)
                yield batch_of(_SOUND, sound_text, file, position.take(places), values)
                others = _all_but(places, lines.num_rows)
                doubtful = text.filter(others)
                closed = compute.match_substring_regex(doubtful, whole)
                counts["open"] += len(doubtful) - (compute.sum(closed).as_py() or 0)
                counts["doubtful"] += len(doubtful)
                yield batch_of(_DOUBTFUL, doubtful, file, position.filter(others), nothing(len(doubtful)))
        for file, counts in told.items():
            found = {**counts, **({_LATEST: latest[file]} if file in latest else {})}
            text = pyarrow.array([json.dumps([file, found])])
            yield batch_of(_TOLD, text, file, pyarrow.array([0]), nothing(1))

    def batch_of(kind: int, text: Any, file: str, position: Any, values: Sequence[Any]) -> Any:
        place = place_of[file.rpartition("/")[2]]
        kinds, files = (
            pyarrow.array(numpy.full(len(text), number, dtype=type_of))
            for number, type_of in ((kind, numpy.int8), (place, numpy.int32))
        )
        columns = [kinds, text, files, position, *values]
        return pyarrow.RecordBatch.from_arrays(columns, [str(index) for index in range(len(columns))])

    def nothing(rows: int) -> list[Any]:
        return [pyarrow.nulls(rows, field.type) for field in look.fields]

    return judge


def _unmapped(place: int) -> str:
    return f"unmapped {place}"


def _records(batch: Any, counts: Counter[str], top: Any, blank: str, comment: str, is_utf8: bool) -> Any:
    """The lines of a file that are records, or parts of some. The others are counted."""
    counts["long"] += batch.column(0).null_count
    batch = batch.filter(batch.column(0).is_valid())
    lines = batch.column(0)
    if is_utf8:
        try:
            lines.validate(full=True)
        except pyarrow.ArrowInvalid:
            counts["undecoded"] += sum(
                not _is_utf8(line) for line in lines.cast(pyarrow.binary()).to_pylist()
            )
            return batch.slice(0, 0)
    else:
        counts["undecoded"] += compute.sum(compute.match_substring(lines, REPLACEMENT)).as_py() or 0
    above = compute.is_in(lines, top)
    counts["top"] += compute.sum(above).as_py() or 0
    none = compute.or_(above, compute.equal(compute.utf8_trim(lines, blank), ""))
    for mark in ("", MARK) if comment else ():
        none = compute.or_(none, compute.starts_with(lines, mark + comment))
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
