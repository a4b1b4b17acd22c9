"""Dates and times that are spelled as a column declares, read beyond doubt by Arrow's columns: many at once.

What a text is by a format is for `parse` to say. Here a format takes less: years of the calendar that all programs
have, and of what the clocks of a zone show nothing that they never show, or show twice.

Spark's workers can't import this package where a job runs as a plain script, so that functions of this module travel to
them by their value, as those of `sound_values` do.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy
import pyarrow
import pyarrow.compute as compute
from pyspark import cloudpickle
from pyspark.sql import SparkSession

from jobs.common.contract import Parse
from jobs.common.hadoop_files import jvm_of
from jobs.common.parse import AROUND, EPOCH, EPOCH_MILLIS, LETTERS, SHORT_MONTHS, Form, forms_of

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # type: ignore[no-untyped-call]

_YEARS = (1970, 2038)
"""How clocks are set is known from the one to the other."""
_LETTERS = {
    **LETTERS,
    "yyyy": r"(?:1[6-9]|2\d)\d\d",
    "MM": r"0[1-9]|1[0-2]",
    "M": r"0?[1-9]|1[0-2]",
    "dd": r"0[1-9]|[12]\d|3[01]",
    "d": r"0?[1-9]|[12]\d|3[01]",
    "HH": r"[01]\d|2[0-3]",
    "H": r"[01]?\d|2[0-3]",
    "mm": r"[0-5]\d",
    "ss": r"[0-5]\d",
    "X": r"Z|[+-](?:0\d|1[0-3])(?::?[0-5]\d)?",
}
_DATE = r"(?P<y>{yyyy})-(?P<M>{MM})-(?P<d>{dd})".format_map(_LETTERS)
_CLOCK = r"[T ](?P<H>{HH}):(?P<m>{mm}):(?P<s>{ss})(?:\.(?P<S>\d{{1,6}}))?".format_map(_LETTERS)
_OFFSET = r"(?P<X>Z|[+-](?:0\d|1[0-3]):[0-5]\d)"
_WIDE_DATE = r"\d{4}-\d{2}-\d{2}"
_WIDE_CLOCK = r"[Tt ][\d:.]+"
_WIDE_OFFSET = r"(?:[Zz]|[+-]\d{2}:\d{2})"
_DAY = 86_400
_MICROSECONDS = 1_000_000
_MONTHS = SHORT_MONTHS.split("|")


@dataclass(frozen=True)
class Clock:
    """How the clocks of a zone are set. From `begins` to `ends` they show no time, or times that they show twice.
    In seconds since 1970, as the clocks show them.
    """

    begins: tuple[int, ...]
    ends: tuple[int, ...]
    offsets: tuple[int, ...]
    """How far they are ahead of UTC before the first change, and after each; in seconds."""
    since: int
    until: int
    """What is known is of times from the one to the other."""


@dataclass(frozen=True)
class Spelling:
    """How texts are spelled that are dates or times beyond doubt."""

    pattern: str
    """Of the whole text. Its groups have the names of the format's letters; `E` is a number of seconds since 1970, `L`
    of milliseconds."""
    wide: str
    """Of every text that may be a time by this format: none of them is for a later one."""
    letters: tuple[str, ...]
    """The names of the groups."""
    has_named_month: bool = False
    century: int = 0
    """What a year is added to."""
    clock: Clock | None = None
    """By which the time is shown; None where it says its offset, and for a date."""


def spellings_of(
    parse: Parse, kind: str, clock_of: Callable[[str], Clock | None]
) -> tuple[Spelling, ...] | None:
    """How the dates or timestamps of a column are spelled, by the formats that it declares, in their order; None where
    that can't be said of one of them.
    """
    clock = clock_of(parse.timezone) if parse.timezone and kind == "timestamp" else None
    found: list[Spelling | None] = []
    for form in parse.formats or ("iso",):
        if form == "iso" and kind == "date":
            found.append(_of(_DATE, _WIDE_DATE, "yMd"))
        elif form == "iso":
            found.append(_of(_DATE + _CLOCK + _OFFSET, _WIDE_DATE + _WIDE_CLOCK + _WIDE_OFFSET, "yMdHmsSX"))
            if parse.timezone:
                found.append(_shown_by(clock, _of(_DATE + _CLOCK, _WIDE_DATE + _WIDE_CLOCK, "yMdHmsS")))
        elif kind == "date" and form in ("epoch", "epochMillis"):
            found.append(None)
        elif form == "epoch":
            found.append(_of(r"(?P<E>0|[1-9]\d{0,9})(?:\.(?P<S>\d{1,6}))?", EPOCH, "ES"))
        elif form == "epochMillis":
            found.append(_of(r"(?P<L>0|[1-9]\d{0,12})", EPOCH_MILLIS, "L"))
        else:
            found += [_by_form(each, clock) for each in forms_of(form, kind)]
    known = [spelling for spelling in found if spelling is not None and _is_readable(spelling)]
    return tuple(known) if len(known) == len(found) else None


def _of(pattern: str, wide: str, letters: Sequence[str]) -> Spelling:
    return Spelling(rf"\A(?:{pattern})\z", rf"\A{AROUND}(?:{wide}){AROUND}\z", tuple(letters))


def _by_form(form: Form, clock: Clock | None) -> Spelling | None:
    letters = form.letters
    spelling = replace(
        _of(form.pattern(_LETTERS, "(?P<{}>"), form.pattern(LETTERS), tuple(letters)),
        has_named_month=len(letters["M"]) > 2,
        century=2000 if letters["y"] == "yy" else 0,
    )
    return spelling if form.kind == "date" or "X" in letters else _shown_by(clock, spelling)


def _shown_by(clock: Clock | None, spelling: Spelling) -> Spelling | None:
    return None if clock is None else replace(spelling, clock=clock)


def _is_readable(spelling: Spelling) -> bool:
    """Whether RE2 knows all of the patterns, which are Java's first."""
    try:
        compute.extract_regex(pyarrow.array([""]), spelling.pattern)
        compute.match_substring_regex(pyarrow.array([""]), spelling.wide)
    except pyarrow.ArrowInvalid:
        return False
    return True


