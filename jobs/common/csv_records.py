"""Records of CSV files and their fields, told apart strictly: no line can swallow another one.

What a record is, by RFC 4180 and nothing more lenient:

- A record ends with its line; a line end between quotes is part of a value, kept as it was delivered.
- A line ends with LF or CRLF, whatever the lines before ended with; with CR alone where the header does.
- A field that begins with a quote ends with the next quote that is not doubled, and a delimiter or the record's end
  comes next. In any other field a quote is a letter like others, unless the record has several lines.
- A line without a letter is no record.
- Where quotes do not come out (one that is not closed, one within a field that is not doubled), or a record of several
  lines has another number of fields than the header, its first line alone is malformed, and the next line begins anew.

Lines can be read side by side, wherever Spark cuts a file. So the lines of all files are looked at once: a file in
which each line is a record is read so, and one in which some are not is put together line after line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.common.delivery import SOURCE_FILE

RECORD, BROKEN = "_record", "_broken"
MARK = "\ufeff"  # the byte order mark that some programs begin a file with
_LONGEST = 32 << 20
"""Letters of a record of several lines. What goes on for longer has a quote that is not closed."""


@dataclass(frozen=True)
class Header:
    """The first record of a file."""

    names: tuple[str, ...]
    text: str
    """As it stands in the file, without its line end and the byte order mark."""
    lines: int
    """Lines up to its end, blank ones before it among them."""
    end: str
    """What parts lines: LF, also where CR comes before it, or CR."""


@dataclass(frozen=True)
class Survey:
    """What the lines of a file are like."""

    headers: int
    """Lines that are the header's text."""
    open: int
    """Lines that are no whole records."""
    undecoded: int
    """Lines that are not UTF-8."""

    @property
    def by_line(self) -> bool:
        """Whether each line but the first is a record."""
        return self.headers == 1 and self.open == 0


def header_of(text: str, delimiter: str) -> Header | None:
    """The header of a file that begins with `text`; None where there is none.

    :raises csv.Error: it holds what no CSV can
    """
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text[text.startswith(MARK) :], newline=""):
            taken.append(line)
            yield line

    begin = 0
    for fields in csv.reader(lines(), delimiter=delimiter):
        if any(field.strip() for field in fields):
            header = "".join(taken[begin:])
            end = "\r" if header.endswith("\r") else "\n"
            return Header(
                names=tuple(name.strip() or f"_column_{index}" for index, name in enumerate(fields, start=1)),
                text=header.rstrip("\r\n"),
                lines="".join(taken).count(end) + (not header.endswith(end)),
                end=end,
            )
        begin = len(taken)
    return None


def survey(
    spark: SparkSession, files: Mapping[str, str], header: Header, delimiter: str
) -> dict[str, Survey]:
    """Look at every line of files that have the same header. `files` says by name where Spark finds them."""
    line = F.col(RECORD)
    has_marks = line.contains('"') | line.contains("\r")
    rows = (
        _lines(spark, files.values(), header)
        .groupBy(SOURCE_FILE)
        .agg(
            F.count_if(_is_header(header)).alias("headers"),
            F.count_if(has_marks & ~_is_blank(delimiter) & ~line.rlike(_whole(delimiter))).alias("open"),
            F.count_if(line != F.decode(line.cast("binary"), "UTF-8")).alias("undecoded"),
        )
        .collect()
    )
    return {
        row[SOURCE_FILE].rpartition("/")[2]: Survey(row["headers"], row["open"], row["undecoded"])
        for row in rows
    }


def records(
    spark: SparkSession,
    files: Mapping[str, str],
    header: Header,
    delimiter: str,
    surveyed: Mapping[str, Survey],
) -> DataFrame:
    """The records behind the header of files that have the same: `RECORD`, their text, `BROKEN`, whether quotes do not
    come out in it, and `_source_file`. Those of a file are in its order.
    """
    by_line = [path for name, path in files.items() if surveyed[name].by_line]
    joined = [path for name, path in files.items() if not surveyed[name].by_line]
    parts: list[DataFrame] = []
    if by_line:
        lines = _lines(spark, by_line, header).where(~_is_header(header) & ~_is_blank(delimiter))
        parts.append(lines.select(RECORD, F.lit(False).alias(BROKEN), SOURCE_FILE))
    if joined:
        at_once = min(len(joined), spark.sparkContext.defaultParallelism)
        in_order = (
            spark.read.text(joined, lineSep=header.end)
            .select(
                F.col("value").alias(RECORD),
                _file(),
                F.col("_metadata.file_block_start").alias("_start"),
                F.monotonically_increasing_id().alias("_at"),
            )
            .repartition(at_once, SOURCE_FILE)
            .sortWithinPartitions(SOURCE_FILE, "_start", "_at")
            .select(RECORD, SOURCE_FILE)
        )
        parts.append(
            in_order.mapInArrow(
                _joining(header, delimiter), f"{RECORD} string, {BROKEN} boolean, {SOURCE_FILE} string"
            )
        )
    return reduce(DataFrame.unionByName, parts)


def fields(record: Expression, delimiter: str) -> Expression:
    """The fields of a record whose quotes come out, as an array of what stands between the delimiters."""
    mark = _literally(delimiter)
    quoted = F.regexp_extract_all(
        F.concat(F.lit(delimiter), record), F.lit(f"{mark}({_field(delimiter)})"), 1
    )
    return F.when(record.contains('"'), quoted).otherwise(F.split(record, mark, -1))


