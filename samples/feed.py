"""What one dataset of a system delivers over the month: sound rows, rows that break its contract, and their counts."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass, field
from typing import Callable, Dict, List, Sequence

from chance import Draw, Row

Breaking = Callable[[Draw, Row], None]
"""Takes what is sound in a row away."""


@dataclass
class Feed:
    """A dataset: `breaking` says by reason how a row comes to break the contract, `defects` how often on which day."""

    title: str
    key: str
    header: Sequence[str]
    breaking: Dict[str, Breaking]
    defects: Dict[int, Dict[str, int]]
    days: List[List[str]] = field(default_factory=list)
    """A line of the page for each day, in cells."""

    def broken(self, draw: Draw, day: dt.date, good: Sequence[Row], fresh: Callable[[], Row]) -> List[Row]:
        """The day's rows that have to be rejected, each for one reason."""
        rows: List[Row] = []
        for reason, count in self.defects.get(day.day, {}).items():
            for index in range(count):
                if reason.startswith("duplicate:"):
                    rows.append(dict(good[index]))
                else:
                    row = fresh()
                    self.breaking[reason](draw, row)
                    rows.append(row)
        return rows

    def mixed(self, draw: Draw, day: dt.date, good: Sequence[Row], fresh: Callable[[], Row]) -> List[Row]:
        """Sound and broken rows of a day in the order of their delivery; they are counted for the page."""
        rows = list(good)
        for row in self.broken(draw, day, good, fresh):
            rows.insert(draw.below(len(rows) + 1), row)
        self.count(day, len(rows), self.defects.get(day.day, {}))
        return rows

    def count(self, day: dt.date, rows: int, reasons: Dict[str, int], remark: str = "") -> None:
        """Put a day on the page."""
        rejected = sum(reasons.values())
        told = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
        self.days.append([day.isoformat(), str(rows), str(rejected), str(rows - rejected), told, remark])

    def page(self) -> str:
        """The table of README.md: a line a day, with totals."""
        columns = ["Date", "Rows", "Quarantine", "Bronze", "Reasons", "File"]
        totals = [str(sum(int(day[column]) for day in self.days)) for column in (1, 2, 3)]
        lines = ["", f"### {self.title}", "", "| " + " | ".join(columns) + " |"]
        lines.append("| --- | ---: | ---: | ---: | --- | --- |")
        lines += ["| " + " | ".join(cells) + " |" for cells in [*self.days, ["all", *totals, "", ""]]]
        return "\n".join(lines) + "\n"

    def as_csv(self, rows: Sequence[Row]) -> bytes:
        """A file of rows, with a header."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows([row[name] for name in self.header] for row in rows)
        return text.getvalue().encode()


def put(column: str, value: str) -> Breaking:
    """A row that breaks the contract by one column's value."""

    def change(_: Draw, row: Row) -> None:
        row[column] = value

    return change


def weight(day: dt.date) -> int:
    """How busy a day is, in percent: less at weekends."""
    return 40 if day.weekday() >= 5 else 100
