"""Reads what a source delivered into the landing bucket: CSV files of one date, every column as a string.

How files are written is declared by the source's options, never guessed.

The header of each file is read by the driver, for nothing is known of the order of columns until then: files whose
headers differ are read apart and put side by side by name. What a record and a field are says `csv_records`.

A folder holds files and nothing else. What begins with `.` or `_`, or is called as what is still being uploaded, is no
delivery: a run passes over it and says so.
"""

from __future__ import annotations

import codecs
import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import reduce

from py4j.java_gateway import JavaObject
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.common.complete import require_complete
from jobs.common.contract import Contract
from jobs.common.csv_records import (
    BROKEN,
    MARK,
    RECORD,
    Dialect,
    Header,
    fields,
    header_of,
    records,
    survey,
    value,
)
from jobs.common.declaration import ALL_FILES, UTF_8, Selection, Source
from jobs.common.delivery import (
    MALFORMED,
    POSITION,
    SOURCE_FILE,
    Delivery,
    FileVersion,
    Sound,
    refuse_schema,
    source_file,
)
from jobs.common.errors import (
    DeclarationError,
    LandingChangedError,
    LandingDamagedError,
    LandingEmptyError,
    LandingEncodingError,
    LandingFolderError,
    LandingHeaderError,
    LandingMissingError,
    SourceSchemaError,
    StorageError,
)
from jobs.common.hadoop_files import (
    bytes_of,
    class_names_of,
    codec_of,
    hadoop_conf,
    java_message,
    jvm_of,
    literally,
    open_file,
    said_by_java,
    unreadable,
)
from jobs.common.sound_lines import MANY_BYTES, look_at

LINE = "_line"  # of a file of lines
_HEADER_BYTES = 1 << 16
_HINT = ". Where files of the source are written otherwise, its option encoding says how"
_KNOWN_OPTIONS = {
    "include",
    "exclude",
    "encoding",
    "delimiter",
    "quote",
    "escape",
    "header",
    "columns",
    "skipRows",
    "comment",
    "nulls",
    "multiLine",
    "completeWhen",
}
_TYPED = {  # how files are read whose values have types
    # Whoever writes them today counts the days before 1582 as everybody else does.
    "datetimeRebaseMode": "CORRECTED",
    "int96RebaseMode": "CORRECTED",
    "parquet.page.verify-checksum.enabled": "true",  # of pages that have one
}
_UTF_16 = "utf-16"  # in the order that the file's mark says
_PYTHONS = {"windows-31j": "cp932"}  # what Python calls otherwise than Java
_BYTE_ORDERS = {codecs.BOM_UTF16_LE: "utf-16le", codecs.BOM_UTF16_BE: "utf-16be"}
_FIELDS, _LAYOUT = "_fields", "_layout"
_UPLOADING = ("._COPYING_", ".crdownload", ".filepart", ".part", ".partial", ".tmp")
_PACKED = (".7z", ".gz", ".rar", ".tar", ".tgz", ".xz", ".zip", ".zst")


def read_delivery(spark: SparkSession, source: Source, folder: str, contract: Contract) -> Delivery:
    """The files in `folder`, which must be there, be in the source's encoding and have the contract's required columns.

    :raises LandingMissingError, LandingFolderError, LandingEmptyError, LandingHeaderError, LandingEncodingError,
        LandingDamagedError, LandingChangedError, StorageError:
    """
    dialect, encoding = _dialect(source), source.encoding
    files, warnings = list_delivered(spark, folder, source.selection)
    by_header: dict[Header, list[str]] = {}
    for file in files:
        by_header.setdefault(_header(spark, file, encoding, dialect, contract), []).append(file)
    names = tuple(dict.fromkeys(name for header in by_header for name in header.names))
    with reading(spark, files, source.selection):
        parts = [
            _read(
                spark, {path: files[path] for path in paths}, header, names, dialect, layout, source, contract
            )
            for layout, (header, paths) in enumerate(by_header.items())
        ]
    return Delivery(
        _together([part.frame for part in parts]),
        names,
        sound=_sound([part.sound for part in parts if part.sound is not None], len(parts)),
        let_go=tuple(frame for part in parts for frame in part.let_go),
        versions=files,
        selection=source.selection,
        warnings=warnings,
        held=(RECORD, _LAYOUT),
        retold=lambda: [_retold(name, list(by_header), dialect) for name in names],
        nulls=source.nulls,
    )


