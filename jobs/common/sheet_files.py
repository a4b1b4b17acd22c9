"""Reads what a source delivered into the landing bucket as workbooks of spreadsheets (`.xlsx`): one sheet of each file
of one date, every cell as the text that a contract's spellings know.

What a cell says:

- A number is its digits, fifteen at the most, a whole one without a fraction; a boolean `true` or `false`.
- A day with a time is `2026-01-05T12:00:00`, without one `2026-01-05`. Sheets do not tell both apart but by how they
  are shown, so of a column that the contract knows as a day or a moment its type decides. No sheet has a zone.
- A formula is the value that was calculated last. One that never was says nothing that can be read, and so does an
  error (`#N/A`), unless the source declares that as one of its `nulls`: the row is malformed.
- A row without a value is none.

A file is read as a whole by one task, and looked at once before its rows are: for its header, and for whether all of it
can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.common.contract import Contract
from jobs.common.declaration import Source
from jobs.common.delivery import MALFORMED, POSITION, SOURCE_FILE, Delivery, refuse_schema, source_file
from jobs.common.errors import (
    LandingDamagedError,
    LandingEmptyError,
    LandingHeaderError,
    SourceSchemaError,
)
from jobs.common.hadoop_files import literally
from jobs.common.landing import list_delivered, reading, require_known

KNOWN_OPTIONS = {"include", "exclude", "completeWhen", "sheet", "header", "columns", "skipRows", "nulls"}
LARGEST = 100 << 20
"""Bytes of a file. Packed as it is, a sheet of a million rows has less."""
_CELLS = "_cells"
_TIMES = ("timestamp", "date")


def read_sheet_delivery(spark: SparkSession, source: Source, folder: str, contract: Contract) -> Delivery:
    """The files in `folder`, which must be there, be whole and have the contract's required columns.

    :raises LandingMissingError, LandingFolderError, LandingEmptyError, LandingHeaderError, LandingDamagedError,
        SourceSchemaError, StorageError:
    """
    require_known(source, KNOWN_OPTIONS)
    files, warnings = list_delivered(spark, folder, source.selection)
    for file, version in files.items():
        if version.bytes == 0:
            raise LandingDamagedError(f"{file} cannot be read (there is nothing in it); nothing was written")
        if version.bytes > LARGEST:
            raise LandingDamagedError(
                f"{file} is larger than {LARGEST >> 20} MB, and a workbook is read as a whole; nothing was written. "
                "Deliver it in parts, or as CSV or Parquet"
            )
    with reading(spark, files, source.selection):
        headers = _headers(spark, source, files)
    by_header: dict[tuple[str, ...], list[str]] = {}
    for file in files:
        by_header.setdefault(headers[file], []).append(file)
    for header, paths in by_header.items():
        where = (
            "what the source declares as columns"
            if "columns" in source.options
            else f"the header of {paths[0]}"
        )
        try:
            refuse_schema(header, contract, where)
        except SourceSchemaError as error:
            raise LandingHeaderError(str(error)) from None
    names = tuple(dict.fromkeys(name for header in by_header for name in header))
    parts = [_read(spark, source, paths, header, names, contract) for header, paths in by_header.items()]
    return Delivery(
        reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), parts),
        names,
        versions=files,
        selection=source.selection,
        warnings=warnings,
        nulls=source.nulls,
    )


def _headers(spark: SparkSession, source: Source, files: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The header of each file, after all of it was read."""
    schema = f"{SOURCE_FILE} string, {_CELLS} array<string>, _rows bigint, _problem string, _said string"
    seen = _contents(spark, list(files)).mapInArrow(_reader(source, None, ()), schema).collect()
    by_name = {file.rpartition("/")[2]: file for file in files}
    headers: dict[str, tuple[str, ...]] = {}
    for row in sorted(seen, key=lambda row: str(row[SOURCE_FILE])):
        file = by_name[row[SOURCE_FILE].rpartition("/")[2]]
        if row["_problem"] == "damaged":
            raise LandingDamagedError(f"{file} cannot be read ({row['_said']}); nothing was written")
        if row["_problem"] == "sheet":
            raise SourceSchemaError(
                f'{file} has no sheet "{source.options["sheet"]}"; it has {row["_said"]}; nothing was written'
            )
        if row[_CELLS] is None or ("columns" in source.options and row["_rows"] == 0):
            lacks = "not one row" if "columns" in source.options else "not even a header"
            raise LandingEmptyError(f"the sheet of {file} is empty: {lacks}; nothing was written")
        headers[file] = tuple(source.options.get("columns") or row[_CELLS])
    return headers


def _read(
    spark: SparkSession,
    source: Source,
    paths: list[str],
    header: tuple[str, ...],
    names: tuple[str, ...],
    contract: Contract,
) -> DataFrame:
    """The rows of files that have the same header."""
    types = {column.source_name: column.type for column in contract.source_columns if column.type in _TIMES}
    kinds = tuple(types.get(name, "") for name in header)
    schema = f"{SOURCE_FILE} string, {POSITION} bigint, {_CELLS} array<string>, {MALFORMED} string"
    rows = _contents(spark, paths).mapInArrow(_reader(source, len(header), kinds), schema)
    return rows.select(
        *(
            F.get(F.col(_CELLS), F.lit(place)).alias(f"raw_{names.index(name)}")
            for place, name in enumerate(header)
        ),
        MALFORMED,
        SOURCE_FILE,
        POSITION,
    )


