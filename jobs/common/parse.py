"""Texts that are spelled otherwise than the contract's types are, as a column declares that in `x-dataplat.parse`.

All are expressions of Spark's own. Nothing is guessed: a text that is not spelled as declared has no value, and so its
row goes to quarantine. The letters of a format are those of Java's, as far as they stand for figures or English months:

`yyyy`, `yy` (2000 to 2099), `MM`, `M`, `MMM` (Jan), `MMMM` (January), `dd`, `d`, `HH`, `H`, `hh` and `h` with `a` (AM,
PM), `mm`, `ss`, `S` to `SSSSSSSSS` (a fraction of up to as many digits), `X` (Z, +01, +0100 or +01:00). One letter is a
figure of one or two digits. `'T'` is a text, `[...]` may be missing. Or a format is `iso`, which is how the contract
spells it, `epoch` or `epochMillis`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column as Expression
from pyspark.sql import functions as F

from jobs.common.contract import Parse
from jobs.common.errors import DeclarationError

AROUND = r"[ \t\r\n]*"
"""What may stand around a value, as a pattern."""
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
SHORT_MONTHS = "|".join(name[:3] for name in _MONTHS.split("|"))
LETTERS = {
    "yyyy": r"\d{4}",
    "yy": r"\d{2}",
    "MM": r"\d{2}",
    "M": r"\d{1,2}",
    "MMM": f"(?i:{SHORT_MONTHS})",
    "MMMM": f"(?i:{_MONTHS})",
    "dd": r"\d{2}",
    "d": r"\d{1,2}",
    "HH": r"\d{2}",
    "H": r"\d{1,2}",
    "hh": r"0[1-9]|1[0-2]",
    "h": r"0?[1-9]|1[0-2]",
    "a": "(?i:[ap]m)",
    "mm": r"\d{2}",
    "ss": r"\d{2}",
    "X": r"Z|[+-]\d{2}(?::?\d{2})?",
}
EPOCH, EPOCH_MILLIS = r"-?\d{1,12}(?:\.\d{1,6})?", r"-?\d{1,15}"
_MIDNIGHT = {"HH": "00", "H": "00?", "hh": "12", "h": "12", "a": "(?i:am)", "mm": "00", "ss": "00"}
_ZONELESS = rf"^{AROUND}\d{{4}}-\d{{2}}-\d{{2}}[Tt ]\d{{2}}:\d{{2}}:\d{{2}}(?:\.\d{{1,6}}0{{0,3}})?{AROUND}\z"
_FAR = (
    26 * 3_600_000_000
)  # microseconds: further than any zone is from UTC, and nearer than two changes of clocks


def boolean_of(text: Expression, parse: Parse) -> Expression:
    """The boolean that a text says, by the spellings that are declared for it, letter by letter."""
    said = F.btrim(text, F.lit(" \t\r\n"))
    return F.when(said.isin(*parse.true), F.lit(True)).when(said.isin(*parse.false), F.lit(False))


def plain_number(text: Expression, parse: Parse) -> Expression:
    """A number with a point and nothing else between its figures; null where the marks are not where they may be.

    Groups are of three figures. A number may come without them, for programs leave them out of small ones.
    """
    point, group = parse.decimal or ".", parse.grouping or ""
    whole = rf"(?:\d{{1,3}}(?:{_literally(group)}\d{{3}})++|\d*+)" if group else r"\d*+"
    number = rf"[+-]?{whole}(?:{_literally(point)}\d*+)?(?:[eE][+-]?\d++)?"
    return F.when(text.rlike(rf"^{AROUND}{number}{AROUND}\z"), F.translate(text, point + group, "."))


@dataclass(frozen=True)
class Time:
    """What a text is by one format; null where it is nothing by it."""

    value: Expression
    is_shown: bool = False
    """Whether it is what the clocks of the declared zone show, as if that were UTC, and no moment yet."""


def times_of(text: Expression, kind: str, parse: Parse, strict: Expression) -> list[Time]:
    """The date or the timestamp that a text is, by each of the formats. The first by which it is one counts.
    `strict`: what it is as the contract spells it.

    What clocks show is for the caller to hold before `moment_in` makes a moment of it, which asks for it many times.
    """
    times: list[Time] = []
    for form in parse.formats or ("iso",):
        if form == "iso":
            times.append(Time(strict))
            if parse.timezone and kind == "timestamp":
                shown = F.when(text.rlike(_ZONELESS), _in_capitals(text).cast(kind))
                times.append(Time(shown, is_shown=True))
        elif form == "epoch":
            spelled = _is_spelled(text, EPOCH)
            times.append(Time(F.when(spelled, F.timestamp_seconds(text.cast("decimal(18,6)")))))
        elif form == "epochMillis":
            spelled = _is_spelled(text, EPOCH_MILLIS)
            times.append(Time(F.when(spelled, F.timestamp_millis(text.cast("bigint")))))
        else:
            times += [_by_form(text, each) for each in forms_of(form, kind)]
    return times


def moment_in(local: Expression, parse: Parse) -> Expression:
    """The moment at which clocks of the declared zone show a time; null where they never do, for they are set forward
    over it, and where they do twice, for they are set back, unless it is declared which of both is meant.

    `local` is that time as if it were UTC.
    """
    zone = str(parse.timezone)
    shown = F.unix_micros(local)

    def by_offset_at(micros: Expression) -> Expression:
        there = F.from_utc_timestamp(F.timestamp_micros(micros), zone)
        return F.timestamp_micros(shown - (F.unix_micros(there) - micros))

    early, late = by_offset_at(shown - _FAR), by_offset_at(shown + _FAR)
    is_early = F.from_utc_timestamp(early, zone) == local
    is_late = F.from_utc_timestamp(late, zone) == local
    twice = {"earlier": early, "later": late}.get(parse.overlap or "", F.lit(None).cast("timestamp"))
    return (
        F.when(early == late, early).when(is_early & is_late, twice).when(is_early, early).when(is_late, late)
    )


@dataclass(frozen=True)
class Form:
    """A format without options, for a type."""

    kind: str
    parts: tuple[str, ...]
    """Letters that stand for something, and texts behind a quote."""

    @property
    def letters(self) -> dict[str, str]:
        """By the first of them, letters by which a text says something, in their order. The time of a date is midnight,
        or something would be lost.
        """
        return {
            part[0]: part for part in self.parts if not part.startswith("'") and not self._is_midnight(part)
        }

    def pattern(self, spellings: Mapping[str, str], group: str = "(") -> str:
        """Of a text that is so. What letters stand for is a group each; `spellings` are patterns of what they may be,
        but for the figures of a fraction. `group`: how a group begins, with `{}` for the first letter.
        """
        return "".join(self._spelled(part, spellings, group) for part in self.parts)

    def _spelled(self, part: str, spellings: Mapping[str, str], group: str) -> str:
        if part.startswith("'"):
            return re.escape(part[1:])
        if self._is_midnight(part):
            return "0+" if part[0] == "S" else _MIDNIGHT[part]
        fraction = rf"\d{{1,{min(len(part), 6)}}}0{{0,{max(len(part) - 6, 0)}}}"
        return f"{group.format(part[0])}{fraction if part[0] == 'S' else spellings[part]})"

    def _is_midnight(self, part: str) -> bool:
        return self.kind == "date" and part[0] in "HhmsSa"


def forms_of(form: str, kind: str) -> list[Form]:
    """A format with and without each of what stands in brackets: the longest first."""
    pieces = [match[0] for match in re.finditer(r"'(?:[^']|'')*'|([A-Za-z])\1*|.", form, re.DOTALL)]
    choices: list[list[list[str]]] = [[[]]]
    for piece in pieces:
        if piece == "[":
            choices.append([[], []])
        elif piece == "]":
            choices.append([[]])
        else:
            choices[-1][0].append(_part(form, piece))
    return [
        Form(kind, tuple(part for chosen in each for part in chosen)) for each in itertools.product(*choices)
    ]


def _by_form(text: Expression, form: Form) -> Time:
    letters = form.letters
    groups = {letter: place for place, letter in enumerate(letters, start=1)}
    pattern = rf"^{AROUND}{form.pattern(LETTERS)}{AROUND}\z"

    def said(letter: str) -> Expression:
        return F.regexp_replace(text, pattern, f"${groups[letter]}")

    century = "20" if letters["y"] == "yy" else ""
    date = f"{century}${groups['y']}-${groups['M']}-${groups['d']}"
    clock = ":".join(f"${groups[letter]}" if letter in groups else "00" for letter in "Hms")
    clock += f".${groups['S']}" if "S" in groups else ""
    zone = f"${groups['X']}" if "X" in groups else ""
    plain = len(letters["M"]) < 3 and "h" not in groups
    if plain and form.kind == "date":
        value = F.regexp_replace(text, pattern, date)
    elif plain:
        value = F.regexp_replace(text, pattern, f"{date} {clock}{zone}")
    else:
        month = said("M")
        if len(letters["M"]) >= 3:
            place = F.position(F.lower(F.substring(month, 1, 3)), F.lit(SHORT_MONTHS))
            month = ((place + 3) / 4).cast("int").cast("string")
        day = F.concat(F.lit(century), said("y"), F.lit("-"), month, F.lit("-"), said("d"))
        value = day
        if form.kind != "date":
            if "h" in groups:
                noon = F.when(F.upper(said("a")) == "PM", 12).otherwise(0)
                hour = (said("h").cast("int") % 12 + noon).cast("string")
            else:
                hour = said("H") if "H" in groups else F.lit("00")
            rest = F.regexp_replace(text, pattern, clock.partition(":")[2] + zone)
            value = F.concat(day, F.lit(" "), hour, F.lit(":"), rest)
    time = F.when(text.rlike(pattern), value.cast(form.kind))
    return Time(time, is_shown=form.kind == "timestamp" and "X" not in groups)


def _part(form: str, piece: str) -> str:
    """Letters as they are, a text behind one quote."""
    if piece == "''":
        return "''"
    if piece.startswith("'") and len(piece) > 1:
        return "'" + piece[1:-1].replace("''", "'")
    if piece.isascii() and piece.isalpha():
        if piece not in LETTERS and not re.fullmatch("S{1,9}", piece):
            raise DeclarationError(f'"{piece}" of the format "{form}" is not known')
        return piece
    return f"'{piece}"


def _is_spelled(text: Expression, pattern: str) -> Expression:
    return text.rlike(rf"^{AROUND}{pattern}{AROUND}\z")


def _in_capitals(text: Expression) -> Expression:
    return F.when(text.contains("t"), F.translate(text, "t", "T")).otherwise(text)


def _literally(letter: str) -> str:
    return letter if letter == "" or letter.isalnum() else f"\\{letter}"