def read_documents(
    spark: SparkSession, folder: str, selection: Selection = ALL_FILES
) -> list[tuple[str, bytes]]:
    """The files in `folder` by their addresses: for small documents that are read as a whole.

    :raises LandingMissingError, LandingDamagedError, StorageError:
    """
    return [(file, bytes_of(spark, file)) for file in list_delivered(spark, folder, selection)[0]]


def read_lines(
    spark: SparkSession,
    folder: str,
    encoding: str = UTF_8,
    selection: Selection = ALL_FILES,
    whole: bool = False,
) -> tuple[DataFrame, tuple[str, ...]]:
    """The lines of the files in `folder` that are not blank, as `LINE` with their file in `SOURCE_FILE`, and the files.
    `whole`: a file is one line, whatever line ends are in it.

    :raises LandingMissingError, LandingFolderError, LandingEncodingError, LandingDamagedError, StorageError:
    """
    files = tuple(list_delivered(spark, folder, selection)[0])
    by_encoding: dict[str, list[str]] = {}
    for file in files:
        _, found = _begin(spark, file, encoding)
        by_encoding.setdefault(found, []).append(file)
    parts = [_read_lines(spark, paths, found, whole) for found, paths in by_encoding.items()]
    return reduce(DataFrame.unionByName, parts), files


def _read_lines(spark: SparkSession, files: list[str], encoding: str, whole: bool) -> DataFrame:
    reader, value = spark.read, F.col("value")
    if encoding != UTF_8:
        # Without a line end of ours Spark looks for the bytes of UTF-8's.
        reader = reader.options(encoding=encoding, lineSep="\n")
        value = F.decode(value.cast("binary"), encoding)
    line = F.when(value.startswith(MARK), value.substr(F.lit(2), F.length(value))).otherwise(value)
    lines = reader.text([literally(file) for file in files], wholetext=whole).where(F.trim(line) != "")
    return lines.select(line.alias(LINE), source_file())


@contextmanager
def reading(
    spark: SparkSession,
    versions: Mapping[str, FileVersion],
    selection: Selection = ALL_FILES,
    kind: str | None = None,
) -> Iterator[None]:
    """Around what reads files, whose versions were looked at before: what was read is what stood in the folder then,
    and is whole.

    Spark opens a file long after its header was looked at; of one that was replaced in between it would put values
    under the wrong names. `kind`: their format, see `Delivery`.

    :raises LandingChangedError: a file was replaced, added or taken away meanwhile
    :raises LandingDamagedError: a file that is compressed, or of such a format, is cut short or damaged
    """
    try:
        yield
    except (Py4JJavaError, PySparkException):
        _require_unchanged(spark, versions, selection)
        for file in versions:
            if kind is not None:
                _require_whole(spark, file, kind)
            elif codec_of(spark, file) is not None:
                _drain(spark, file)
        raise
    _require_unchanged(spark, versions, selection)


def require_decoded(spark: SparkSession, delivery: Delivery) -> None:
    """Decode every file strictly. Slow: for when a replacement character was met, which may also be the source's own.

    :raises LandingEncodingError: a file is not in its encoding
    """
    jvm = jvm_of(spark)
    for file in delivery.files:
        stream = open_file(spark, file)
        try:
            decoder = jvm.java.nio.charset.Charset.forName(delivery.encoding).newDecoder()
            jvm.java.io.InputStreamReader(stream, decoder).transferTo(jvm.java.io.Writer.nullWriter())
        except Py4JJavaError as error:
            if "CharacterCodingException" in class_names_of(error):
                raise LandingEncodingError(
                    f"{file} is not {delivery.encoding.upper()}; nothing was written"
                ) from None
            raise
        finally:
            stream.close()