def clock_of_java(spark: SparkSession) -> Callable[[str], Clock]:
    """How the clocks of a zone are set, as Java has it, for it is Java that judges all doubtful times."""

    @cache
    def clock_of(zone: str) -> Clock:
        java = jvm_of(spark).java.time
        rules = java.ZoneId.of(zone).getRules()
        since, until = (int(numpy.datetime64(str(year), "s").astype(numpy.int64)) for year in _YEARS)
        moment = java.Instant.ofEpochSecond(since - _DAY)
        begins, ends, offsets = [], [], [rules.getOffset(moment).getTotalSeconds()]
        change = rules.nextTransition(moment)
        while change is not None and change.toEpochSecond() < until + _DAY:
            offsets.append(change.getOffsetAfter().getTotalSeconds())
            shown = [change.toEpochSecond() + offset for offset in offsets[-2:]]
            begins.append(min(shown))
            ends.append(max(shown))
            change = rules.nextTransition(change.getInstant())
        return Clock(tuple(begins), tuple(ends), tuple(offsets), since, until)

    return clock_of


def times_of_texts(text: Any, spellings: Sequence[Spelling], kind: Any) -> Any:
    """The dates or timestamps, by the Arrow type `kind`, that texts are beyond doubt; null for all others."""
    size = len(text)
    values, known = numpy.zeros(size, numpy.int64), numpy.zeros(size, bool)
    is_open = compute.is_valid(text).to_numpy(zero_copy_only=False)
    for spelling in spellings:
        if not is_open.any():
            break
        value, is_time = _read(text, spelling, pyarrow.types.is_date(kind))
        is_time &= is_open
        values, known = numpy.where(is_time, value, values), known | is_time
        if spelling is not spellings[-1]:
            may_be = compute.fill_null(compute.match_substring_regex(text, spelling.wide), False)
            is_open &= ~may_be.to_numpy(zero_copy_only=False)
    if pyarrow.types.is_date(kind):
        values = values.astype(numpy.int32)
    return pyarrow.array(values, mask=~known).view(kind)


