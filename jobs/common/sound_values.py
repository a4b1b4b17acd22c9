"""Values of CSV that keep their contract beyond doubt, told by Arrow's columns: many at once.

What a text must be like to have a value is for `conform` to say. Here stands for each type how nearly every program
writes it, which is less than the contract allows: a line all of whose fields are written so is sound, and its values
are made on the spot. A line of which that can't be said is doubtful, which says nothing against it.

Spark's workers can't import this package where a job runs as a plain script, so that functions of this module travel to
them by their value. Nothing else of the package may be used in those that tasks call.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy
import pyarrow
import pyarrow.compute as compute
import pyarrow.csv
from pyspark import cloudpickle

from jobs.common.contract import Column, Contract, Parse
from jobs.common.csv_records import letter_of_pattern
from jobs.common.sound_times import Clock, Spelling, spellings_of, times_of_texts

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # type: ignore[no-untyped-call]

_DAY = (
    r"(?:1[6-9]|2\d)\d\d-"
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))"
)
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)"
_TYPES: dict[str, tuple[str, Any]] = {  # how values are spelled, and their type in Arrow
    "boolean": ("true|false|TRUE|FALSE|True|False", pyarrow.bool_()),
    "date": (_DAY, pyarrow.date32()),
    "timestamp": (f"{_DAY}[T ]{_TIME}", pyarrow.timestamp("us", "UTC")),
}
_NUMBERS: dict[
    str, tuple[int, int, Any]
] = {  # figures before the point and behind it, and their type in Arrow
    "tinyint": (2, 0, pyarrow.int8()),
    "smallint": (4, 0, pyarrow.int16()),
    "int": (9, 0, pyarrow.int32()),
    "bigint": (18, 0, pyarrow.int64()),
    "float": (15, 15, pyarrow.float32()),
    "double": (15, 15, pyarrow.float64()),
}
_SEEN = r"[!-~\p{L}\p{N}]"
_TEXT = pyarrow.string()
_NO_TEXT = pyarrow.scalar(None, _TEXT)
_DIGITS = 9  # of a limit
_WHOLE = ("tinyint", "smallint", "int", "bigint")
_LIMITS = {
    "minimum": "greater_equal",
    "maximum": "less_equal",
    "exclusiveMinimum": "greater",
    "exclusiveMaximum": "less",
}
# Patterns that Java and RE2 read alike, where a value has letters of ASCII alone that can be seen.
_LETTER = r"[A-Za-z0-9 _:;,@/#%=~<>'\"!-]"
_PLAIN = re.compile(
    rf"\^?(?:{_LETTER}|&|\\[dwsDWS.+*?()\[\]{{}}|^$/\\-]|\[\^?(?:{_LETTER}|[.+*?()|$]|\\[dwsDWS.\\/\]-])+\]"
    r"|\((?:\?:)?|[)|.]|[*+?]|\{\d+(?:,\d*)?\})*\$?"
)


@dataclass(frozen=True)
class Field:
    """A field of a line, and what is known of its column."""

    column: str | None
    """Its name in the contract; None where the contract does not know it."""
    type: Any = _TEXT
    """Arrow's."""
    spelled: str | None = None
    """A pattern that the whole of a value has."""
    nullable: bool = True
    trim: bool = False
    nulls: tuple[str, ...] = ()
    choices: tuple[Any, ...] | None = None
    lengths: tuple[int | None, int | None] = (None, None)
    """In letters, the least and the most."""
    limits: tuple[tuple[str, Any], ...] = ()
    """Comparisons that a value passes, by their name in Arrow."""
    marks: tuple[str, str] | None = None
    """Of groups of three figures, and of the fraction, where these are not as usual."""
    booleans: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    """What is said for true and for false, where that is declared."""
    times: tuple[Spelling, ...] = ()
    """How dates or times are spelled, where that is declared."""