def _require_unchanged(
    spark: SparkSession, versions: Mapping[str, FileVersion], selection: Selection
) -> None:
    if not versions:
        return
    folder = next(iter(versions)).rpartition("/")[0]
    now, _, _ = _list(spark, folder, selection)
    changed = sorted(file for file in {*now, *versions} if now.get(file) != versions.get(file))
    if changed:
        raise LandingChangedError(
            f"{', '.join(changed)} changed while it was read; nothing was written. "
            "Run the date again once the delivery is complete"
        )


def load(spark: SparkSession, kind: str, files: Sequence[str]) -> DataFrame:
    """The rows of files of a format that Spark reads itself, one of whose schemas all of them have."""
    return spark.read.format(kind).options(**_TYPED).load([literally(file) for file in files])


def _require_whole(spark: SparkSession, file: str, kind: str) -> None:
    """Read all of a file. Slow: for when one of several could not be read.

    :raises LandingDamagedError: it cannot be
    """
    _drain(spark, file)
    try:
        load(spark, kind, [file]).write.format("noop").mode("overwrite").save()
    except (Py4JJavaError, PySparkException) as error:
        raise LandingDamagedError(
            f"{file} is damaged, or holds what cannot be read ({said_by_java(error)}); nothing was written"
        ) from None


def _drain(spark: SparkSession, file: str) -> None:
    stream = open_file(spark, file)
    try:
        stream.transferTo(jvm_of(spark).java.io.OutputStream.nullOutputStream())
    except Py4JJavaError as error:
        raise unreadable(spark, file, error) from error
    finally:
        stream.close()


def require_known(source: Source, known: Set[str]) -> None:
    """:raises DeclarationError: the source has options that its format does not know"""
    unknown = set(source.options) - known
    if unknown:
        raise DeclarationError(
            f"source {source.id}: expected of {source.format} options of {', '.join(sorted(known))}, "
            f"not {', '.join(sorted(unknown))}"
        )


def _dialect(source: Source) -> Dialect:
    """How the files of a source are written, as it declares that.

    :raises DeclarationError: it declares what no CSV has
    """
    options = source.options
    unknown = set(options) - _KNOWN_OPTIONS
    if source.format != "csv" or unknown:
        raise DeclarationError(
            f"source {source.id}: expected format csv with options of {', '.join(sorted(_KNOWN_OPTIONS))}"
            + (f", not {', '.join(sorted(unknown))}" if unknown else "")
        )
    columns = options.get("columns")
    if (options.get("header", True) is True) == (columns is not None):
        raise DeclarationError(
            f"source {source.id}: columns are named by the header, or with header: false by columns"
        )
    return Dialect(
        delimiter=str(options.get("delimiter", Dialect.delimiter)),
        quote=str(options.get("quote", Dialect.quote)),
        escape=str(options.get("escape", Dialect.escape)),
        columns=None if columns is None else tuple(columns),
        skip_rows=int(options.get("skipRows", Dialect.skip_rows)),
        comment=str(options.get("comment", Dialect.comment)),
    )


def list_delivered(
    spark: SparkSession, folder: str, selection: Selection
) -> tuple[dict[str, FileVersion], tuple[str, ...]]:
    """The files in a folder with their versions, by name, and warnings of what is there and is no delivery.

    :raises LandingMissingError, LandingIncompleteError, LandingFolderError, StorageError:
    """
    files, others, warnings = _list(spark, folder, selection)
    if not files:
        passed_over = "".join(f"; {warning}" for warning in warnings)
        raise LandingMissingError(f"nothing was delivered: there is no file in {folder}{passed_over}")
    if selection.complete is not None:
        require_complete(spark, list(files), others, selection, selection.complete)
    return files, tuple(warnings)


