"""Records of CSV files and their fields, told apart strictly: no line can swallow another one.

What a record is, by RFC 4180 and nothing more lenient:

- A record ends with its line; a line end between quotes is part of a value, kept as it was delivered.
- A line ends with LF or CRLF, whatever the lines before ended with; with CR alone where the header does.
- A field that begins with a quote ends with the next quote that is not doubled, and a delimiter or the record's end
  comes next. In any other field a quote is a letter like others, unless the record has several lines.
- A line without a letter is no record, nor is one that begins with what the source declares as `comment`.
- Where quotes do not come out (one that is not closed, one within a field that is not doubled), or a record of several
  lines has another number of fields than the header, its first line alone is malformed, and the next line begins anew.

What a source declares of its files, their `Dialect`, takes the place of a comma, a quote and the rest; the rules stay.
With `escape` a quote within quotes has that letter before it, and is not doubled.

Lines can be read side by side, wherever Spark cuts a file. So the lines of all files are looked at once: a file in
which each line is a record is read so, and one in which some are not is put together line after line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from typing import Any

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.common.declaration import UTF_8
from jobs.common.delivery import REPLACEMENT, SOURCE_FILE, source_file
from jobs.common.joined_lines import JoinedLines, Writing

RECORD, BROKEN, BLOCK = "_record", "_broken", "_block"
MARK = "\ufeff"  # the byte order mark that some programs begin a file with


@dataclass(frozen=True)
class Dialect:
    """How the files of a source are written, as it declares that."""

    delimiter: str = ","
    quote: str = '"'
    """Empty: no field is quoted."""
    escape: str = ""
    """What stands before a quote within quotes, and before itself. Empty: a quote within quotes is doubled."""
    columns: tuple[str, ...] | None = None
    """The names of the fields where files have no header."""
    skip_rows: int = 0
    """Lines above the header."""
    comment: str = ""
    """What lines begin with that are no records."""


@dataclass(frozen=True)
class Header:
    """What a file begins with: its header, or where it has none what is declared instead."""

    names: tuple[str, ...]
    text: str | None
    """As it stands in the file, without its line end and the byte order mark; None where there is none."""
    lines: int
    """Lines up to its end, what is above it among them."""
    end: str
    """What parts lines: LF, also where CR comes before it, or CR."""
    above: tuple[str, ...] = ()
    """The lines above it that could pass for records."""
    marked: bool = False
    """Whether a byte order mark stands before the first record, for there is no line above it. That of UTF-8 does not:
    Hadoop takes it away."""
    encoding: str = UTF_8
    """What the file's letters are written in, as it is with one that says so in its mark."""

    @property
    def top(self) -> tuple[str, ...]:
        """The lines of the file that are no records, as they stand in it."""
        return self.above if self.text is None else (*self.above, self.text)


@dataclass(frozen=True)
class Survey:
    """What the lines of a file are like."""

    top: int
    """Lines that are as one above the first record."""
    open: int
    """Lines that are no whole records."""
    undecoded: int
    """Lines that are not in the encoding."""
    marks: int = 0
    """Lines that begin with a byte order mark; looked at where there is one before the first record."""

    def is_by_line(self, header: Header) -> bool:
        """Whether each line behind the top is a record, wherever in the file it stands."""
        return self.top == len(header.top) and self.open == 0 and (not header.marked or self.marks == 1)


def header_of(text: str, dialect: Dialect, encoding: str = UTF_8) -> Header | None:
    """The header of a file that begins with `text`; None where there is none, and where none is declared, no record.

    :raises csv.Error: it holds what no CSV can
    """
    taken: list[str] = []
    marked = text.startswith(MARK)
    ahead = io.StringIO(text[marked:], newline="")
    above = list(islice(ahead, dialect.skip_rows))
    between = False  # records

    def lines() -> Iterator[str]:
        nonlocal between
        for line in ahead:
            taken.append(line)
            if not (between and _begins_comment(line, dialect)):
                between = False
                yield line

    begin, declared = 0, dialect.columns is not None
    records = csv.reader(lines(), **_for_python(dialect))
    while True:
        between = True
        fields = next(records, None)
        if fields is None:
            return None
        if fields and (declared or any(field.strip() for field in fields)):
            break
        begin = len(taken)
    while _begins_comment(taken[begin], dialect):
        begin += 1
    first = "".join(taken[begin:])
    end = "\r" if first.endswith("\r") else "\n"
    before = "".join([*above, *([] if declared else taken)])
    texts = (line.rstrip("\r\n") for line in above)
    return Header(
        names=dialect.columns
        or tuple(name.strip() or f"_column_{index}" for index, name in enumerate(fields, start=1)),
        text=None if declared else first.rstrip("\r\n"),
        lines=before.count(end) + (before != "" and not before.endswith(end)),
        end=end,
        above=tuple(
            line
            for line in texts
            if line.strip(blank_letters(dialect)) and not _begins_comment(line, dialect)
        ),
        marked=marked and declared and not above and encoding != UTF_8,
        encoding=encoding,
    )