@dataclass(frozen=True)
class Lines:
    """What lines look like: their delimiter, their quote (empty: none), and the fields of each."""

    delimiter: str
    quote: str
    fields: tuple[Field, ...]
    plain: str
    """A pattern of the lines in whose fields nothing is to be made out."""


def _no_clock(_: str) -> Clock | None:
    return None


def field_of(
    column: Column, nulls: Sequence[str], clock_of: Callable[[str], Clock | None] = _no_clock
) -> Field | None:
    """How values of a column are told to be sound; None where that takes more than is known here.

    `clock_of`: how the clocks of a zone are set; None where that is not known.
    """
    parse, rules, kind = column.parse, dict(column.rules), column.type
    known = Field(column.name, nullable=column.nullable, trim=parse.trim, nulls=(*nulls, *parse.nulls))
    enum = rules.pop("enum", None)
    choices = None if enum is None else tuple(choice for choice in enum if choice is not None)
    if kind == "string":
        pattern = rules.pop("pattern", None)
        if pattern is not None and not _is_plain(pattern):
            return None
        lengths = (rules.pop("minLength", None), rules.pop("maxLength", None))
        texts = choices is None or all(isinstance(choice, str) for choice in choices)
        if rules or not texts:
            return None
        return replace(known, spelled=pattern, choices=choices, lengths=lengths)
    field = _spelled(known, kind, parse, clock_of)
    if field is None or not (choices is None or (kind in _WHOLE and all(map(_is_short, choices)))):
        return None
    if not all(rule in _LIMITS and _is_comparable(field.type, limit) for rule, limit in rules.items()):
        return None
    limits = tuple((_LIMITS[rule], limit) for rule, limit in rules.items())
    return replace(field, choices=choices, limits=limits)


def _is_short(limit: object) -> bool:
    return isinstance(limit, int) and not isinstance(limit, bool) and abs(limit) < 10**_DIGITS


def _is_comparable(kind: Any, limit: object) -> bool:
    """Whether values of an Arrow type are told from a limit as Spark does it."""
    if pyarrow.types.is_decimal(kind):
        # Both become decimals that hold all of their digits.
        return _is_short(limit) and max(kind.precision - kind.scale, _DIGITS) + kind.scale <= 38
    if pyarrow.types.is_floating(kind):
        return _is_short(limit) or isinstance(limit, float)
    return pyarrow.types.is_integer(kind) and _is_short(limit)


def _spelled(known: Field, kind: str, parse: Parse, clock_of: Callable[[str], Clock | None]) -> Field | None:
    """A field of another type than text, with how its values are spelled."""
    if kind in _TYPES:
        spelled, type_of = _TYPES[kind]
        if parse.true:
            if "" in (*parse.true, *parse.false):
                return None
            return replace(known, type=type_of, booleans=(parse.true, parse.false))
        if parse.formats or parse.timezone:
            times = spellings_of(parse, kind, clock_of)
            return None if times is None else replace(known, type=type_of, times=times)
        return replace(known, type=type_of, spelled=rf"\A(?:{spelled})\z")
    if kind in _NUMBERS:
        whole, fraction, type_of = _NUMBERS[kind]
    else:
        decimal = re.fullmatch(r"decimal\((\d+),(\d+)\)", kind)
        if decimal is None or decimal[1] == decimal[2]:
            return None
        fraction = int(decimal[2])
        whole = int(decimal[1]) - fraction
        type_of = pyarrow.decimal128(whole + fraction, fraction)
    marks = (parse.grouping or "", parse.decimal or ".")
    number = replace(known, type=type_of, spelled=_number(whole, fraction, *marks))
    return number if marks == ("", ".") else replace(number, marks=marks)


def _number(whole: int, fraction: int, group: str, point: str) -> str:
    """A pattern of numbers that have at most so many figures before the point, and behind it."""
    figures = rf"0|[1-9]\d{{0,{whole - 1}}}"
    groups = (whole - 3) // 3
    if group and groups:
        figures += rf"|[1-9]\d{{0,2}}(?:{re.escape(group)}\d{{3}}){{1,{groups}}}"
    behind = rf"(?:{re.escape(point)}\d{{1,{fraction}}})?" if fraction else ""
    return rf"\A-?(?:{figures}){behind}\z"