def _list(
    spark: SparkSession, folder: str, selection: Selection
) -> tuple[dict[str, FileVersion], list[str], list[str]]:
    """The files in a folder with their versions, by name, the other files in it, and warnings of these, but for what
    says that the delivery is complete.

    :raises LandingFolderError, StorageError:
    """
    try:
        path = jvm_of(spark).org.apache.hadoop.fs.Path(folder)
        system = path.getFileSystem(hadoop_conf(spark))
        statuses = system.listStatus(path) if system.exists(path) else []
        found = sorted(
            (str(status.getPath().toString()), None if status.isDirectory() else _version(status))
            for status in statuses
        )
    except Py4JJavaError as error:
        raise StorageError(f"cannot list {folder}: {java_message(error)}") from error
    files: dict[str, FileVersion] = {}
    warnings: list[str] = []
    for file, version in found:
        name = file.rpartition("/")[2]
        if version is not None and selection.complete is not None and selection.complete.is_mark(name):
            continue
        if name[0] in "._":
            warnings.append(f"{file} is no delivery, for its name begins with {name[0]}")
        elif not selection.takes(name):
            warnings.append(f"{file} is no delivery, by what the source includes and excludes")
        elif version is None:
            raise LandingFolderError(
                f"{file} is a folder, and a delivery is the files in {folder} alone; nothing was written. "
                "Deliver its files one level up, or take it away"
            )
        elif name.endswith(_UPLOADING):
            warnings.append(f"{file} is no delivery yet, by its name: it is still being uploaded")
        else:
            files[file] = version
    others = [file for file, version in found if version is not None and file not in files]
    return files, others, warnings


def _version(status: JavaObject) -> FileVersion:
    """Only S3A has an ETag, and no interface that all of Hadoop's releases know."""
    etag = re.search(r"eTag=(\S+)", status.toString())
    return FileVersion(int(status.getLen()), int(status.getModificationTime()), etag[1] if etag else "")


def _begin(spark: SparkSession, file: str, encoding: str) -> tuple[str, str]:
    """The first letters of a file, and its encoding; that of UTF-16 is told by the file's mark.

    :raises LandingDamagedError, LandingEncodingError, StorageError:
    """
    if file.lower().endswith(_PACKED) and codec_of(spark, file) is None:
        raise LandingDamagedError(
            f"{file} is packed in a way that is not read here; nothing was written. Deliver it plain, or as .gz"
        )
    begin = bytes_of(spark, file, _HEADER_BYTES)
    if encoding == _UTF_16 and begin:
        if begin[:2] not in _BYTE_ORDERS:
            raise LandingEncodingError(
                f"{file} does not begin with the mark that tells the order of UTF-16's bytes; nothing was written. "
                "Declare the encoding utf-16le or utf-16be"
            )
        encoding = _BYTE_ORDERS[begin[:2]]
    named = encoding.upper()
    try:
        decoder = codecs.getincrementaldecoder(_PYTHONS.get(encoding, encoding))()
        text = decoder.decode(begin, final=len(begin) < _HEADER_BYTES)
    except UnicodeDecodeError as error:
        raise LandingEncodingError(
            f"{file} is not {named} (byte {error.start}); nothing was written{_HINT}"
        ) from None
    if "\0" in text:
        raise LandingEncodingError(
            f"{file} is not {named} but UTF-16 or binary (byte {text.index(chr(0))} is zero); "
            f"nothing was written{_HINT}"
        )
    return text, encoding


def _header(spark: SparkSession, file: str, encoding: str, dialect: Dialect, contract: Contract) -> Header:
    text, found = _begin(spark, file, encoding)
    try:
        header = header_of(text, dialect, found)
    except csv.Error as error:
        raise LandingHeaderError(f"the header of {file} is no CSV: {error}; nothing was written") from None
    if header is None:
        lacks = (
            "not even a header"
            if dialect.columns is None
            else "not one row, and no header says that so it is"
        )
        raise LandingEmptyError(f"{file} is empty: {lacks}; nothing was written")
    where = f"the header of {file}" if dialect.columns is None else "what the source declares as columns"
    try:
        refuse_schema(header.names, contract, where)
    except SourceSchemaError as error:
        raise LandingHeaderError(str(error)) from None
    return header


@dataclass(frozen=True)
class _Read:
    """The rows of files that have the same header, as a `Delivery` has them."""

    frame: DataFrame
    sound: Sound | None = None
    let_go: tuple[DataFrame, ...] = ()