def _contents(spark: SparkSession, paths: list[str]) -> DataFrame:
    found = spark.read.format("binaryFile").load([literally(path) for path in paths])
    return found.select(source_file(), "content")


def _reader(source: Source, columns: int | None, kinds: tuple[str, ...]) -> Callable[[Any], Any]:
    """What a task does with files: tells their headers and whether they can be read, or with the number of `columns`,
    and which of them are days and moments, their rows. A function within a function: it travels to the workers by its
    value, for a plain script's workers cannot import this module.
    """
    sheet, skipped = source.options.get("sheet"), int(source.options.get("skipRows", 0))
    has_header, nulls = "columns" not in source.options, frozenset(source.nulls)

    def read(batches: Any) -> Any:
        import datetime as dt
        import io
        import json
        from decimal import Decimal

        import openpyxl
        import pyarrow
        from openpyxl.styles.numbers import is_datetime

        def text(cell: Any, kind: str) -> str | None:
            value = cell.value
            if value is None or value == "":
                return None
            if isinstance(value, bool):
                return "true" if value else "false"
            if isinstance(value, float):
                # Fifteen digits, as spreadsheets show and compare them: a sum of cents is 59.97 to them, and in the
                # file 59.970000000000006.
                return str(int(value)) if value.is_integer() else format(Decimal(f"{value:.15g}"), "f")
            if isinstance(value, dt.datetime):
                midnight = value.time() == dt.time()
                is_day = kind == "date" or (kind == "" and is_datetime(cell.number_format) == "date")
                return value.date().isoformat() if midnight and is_day else value.isoformat()
            if isinstance(value, dt.timedelta):
                seconds = value // dt.timedelta(seconds=1)
                return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
            return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)

        def says_nothing(value: Any, formula: Any) -> bool:
            if value.data_type == "e":
                return str(value.value) not in nulls
            return value.value is None and formula.data_type == "f"

        def rows_of(content: bytes) -> Any:
            """The rows that have a value: their places, texts, and whether all of these can be relied on."""
            books = [
                openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=calculated)
                for calculated in (True, False)
            ]
            if sheet is not None and sheet not in books[0].sheetnames:
                raise LookupError(", ".join(books[0].sheetnames))
            sheets = [book.worksheets[0] if sheet is None else book[sheet] for book in books]
            for each in sheets:
                each.reset_dimensions()  # what a program says of them need not be so
            for place, (values, formulas) in enumerate(zip(*(each.iter_rows() for each in sheets))):
                if place < skipped:
                    continue
                wanted = [*kinds, *[""] * (len(values) - len(kinds))]
                texts = [text(cell, kind) for cell, kind in zip(values, wanted)]
                broken = any(map(says_nothing, values, formulas))
                while texts and texts[-1] is None:
                    texts.pop()
                if texts or broken:
                    yield place, texts, broken

        def look(file: str, content: bytes) -> tuple[Any, ...]:
            if content[:8] == bytes.fromhex("d0cf11e0a1b11ae1"):
                said = (
                    "it is protected by a password, or of Excel before 2007: deliver it as .xlsx without one"
                )
                return file, None, 0, "damaged", said
            header, count = None, 0
            try:
                for _, texts, _ in rows_of(content):
                    if header is None:
                        header = [
                            (said or "").strip() or f"_column_{place}"
                            for place, said in enumerate(texts, start=1)
                        ]
                    count += 1
            except LookupError as error:
                if type(error) is LookupError:
                    return file, None, 0, "sheet", str(error)
                return file, None, 0, "damaged", repr(error)
            except Exception as error:
                return file, None, 0, "damaged", str(error) or repr(error)
            return file, header, count, None, None

        def batch_of(names: list[str], types: list[Any], found: list[Any]) -> Any:
            columns_of = [pyarrow.array(each, kind) for each, kind in zip(zip(*found), types)]
            return pyarrow.RecordBatch.from_arrays(columns_of, names)

        letters = pyarrow.string()
        cells, whole = pyarrow.list_(letters), pyarrow.int64()
        for some in batches:
            for file, content in zip(some.column(0).to_pylist(), some.column(1).to_pylist()):
                if columns is None:
                    seen = ["_source_file", "_cells", "_rows", "_problem", "_said"]
                    yield batch_of(seen, [letters, cells, whole, letters, letters], [look(file, content)])
                    continue
                names = ["_source_file", "_position", "_cells", "_malformed"]
                found: list[Any] = []
                is_header = has_header
                for place, texts, broken in rows_of(content):
                    if is_header:
                        is_header = False
                        continue
                    malformed = broken or len(texts) > columns
                    said = json.dumps(texts, ensure_ascii=False) if malformed else None
                    found.append((file, place, None if malformed else texts, said))
                    if len(found) == 5000:
                        yield batch_of(names, [letters, whole, cells, letters], found)
                        found = []
                if found:
                    yield batch_of(names, [letters, whole, cells, letters], found)

    return read