def _is_plain(pattern: str) -> bool:
    if not _PLAIN.fullmatch(pattern):
        return False
    try:
        compute.match_substring_regex(pyarrow.array([""]), pattern)
    except pyarrow.ArrowInvalid:
        return False
    return True


def lines_of(
    contract: Contract,
    names: Sequence[str],
    delimiter: str,
    quote: str,
    nulls: Sequence[str],
    clock_of: Callable[[str], Clock | None] = _no_clock,
    escape: str = "",
) -> Lines | None:
    """What the lines of files look like whose header has these names; None where that can't be said of a column."""
    columns = {column.source_name: column for column in contract.source_columns}
    fields = [
        field_of(columns[name], nulls, clock_of) if name in columns else Field(None, nulls=tuple(nulls))
        for name in names
    ]
    known = [field for field in fields if field is not None]
    if len(known) < len(fields) or not (len(delimiter) == 1 and f"{delimiter}{quote}{escape}".isascii()):
        return None
    return Lines(delimiter, quote, tuple(known), _plain(delimiter, quote, escape))


def _plain(delimiter: str, quote: str, escape: str) -> str:
    mark, quote, escape = map(letter_of_pattern, (delimiter, quote, escape))
    # What is no UTF-8 matches no class of letters.
    bare = rf"[^{quote}{mark}{escape}\r\n\x{{FFFD}}]*"
    if not quote:
        return rf"\A{bare}(?:{mark}{bare})*\z"
    inner = rf"[^{quote}{escape}\x{{FFFD}}]*"
    doubled = "" if escape else f"(?:{quote}{quote}{inner})*"
    field = f"(?:{quote}{inner}{doubled}{quote}|{bare})"
    return rf"\A{field}(?:{mark}{field})*\z"


def values_of(lines: Any, look: Lines) -> tuple[Any, list[Any]]:
    """The places of the sound ones among lines, and the values of these, field by field."""
    plain = compute.indices_nonzero(compute.match_substring_regex(lines, look.plain))
    texts, places = _fields(lines.take(plain), look)
    places = plain.take(places)
    sound, values = None, []
    for field, text in zip(look.fields, texts):
        value, judged = judge(text, field)
        values.append(value)
        sound = judged if sound is None else compute.and_(sound, judged)
    if compute.all(sound, min_count=0).as_py():
        return places, values
    return places.filter(sound), [value.filter(sound) for value in values]


def _fields(lines: Any, look: Lines) -> tuple[list[Any], Any]:
    """The fields of lines, each as a column of text, and the places of the lines that have as many as there must be."""
    if len(lines) == 0:
        return [pyarrow.array([], pyarrow.string()) for _ in look.fields], pyarrow.array([], pyarrow.uint64())
    surplus: list[int] = []

    def leave_out(row: Any) -> str:
        surplus.append(row.number - 1)
        return "skip"

    names = [str(place) for place in range(len(look.fields))]
    ended = pyarrow.ListArray.from_arrays(
        [0, len(lines) + 1], pyarrow.concat_arrays([lines, pyarrow.array([""])])
    )
    joined = compute.binary_join(ended, "\n")[0].as_buffer()
    table = pyarrow.csv.read_csv(
        pyarrow.BufferReader(joined),
        pyarrow.csv.ReadOptions(column_names=names, use_threads=False, block_size=joined.size + 1),
        pyarrow.csv.ParseOptions(
            delimiter=look.delimiter,
            quote_char=look.quote or False,
            ignore_empty_lines=False,
            newlines_in_values=True,
            invalid_row_handler=leave_out,
        ),
        pyarrow.csv.ConvertOptions(
            column_types={name: pyarrow.string() for name in names}, strings_can_be_null=False
        ),
    ).combine_chunks()
    places = pyarrow.array(numpy.arange(len(lines), dtype=numpy.uint64))
    if surplus:
        places = places.filter(
            compute.invert(compute.is_in(places, pyarrow.array(surplus, pyarrow.uint64())))
        )
    columns = [
        column.chunk(0) if column.num_chunks else pyarrow.array([], pyarrow.string()) for column in table
    ]
    return columns, places