def survey(
    spark: SparkSession, files: Mapping[str, str], header: Header, dialect: Dialect
) -> dict[str, Survey]:
    """Look at every line of files that have the same header. `files` says by name where Spark finds them."""
    line = F.col(RECORD)
    marks = [line.contains(letter) for letter in (dialect.quote, "\r") if letter]
    has_marks = reduce(lambda one, other: one | other, marks)
    looked_at = has_marks & ~_is_no_record(dialect)
    if header.above:
        looked_at = looked_at & ~_is_top(header)
    rows = (
        lines_of_files(spark, files.values(), header)
        .groupBy(SOURCE_FILE)
        .agg(
            F.count_if(_is_top(header)).alias("top"),
            F.count_if(looked_at & ~line.rlike(whole_record(dialect))).alias("open"),
            F.count_if(_is_undecoded(header)).alias("undecoded"),
            (F.count_if(line.startswith(MARK)) if header.marked else F.lit(0)).alias("marks"),
        )
        .collect()
    )
    return {
        row[SOURCE_FILE].rpartition("/")[2]: Survey(row["top"], row["open"], row["undecoded"], row["marks"])
        for row in rows
    }


def records(
    spark: SparkSession,
    files: Mapping[str, str],
    header: Header,
    dialect: Dialect,
    surveyed: Mapping[str, Survey],
) -> DataFrame:
    """The records behind the header of files that have the same: `RECORD`, their text, `BROKEN`, whether quotes do not
    come out in it, and `_source_file`. Those of a file are in its order.
    """
    by_line = [path for name, path in files.items() if surveyed[name].is_by_line(header)]
    joined = [path for name, path in files.items() if not surveyed[name].is_by_line(header)]
    parts: list[DataFrame] = []
    if by_line:
        lines = lines_of_files(spark, by_line, header).where(~_is_top(header) & ~_is_no_record(dialect))
        record = F.col(RECORD)
        if header.marked:
            record = F.when(record.startswith(MARK), record.substr(F.lit(2), F.length(record))).otherwise(
                record
            )
        parts.append(lines.select(record.alias(RECORD), F.lit(False).alias(BROKEN), SOURCE_FILE))
    if joined:
        parts.append(
            in_order(lines_with_blocks(spark, joined, header), len(joined))
            .select(RECORD, SOURCE_FILE)
            .mapInArrow(_joining(header, dialect), f"{RECORD} string, {BROKEN} boolean, {SOURCE_FILE} string")
        )
    return reduce(DataFrame.unionByName, parts)


def fields(record: Expression, dialect: Dialect) -> Expression:
    """The fields of a record whose quotes come out, as an array of what stands between the delimiters."""
    mark = letter_of_pattern(dialect.delimiter)
    parted = F.split(record, mark, -1)
    if not dialect.quote:
        return parted
    quoted = F.regexp_extract_all(
        F.concat(F.lit(dialect.delimiter), record), F.lit(f"{mark}({_field(dialect)})"), 1
    )
    return F.when(record.contains(dialect.quote), quoted).otherwise(parted)


def value(field: Expression, dialect: Dialect) -> Expression:
    """What a field says: without the quotes around it, and those within it once."""
    quote, escape = dialect.quote, dialect.escape
    if not quote:
        return field
    within = field.substr(F.lit(2), F.length(field) - 2)
    if escape:
        escaped = rf"{letter_of_pattern(escape)}([{letter_of_pattern(quote)}{letter_of_pattern(escape)}])"
        said = F.when(within.contains(escape), F.regexp_replace(within, escaped, "$1")).otherwise(within)
    else:
        said = F.replace(within, F.lit(quote * 2), F.lit(quote))
    return F.when(field.startswith(quote), said).otherwise(field)


def _text(spark: SparkSession, paths: Iterable[str], header: Header) -> DataFrame:
    """The lines of files as `value`, in the bytes that they have, which Spark takes for UTF-8."""
    if header.encoding == UTF_8:
        return spark.read.text(list(paths), lineSep=header.end)
    return spark.read.option("encoding", header.encoding).text(list(paths), lineSep=header.end)


def _decoded(header: Header) -> Expression:
    value = F.col("value")
    return value if header.encoding == UTF_8 else F.decode(value.cast("binary"), header.encoding)


def lines_of_files(spark: SparkSession, paths: Iterable[str], header: Header) -> DataFrame:
    """The lines of files, without what ends them, as `RECORD`, with their file."""
    value = _decoded(header)
    line = F.when(value.endswith("\r"), value.substr(F.lit(1), F.length(value) - 1)).otherwise(value)
    return _text(spark, paths, header).select(line.alias(RECORD), source_file())


def lines_with_blocks(spark: SparkSession, paths: Iterable[str], header: Header) -> DataFrame:
    """The lines of files as `RECORD`, without LF at their end but with CR, with their file, and `BLOCK`: where in it
    the part begins in which a line is read, for Spark cuts files where it likes.
    """
    return _text(spark, paths, header).select(
        _decoded(header).alias(RECORD), source_file(), F.col("_metadata.file_block_start").alias(BLOCK)
    )