def value(field: Expression) -> Expression:
    """What a field says: without the quotes around it, and those within it once."""
    within = field.substr(F.lit(2), F.length(field) - 2)
    return F.when(field.startswith('"'), F.replace(within, F.lit('""'), F.lit('"'))).otherwise(field)


def _lines(spark: SparkSession, paths: Iterable[str], header: Header) -> DataFrame:
    """The lines of files, without what ends them, as `RECORD`, with their file."""
    value = F.col("value")
    line = F.when(value.endswith("\r"), value.substr(F.lit(1), F.length(value) - 1)).otherwise(value)
    return spark.read.text(list(paths), lineSep=header.end).select(line.alias(RECORD), _file())


def _file() -> Expression:
    """The file of a row, named as it was delivered: Spark has its address, in which some letters are escaped."""
    address = F.col("_metadata.file_path")
    decoded = F.url_decode(F.replace(address, F.lit("+"), F.lit("%2B")))
    return F.when(address.contains("%"), decoded).otherwise(address).alias(SOURCE_FILE)


def _is_header(header: Header) -> Expression:
    return F.col(RECORD).isin(header.text, MARK + header.text)


def _is_blank(delimiter: str) -> Expression:
    blank = _blank(delimiter)
    begins_so = (F.col(RECORD) < "!") | F.col(RECORD).startswith(
        MARK
    )  # most lines are told by their first letter
    return begins_so & (F.translate(RECORD, blank, "") == "")


def _blank(delimiter: str) -> str:
    """The letters of a line that is no record."""
    return f" {MARK}".replace(delimiter, "")


def _field(delimiter: str) -> str:
    """A field, as a pattern of Java's. No repetition gives back what it has taken, for a field may be long."""
    mark = _literally(delimiter)
    return rf'"[^"]*+(?:""[^"]*+)*+"|(?:[^"{mark}\r\n][^{mark}\r\n]*+)?'


def _whole(delimiter: str) -> str:
    """A record within a line, as a pattern of Java's."""
    field, mark = _field(delimiter), _literally(delimiter)
    return rf"\A(?:{field})(?:{mark}(?:{field}))*+\z"


def _literally(delimiter: str) -> str:
    return delimiter if delimiter.isalnum() else f"\\{delimiter}"


def _joining(header: Header, delimiter: str) -> Callable[[Any], Any]:
    """What a task does with the lines of its files, in their order. A function within a function: it travels to the
    workers by its value, for a plain script's workers cannot import this module.
    """
    columns, skipped, end, longest = len(header.names), header.lines, header.end, _LONGEST
    mark, blank = _literally(delimiter), _blank(delimiter)
    inner = r'[^"]*(?:""[^"]*)*'  # of a quoted field
    field = rf'(?:"{inner}"|(?:[^"{mark}\r\n][^{mark}\r\n]*)?)'
    strict = rf'(?:"{inner}"|[^"{mark}\r\n]*)'
    more = rf"(?:{mark}{strict})*"

    def join(batches: Any) -> Any:
        import re
        from collections import deque

        import pyarrow

        # A line by what it is the end of: of a record, or of a part of one that goes on between quotes.
        first_and_last = re.compile(rf"{field}(?:{mark}{field})*\Z")
        first = re.compile(rf'(?:{strict}{more}{mark})?"{inner}\Z')
        last = re.compile(rf'{inner}"{more}\Z')
        between = re.compile(rf'{inner}(?:"{more}{mark}"{inner})?\Z')
        each_field = re.compile(rf"{mark}{strict}")
        found: list[tuple[str, bool, str]] = []
        waiting: list[str] = []  # lines of a record that has not ended
        held = 0  # letters of these

        def whole(record: str) -> bool:
            return sum(1 for _ in each_field.finditer(delimiter + record)) == columns

        def take(*lines: str) -> None:
            nonlocal held
            ahead = deque(lines)
            while ahead:
                line = ahead.popleft()
                text = line[:-1] if line.endswith("\r") else line  # where the record ends here
                if not waiting and first_and_last.match(text):
                    if text.strip(blank):
                        found.append((text, False, file))
                    continue
                if waiting and last.match(text):
                    record = end.join([*waiting, text])
                    if whole(record):
                        found.append((record, False, file))
                        waiting.clear()
                        held = 0
                        continue
                elif (between if waiting else first).match(line) and held <= longest:
                    waiting.append(line)
                    held += len(line)
                    continue
                ahead.appendleft(line)
                give_up(ahead)

        def give_up(ahead: Any) -> None:
            """The first line that waits, or else the next, is malformed; those behind it are looked at anew."""
            nonlocal held
            ahead.extendleft(reversed(waiting))
            waiting.clear()
            held = 0
            line = ahead.popleft()
            found.append((line[:-1] if line.endswith("\r") else line, True, file))

        def end_file() -> None:
            while waiting:
                ahead: Any = deque()
                give_up(ahead)
                take(*ahead)

        def batch() -> Any:
            names = ["_record", "_broken", "_source_file"]
            made = pyarrow.RecordBatch.from_arrays([pyarrow.array(each) for each in zip(*found)], names)
            found.clear()
            return made

        file, seen = "", 0
        for some in batches:
            for line, of_file in zip(some.column(0).to_pylist(), some.column(1).to_pylist()):
                if of_file != file:
                    end_file()
                    file, seen = of_file, 0
                seen += 1
                if seen > skipped:
                    take(line)
            if found:
                yield batch()
        end_file()
        if found:
            yield batch()

    return join
