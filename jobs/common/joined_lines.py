"""Records of CSV that go on over several lines, put together line after line.

Spark's workers can't import this package where a job runs as a plain script, so that what stands here travels to them
by its value. Nothing else of the package may be used in it.
"""

from __future__ import annotations

import re
import sys
from collections import deque
from dataclasses import dataclass
from typing import Any

from pyspark import cloudpickle

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # type: ignore[no-untyped-call]

_LONGEST = 32 << 20
"""Letters of a record of several lines. What goes on for longer has a quote that is not closed."""


@dataclass(frozen=True)
class Writing:
    """How the records of a file are written: letters, and patterns of these where that is said."""

    columns: int
    """Fields that a record of several lines has."""
    end: str
    """What parts lines."""
    delimiter: str
    comment: str
    blank: str
    """Letters of a line that is no record."""
    mark: str
    """A pattern of the delimiter."""
    quote: str
    """A pattern of the quote; empty: no field is quoted."""
    escape: str = ""
    """A pattern of what stands before a quote within quotes; empty: such a one is doubled."""


@dataclass(frozen=True)
class Record:
    """What lines turned out to be."""

    text: str
    is_broken: bool
    """Whether its quotes do not come out."""
    place: Any
    """What was said of the place of its first line."""


class JoinedLines:
    """Takes the lines of a file in their order. Where quotes do not come out the first line alone is a broken record,
    and those behind it are looked at anew.
    """

    def __init__(self, writing: Writing) -> None:
        self.found: list[Record] = []
        """For the caller to take away."""
        self._writing = writing
        self._waiting: list[tuple[str, Any]] = []
        self._held = 0  # letters of what waits
        mark, quote, escape = writing.mark, writing.quote, writing.escape
        inner = rf"[^{quote}]*(?:{quote}{quote}[^{quote}]*)*"  # of a quoted field
        if escape:
            inner = rf"[^{quote}{escape}]*(?:{escape}[\s\S][^{quote}{escape}]*)*"
        # The line's end may be what an escape stands before.
        goes_on = rf"(?:{escape})?\Z" if escape else r"\Z"
        field = rf"(?:{quote}{inner}{quote}|(?:[^{quote}{mark}\r\n][^{mark}\r\n]*)?)"
        strict = rf"(?:{quote}{inner}{quote}|[^{quote}{mark}\r\n]*)"
        if not quote:
            field = strict = rf"[^{mark}\r\n]*"
        more = rf"(?:{mark}{strict})*"
        never = re.compile(r"(?!)")  # without quotes no record goes on
        # A line by what it is the end of: of a record, or of a part of one that goes on between quotes.
        self._whole = re.compile(rf"{field}(?:{mark}{field})*\Z")
        self._first = re.compile(rf"(?:{strict}{more}{mark})?{quote}{inner}{goes_on}") if quote else never
        self._last = re.compile(rf"{inner}{quote}{more}\Z") if quote else never
        self._between = (
            re.compile(rf"{inner}(?:{quote}{more}{mark}{quote}{inner})?{goes_on}") if quote else never
        )
        self._field = re.compile(rf"{mark}{strict}")

    @property
    def is_waiting(self) -> bool:
        """Whether a record has not ended."""
        return bool(self._waiting)

    def take(self, line: str, place: Any) -> None:
        """A line, without LF at its end but with CR."""
        self._take(deque([(line, place)]))

    def finish(self) -> None:
        """No line follows."""
        while self._waiting:
            ahead: deque[tuple[str, Any]] = deque()
            self._give_up(ahead)
            self._take(ahead)

    def _take(self, ahead: deque[tuple[str, Any]]) -> None:
        comment = self._writing.comment
        while ahead:
            line, place = ahead[0]
            text = line[:-1] if line.endswith("\r") else line  # where the record ends here
            is_comment = comment != "" and line.startswith(comment)
            if not self._waiting and (is_comment or self._whole.match(text)):
                ahead.popleft()
                if not is_comment and text.strip(self._writing.blank):
                    self.found.append(Record(text, False, place))
            elif self._waiting and self._last.match(text):
                record = self._writing.end.join([*(waiting for waiting, _ in self._waiting), text])
                if not self._has_all_fields(record):
                    self._give_up(ahead)
                    continue
                ahead.popleft()
                self.found.append(Record(record, False, self._waiting[0][1]))
                self._let_go()
            elif self._held <= _LONGEST and (self._between if self._waiting else self._first).match(line):
                self._waiting.append(ahead.popleft())
                self._held += len(line)
            else:
                self._give_up(ahead)

    def _has_all_fields(self, record: str) -> bool:
        fields = self._field.finditer(self._writing.delimiter + record)
        return sum(1 for _ in fields) == self._writing.columns

    def _give_up(self, ahead: deque[tuple[str, Any]]) -> None:
        """The first line that waits, or else the next, is broken; those behind it are looked at anew."""
        ahead.extendleft(reversed(self._waiting))
        self._let_go()
        line, place = ahead.popleft()
        self.found.append(Record(line[:-1] if line.endswith("\r") else line, True, place))

    def _let_go(self) -> None:
        self._waiting.clear()
        self._held = 0