def _read(text: Any, spelling: Spelling, is_date: bool) -> tuple[Any, Any]:
    """Days or microseconds since 1970 that texts are by a spelling, and which of them are beyond doubt. What the others
    are is not to be used.
    """
    parts = compute.extract_regex(text, spelling.pattern)
    is_time = parts.is_valid().to_numpy(zero_copy_only=False)
    said = {
        letter: compute.fill_null(compute.struct_field(parts, letter), "0") for letter in spelling.letters
    }
    number = {letter: _numbers(said[letter]) for letter in said if letter in "ydHhmsEL"}
    if spelling.has_named_month:
        name = compute.utf8_lower(compute.utf8_slice_codeunits(said["M"], 0, 3))
        number["M"] = compute.index_in(name, pyarrow.array(_MONTHS)).fill_null(0).to_numpy() + 1
    elif "M" in said:
        number["M"] = _numbers(said["M"])
    micros = 0
    if "S" in said:
        micros = _numbers(compute.utf8_slice_codeunits(compute.utf8_rpad(said["S"], 6, "0"), 0, 6))
    if "L" in said:
        return number["L"] * 1000, is_time
    if "E" in said:
        return number["E"] * _MICROSECONDS + micros, is_time
    months = (number["y"] + spelling.century - 1970) * 12 + number["M"] - 1
    first, following = (_days(each) for each in (months, months + 1))
    days = first + number["d"] - 1
    is_time &= days < following
    if is_date:
        return days, is_time
    hour = number.get("H", 0)
    if "h" in said:
        hour = number["h"] % 12 + 12 * _is(compute.equal(compute.utf8_upper(said["a"]), "PM"))
    seconds = days * _DAY + hour * 3600 + number.get("m", 0) * 60 + number.get("s", 0)
    if "X" in said:
        seconds -= _offsets(said["X"])
    elif spelling.clock is not None:
        offset, is_sure = _ahead(seconds, spelling.clock)
        seconds, is_time = seconds - offset, is_time & is_sure
    return seconds * _MICROSECONDS + micros, is_time


def _numbers(text: Any) -> Any:
    return compute.cast(text, pyarrow.int64()).to_numpy(zero_copy_only=False)


def _is(answer: Any) -> Any:
    return answer.to_numpy(zero_copy_only=False)


def _days(months: Any) -> Any:
    """Since 1970, of the first of a month, of which so many have passed since."""
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(numpy.int64)


def _offsets(text: Any) -> Any:
    """Seconds that `Z`, `+01`, `+0100` or `+01:00` is ahead of UTC."""
    digits = compute.replace_substring(compute.replace_substring(text, "Z", "+0"), ":", "")
    number = _numbers(compute.replace_substring(compute.utf8_rpad(digits, 5, "0"), "+", ""))
    return numpy.sign(number) * (abs(number) // 100 * 3600 + abs(number) % 100 * 60)


def _ahead(shown: Any, clock: Clock) -> tuple[Any, Any]:
    """Seconds that the clocks of a zone are ahead of UTC when they show a time, and whether that is sure."""
    changes = numpy.searchsorted(numpy.array(clock.ends, numpy.int64), shown, side="right")
    begun = numpy.searchsorted(numpy.array(clock.begins, numpy.int64), shown, side="right")
    is_sure = (changes == begun) & (shown >= clock.since) & (shown < clock.until)
    return numpy.array(clock.offsets, numpy.int64)[changes], is_sure