def _read(
    spark: SparkSession,
    versions: Mapping[str, FileVersion],
    header: Header,
    names: tuple[str, ...],
    dialect: Dialect,
    layout: int,
    source: Source,
    contract: Contract,
) -> _Read:
    """The rows of files that have the same header, which is the one at the place `layout`."""
    files = {path.rpartition("/")[2]: literally(path) for path in versions}
    looked_at = None
    if sum(version.bytes for version in versions.values()) >= MANY_BYTES:
        unknown = {name: f"raw_{names.index(name)}" for name in header.names}
        looked_at = look_at(spark, files, header, dialect, contract, source.nulls, unknown)
    surveyed = survey(spark, files, header, dialect) if looked_at is None else looked_at.surveys
    for path, seen in zip(versions, map(surveyed.__getitem__, files)):
        if seen.undecoded:
            raise LandingEncodingError(
                f"{path} is not {header.encoding.upper()} in {seen.undecoded} of its lines; "
                f"nothing was written{_HINT}"
            )
    place = F.lit(layout).alias(_LAYOUT)
    if looked_at is not None and all(seen.is_by_line(header) for seen in surveyed.values()):
        frame = _parted(looked_at.doubtful, header, names, dialect).select("*", place)
        return _Read(frame, _placed(looked_at.sound, place), (looked_at.held,))
    if looked_at is not None:
        looked_at.held.unpersist()
    delivered = records(spark, files, header, dialect, surveyed)
    rows = delivered.select("*", F.monotonically_increasing_id().alias(POSITION))
    return _Read(_parted(rows, header, names, dialect).select("*", place))


def _parted(delivered: DataFrame, header: Header, names: tuple[str, ...], dialect: Dialect) -> DataFrame:
    """The fields of records, where they can be told apart."""
    told_apart = F.when(~F.col(BROKEN), fields(F.col(RECORD), dialect))
    parted = delivered.select(RECORD, SOURCE_FILE, POSITION, told_apart.alias(_FIELDS))
    sound = F.coalesce(F.size(_FIELDS) == len(header.names), F.lit(False))
    return parted.select(
        *(
            F.when(sound, value(F.get(_FIELDS, F.lit(place)), dialect)).alias(f"raw_{names.index(name)}")
            for place, name in enumerate(header.names)
        ),
        F.when(~sound, F.col(RECORD)).alias(MALFORMED),
        SOURCE_FILE,
        POSITION,
        RECORD,
    )


def _placed(sound: Sound, place: Expression) -> Sound:
    def again() -> tuple[DataFrame, tuple[DataFrame, ...]]:
        rows, held = sound.again()
        return rows.select("*", place), held

    return replace(sound, rows=sound.rows.select("*", place), again=again)


def _sound(parts: Sequence[Sound], layouts: int) -> Sound | None:
    """The sound rows of several layouts; `layouts`: how many there are, also of those that were not looked at so."""
    if not parts:
        return None

    def again() -> tuple[DataFrame, tuple[DataFrame, ...]]:
        rows, held = zip(*(part.again() for part in parts))
        return _together(rows), tuple(itertools.chain(*held))

    unmapped: Counter[str] = Counter()
    for part in parts:
        unmapped.update(part.unmapped)
    return Sound(
        rows=_together([part.rows for part in parts]),
        again=again,
        count=sum(part.count for part in parts),
        latest=max((part.latest for part in parts if part.latest is not None), default=None),
        unmapped=unmapped,
        alone=len(parts) == layouts and all(part.alone for part in parts),
    )


def _together(parts: Sequence[DataFrame]) -> DataFrame:
    return reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), parts)


def _retold(name: str, headers: list[Header], dialect: Dialect) -> Expression:
    """A field out of a sound record and the header of its file."""
    parted = fields(F.col(RECORD), dialect)
    return F.coalesce(
        *(
            F.when(F.col(_LAYOUT) == layout, value(F.get(parted, F.lit(header.names.index(name))), dialect))
            for layout, header in enumerate(headers)
            if name in header.names
        )
    )