def judge(text: Any, field: Field) -> tuple[Any, Any]:
    """The values of a field in several lines, null where there is none, and in which lines it is sound."""
    missing = compute.equal(text, "")
    if field.nulls:
        missing = compute.or_(missing, compute.is_in(text, pyarrow.array(field.nulls, pyarrow.string())))
    if field.times:
        value = times_of_texts(compute.if_else(missing, _NO_TEXT, text), field.times, field.type)
        seen = value.is_valid()
    else:
        seen = _is_seen(text, missing, field)
        value = _typed(compute.if_else(compute.and_not(seen, missing), text, _NO_TEXT), field)
    for comparison, limit in field.limits:
        kept = compute.call_function(comparison, [value, _limit(limit, field.type)])
        seen = compute.and_(seen, compute.fill_null(kept, False))
    if field.choices is not None:
        kind = _TEXT if field.type == _TEXT else pyarrow.int64()
        chosen = compute.is_in(compute.cast(value, kind), pyarrow.array(field.choices, kind))
        seen = compute.and_(seen, chosen)
    least, most = field.lengths
    if least is not None:
        seen = compute.and_(
            seen, compute.fill_null(compute.greater_equal(compute.utf8_length(value), least), False)
        )
    if most is not None:
        seen = compute.and_(
            seen, compute.fill_null(compute.less_equal(compute.utf8_length(value), most), False)
        )
    return value, compute.or_(seen, missing) if field.nullable else compute.and_not(seen, missing)


def _is_seen(text: Any, missing: Any, field: Field) -> Any:
    """Which texts are spelled as the field's values are, beyond doubt."""
    if field.booleans is not None:
        return compute.is_in(text, pyarrow.array([*field.booleans[0], *field.booleans[1]], pyarrow.string()))
    if field.spelled is not None and field.type != _TEXT:
        return compute.match_substring_regex(text, field.spelled)
    # What begins with a letter that can be seen is neither blank nor, where it ends with one too, to be trimmed.
    seen = compute.and_(compute.greater_equal(text, "!"), compute.less(text, "\x7f"))
    if not compute.all(compute.or_(seen, missing), min_count=0).as_py():
        seen = compute.match_substring_regex(text, rf"\A{_SEEN}")
    if field.trim:
        seen = compute.and_(seen, compute.match_substring_regex(text, rf"{_SEEN}\z"))
    if field.spelled is not None:
        seen = compute.and_(seen, compute.match_substring_regex(text, r"\A[ -~]*\z"))
        seen = compute.and_(seen, compute.match_substring_regex(text, field.spelled))
    return seen


def _typed(text: Any, field: Field) -> Any:
    """The values of texts that are spelled as the field's are."""
    if field.type == _TEXT:
        return text
    if field.booleans is not None:
        true = compute.is_in(text, pyarrow.array(field.booleans[0], pyarrow.string()))
        return compute.if_else(text.is_valid(), true, pyarrow.scalar(None, field.type))
    if field.marks is not None:
        group, point = field.marks
        if group:
            text = compute.replace_substring(text, group, "")
        text = compute.replace_substring(text, point, ".")
    if pyarrow.types.is_boolean(field.type):
        text = compute.utf8_lower(text)
    return compute.cast(text, field.type)


def _limit(limit: float, kind: Any) -> Any:
    if pyarrow.types.is_decimal(kind):
        return pyarrow.scalar(Decimal(int(limit)), pyarrow.decimal128(_DIGITS, 0))
    return pyarrow.scalar(float(limit) if pyarrow.types.is_floating(kind) else limit)