def in_order(lines: DataFrame, files: int) -> DataFrame:
    """The lines of so many files, those of a file in its order, one after another in one task."""
    at_once = min(files, lines.sparkSession.sparkContext.defaultParallelism)
    return (
        lines.withColumn("_at", F.monotonically_increasing_id())
        .repartition(at_once, SOURCE_FILE)
        .sortWithinPartitions(SOURCE_FILE, BLOCK, "_at")
        .drop("_at")
    )


def _is_undecoded(header: Header) -> Expression:
    """Whether a line is not in the encoding.

    In UTF-16 the halves of two letters can be the bytes of a line end. The line that is ended so has half a letter at
    its end, which is none.
    """
    line = F.col(RECORD)
    if header.encoding == UTF_8:
        return line != F.decode(line.cast("binary"), "UTF-8")
    return line.contains(REPLACEMENT)


def _is_top(header: Header) -> Expression:
    if not header.top:
        return F.lit(False)
    return F.col(RECORD).isin(*header.top, *(MARK + line for line in header.top))


def _is_no_record(dialect: Dialect) -> Expression:
    line, blank = F.col(RECORD), _is_blank(dialect)
    if not dialect.comment:
        return blank
    return blank | line.startswith(dialect.comment) | line.startswith(MARK + dialect.comment)


def _is_blank(dialect: Dialect) -> Expression:
    blank = blank_letters(dialect)
    begins_so = (F.col(RECORD) < "!") | F.col(RECORD).startswith(
        MARK
    )  # most lines are told by their first letter
    return begins_so & (F.translate(RECORD, blank, "") == "")


def blank_letters(dialect: Dialect) -> str:
    """The letters of a line that is no record."""
    return f" {MARK}".replace(dialect.delimiter, "")


def _begins_comment(line: str, dialect: Dialect) -> bool:
    return dialect.comment != "" and line.startswith(dialect.comment)


def _for_python(dialect: Dialect) -> dict[str, Any]:
    """The dialect as Python's `csv` is told it."""
    quoting = (
        {"quotechar": dialect.quote, "doublequote": not dialect.escape}
        if dialect.quote
        else {"quoting": csv.QUOTE_NONE}
    )
    escape = {"escapechar": dialect.escape} if dialect.escape else {}
    return {"delimiter": dialect.delimiter, **quoting, **escape}


def _field(dialect: Dialect) -> str:
    """A field, as a pattern of Java's. No repetition gives back what it has taken, for a field may be long."""
    mark, quote, escape = (
        letter_of_pattern(each) for each in (dialect.delimiter, dialect.quote, dialect.escape)
    )
    if not quote:
        return rf"[^{mark}\r\n]*+"
    inner = f"[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+"
    if escape:
        inner = rf"[^{quote}{escape}]*+(?:{escape}[\s\S][^{quote}{escape}]*+)*+"
    return rf"{quote}{inner}{quote}|(?:[^{quote}{mark}\r\n][^{mark}\r\n]*+)?"


def whole_record(dialect: Dialect) -> str:
    """A record within a line, as a pattern of Java's."""
    field, mark = _field(dialect), letter_of_pattern(dialect.delimiter)
    return rf"\A(?:{field})(?:{mark}(?:{field}))*+\z"


def letter_of_pattern(letter: str) -> str:
    """A letter as a pattern has it, within a class of letters or without."""
    return letter if letter in ("", '"') or letter.isalnum() else f"\\{letter}"


def writing_of(header: Header, dialect: Dialect) -> Writing:
    """How the records of files with this header are written."""
    return Writing(
        len(header.names),
        header.end,
        dialect.delimiter,
        dialect.comment,
        blank_letters(dialect),
        *(letter_of_pattern(each) for each in (dialect.delimiter, dialect.quote, dialect.escape)),
    )


def _joining(header: Header, dialect: Dialect) -> Callable[[Any], Any]:
    """What a task does with the lines of its files, in their order. A function within a function: it travels to the
    workers by its value, for a plain script's workers cannot import this module.
    """
    writing, skipped, marked, byte_order = writing_of(header, dialect), header.lines, header.marked, MARK

    def join(batches: Any) -> Any:
        import pyarrow

        joined = JoinedLines(writing)

        def batch() -> Any:
            columns = zip(*((record.text, record.is_broken, record.place) for record in joined.found))
            names = ["_record", "_broken", "_source_file"]
            made = pyarrow.RecordBatch.from_arrays([pyarrow.array(each) for each in columns], names)
            joined.found.clear()
            return made

        file, seen = "", 0
        for some in batches:
            for line, of_file in zip(some.column(0).to_pylist(), some.column(1).to_pylist()):
                if of_file != file:
                    joined.finish()
                    file, seen = of_file, 0
                seen += 1
                if seen > skipped:
                    begins = marked and seen == 1 and line.startswith(byte_order)
                    joined.take(line[1:] if begins else line, file)
            if joined.found:
                yield batch()
        joined.finish()
        if joined.found:
            yield batch()

    return join
