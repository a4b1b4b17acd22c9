"""Reads what a source delivered into the landing bucket: CSV files of one date, every column as a string.

The header of each file is read by the driver, for nothing is known of the order of columns until then: files whose
headers differ are read apart and put side by side by name. What a record and a field are says `csv_records`.

A folder holds files and nothing else. What begins with `.` or `_`, or is called as what is still being uploaded, is no
delivery: a run passes over it and says so.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from typing import Any

from py4j.java_gateway import JavaObject
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.common.contract import Contract
from jobs.common.csv_records import BROKEN, MARK, RECORD, Header, fields, header_of, records, survey, value
from jobs.common.declaration import Source
from jobs.common.delivery import MALFORMED, POSITION, SOURCE_FILE, Delivery, refuse_schema
from jobs.common.errors import (
    DeclarationError,
    JobError,
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

REPLACEMENT = "\ufffd"  # what a decoder puts in the place of bytes that are not UTF-8
LINE = "_line"  # of a file of lines
_HEADER_BYTES = 1 << 16
_KNOWN_OPTIONS = {"header", "multiLine", "delimiter"}
_FIELDS, _LAYOUT = "_fields", "_layout"
_UPLOADING = ("._COPYING_", ".crdownload", ".filepart", ".part", ".partial", ".tmp")
_PACKED = (".7z", ".gz", ".rar", ".tar", ".tgz", ".xz", ".zip", ".zst")


def read_delivery(spark: SparkSession, source: Source, folder: str, contract: Contract) -> Delivery:
    """The files in `folder`, which must be there, be UTF-8 and have the contract's required columns.

    :raises LandingMissingError, LandingFolderError, LandingEmptyError, LandingHeaderError, LandingEncodingError,
        LandingDamagedError, LandingChangedError, StorageError:
    """
    delimiter = _delimiter(source)
    files, warnings = _list(spark, folder)
    by_header: dict[Header, list[str]] = {}
    for file in files:
        by_header.setdefault(_header(spark, file, delimiter, contract), []).append(file)
    names = tuple(dict.fromkeys(name for header in by_header for name in header.names))
    with reading(spark, files):
        parts = [
            _read(spark, paths, header, names, delimiter, layout)
            for layout, (header, paths) in enumerate(by_header.items())
        ]
    frame = reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), parts)
    return Delivery(
        frame,
        names,
        versions=files,
        warnings=warnings,
        held=(RECORD, _LAYOUT),
        retold=tuple(_retold(name, list(by_header), delimiter) for name in names),
    )


def read_documents(spark: SparkSession, folder: str) -> list[tuple[str, bytes]]:
    """The files in `folder` by their addresses: for small documents that are read as a whole.

    :raises LandingMissingError, LandingDamagedError, StorageError:
    """
    return [(file, _bytes(spark, file)) for file in _list(spark, folder)[0]]


def read_lines(spark: SparkSession, folder: str) -> tuple[DataFrame, tuple[str, ...]]:
    """The lines of the files in `folder` that are not blank, as `LINE` with their file in `SOURCE_FILE`, and the files.

    :raises LandingMissingError, LandingFolderError, LandingEncodingError, LandingDamagedError, StorageError:
    """
    files = tuple(_list(spark, folder)[0])
    for file in files:
        _begin(spark, file)
    value = F.col("value")
    line = F.when(value.startswith(MARK), value.substr(F.lit(2), F.length(value))).otherwise(value)
    lines = spark.read.text([_literally(file) for file in files]).where(F.trim(line) != "")
    return lines.select(line.alias(LINE), F.col("_metadata.file_path").alias(SOURCE_FILE)), files


@contextmanager
def reading(spark: SparkSession, versions: Mapping[str, str]) -> Iterator[None]:
    """Around what reads files, whose versions were looked at before: what was read is what stood in the folder then,
    and is whole.

    Spark opens a file long after its header was looked at; of one that was replaced in between it would put values
    under the wrong names.

    :raises LandingChangedError: a file was replaced, added or taken away meanwhile
    :raises LandingDamagedError: a compressed file is cut short or damaged
    """
    try:
        yield
    except (Py4JJavaError, PySparkException):
        _require_unchanged(spark, versions)
        for file in versions:
            if _codec(spark, file) is not None:
                _drain(spark, file)
        raise
    _require_unchanged(spark, versions)


def require_utf8(spark: SparkSession, delivery: Delivery) -> None:
    """Decode every file strictly. Slow: for when a replacement character was met, which may also be the source's own.

    :raises LandingEncodingError: a file is not UTF-8
    """
    jvm = _jvm(spark)
    for file in delivery.files:
        stream = _open(spark, file)
        try:
            decoder = jvm.java.nio.charset.StandardCharsets.UTF_8.newDecoder()
            jvm.java.io.InputStreamReader(stream, decoder).transferTo(jvm.java.io.Writer.nullWriter())
        except Py4JJavaError as error:
            if "CharacterCodingException" in _class_names(error):
                raise LandingEncodingError(f"{file} is not UTF-8; nothing was written") from None
            raise
        finally:
            stream.close()


def _require_unchanged(spark: SparkSession, versions: Mapping[str, str]) -> None:
    if not versions:
        return
    folder = next(iter(versions)).rpartition("/")[0]
    now, _ = _list(spark, folder)
    changed = sorted(file for file in {*now, *versions} if now.get(file) != versions.get(file))
    if changed:
        raise LandingChangedError(
            f"{', '.join(changed)} changed while it was read; nothing was written. "
            "Run the date again once the delivery is complete"
        )


def _drain(spark: SparkSession, file: str) -> None:
    stream = _open(spark, file)
    try:
        stream.transferTo(_jvm(spark).java.io.OutputStream.nullOutputStream())
    except Py4JJavaError as error:
        raise _unreadable(spark, file, error) from error
    finally:
        stream.close()


def _delimiter(source: Source) -> str:
    unknown = set(source.options) - _KNOWN_OPTIONS
    if source.format != "csv" or unknown or source.options.get("header") is not True:
        raise DeclarationError(
            f"source {source.id}: expected format csv with the options header: true, and multiLine or delimiter"
            + (f", not {', '.join(sorted(unknown))}" if unknown else "")
        )
    return str(source.options.get("delimiter", ","))


def _list(spark: SparkSession, folder: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The files in a folder with their versions, by name, and warnings of what is there and is no delivery.

    :raises LandingMissingError, LandingFolderError, StorageError:
    """
    try:
        path = _jvm(spark).org.apache.hadoop.fs.Path(folder)
        system = path.getFileSystem(_hadoop_conf(spark))
        statuses = system.listStatus(path) if system.exists(path) else []
        found = sorted(
            (str(status.getPath().toString()), None if status.isDirectory() else _version(status))
            for status in statuses
        )
    except Py4JJavaError as error:
        raise StorageError(f"cannot list {folder}: {_java_message(error)}") from error
    files: dict[str, str] = {}
    warnings: list[str] = []
    for file, version in found:
        name = file.rpartition("/")[2]
        if name[0] in "._":
            warnings.append(f"{file} is no delivery, for its name begins with {name[0]}")
        elif version is None:
            raise LandingFolderError(
                f"{file} is a folder, and a delivery is the files in {folder} alone; nothing was written. "
                "Deliver its files one level up, or take it away"
            )
        elif name.endswith(_UPLOADING):
            warnings.append(f"{file} is no delivery yet, by its name: it is still being uploaded")
        else:
            files[file] = version
    if not files:
        passed_over = "".join(f"; {warning}" for warning in warnings)
        raise LandingMissingError(f"nothing was delivered: there is no file in {folder}{passed_over}")
    return files, tuple(warnings)


def _version(status: JavaObject) -> str:
    """What differs when a file was replaced. S3 counts its times in seconds, so its ETag is asked for too; only S3A has
    it, and no interface that all of Hadoop's releases know.
    """
    etag = re.search(r"eTag=(\S+)", status.toString())
    return f"{status.getLen()} {status.getModificationTime()} {etag[1] if etag else ''}"


def _begin(spark: SparkSession, file: str) -> str:
    """The first letters of a file.

    :raises LandingDamagedError, LandingEncodingError, StorageError:
    """
    if file.lower().endswith(_PACKED) and _codec(spark, file) is None:
        raise LandingDamagedError(
            f"{file} is packed in a way that is not read here; nothing was written. Deliver it plain, or as .gz"
        )
    begin = _bytes(spark, file, _HEADER_BYTES)
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(begin, final=len(begin) < _HEADER_BYTES)
    except UnicodeDecodeError as error:
        raise LandingEncodingError(f"{file} is not UTF-8 (byte {error.start}); nothing was written") from None
    if "\0" in text:
        raise LandingEncodingError(
            f"{file} is not UTF-8 but UTF-16 or binary (byte {text.index(chr(0))} is zero); nothing was written"
        )
    return text


def _header(spark: SparkSession, file: str, delimiter: str, contract: Contract) -> Header:
    text = _begin(spark, file)
    try:
        header = header_of(text, delimiter)
    except csv.Error as error:
        raise LandingHeaderError(f"the header of {file} is no CSV: {error}; nothing was written") from None
    if header is None:
        raise LandingEmptyError(f"{file} is empty: not even a header; nothing was written")
    try:
        refuse_schema(header.names, contract, f"the header of {file}")
    except SourceSchemaError as error:
        raise LandingHeaderError(str(error)) from None
    return header


def _read(
    spark: SparkSession,
    paths: list[str],
    header: Header,
    names: tuple[str, ...],
    delimiter: str,
    layout: int,
) -> DataFrame:
    """The rows of files that have the same header, which is the one at the place `layout`."""
    files = {path.rpartition("/")[2]: _literally(path) for path in paths}
    surveyed = survey(spark, files, header, delimiter)
    for path, seen in zip(paths, map(surveyed.__getitem__, files)):
        if seen.undecoded:
            raise LandingEncodingError(
                f"{path} is not UTF-8 in {seen.undecoded} of its lines; nothing was written"
            )
    delivered = records(spark, files, header, delimiter, surveyed)
    position = F.monotonically_increasing_id().alias(POSITION)
    told_apart = F.when(~F.col(BROKEN), fields(F.col(RECORD), delimiter))
    parted = delivered.select(RECORD, SOURCE_FILE, position, told_apart.alias(_FIELDS))
    sound = F.coalesce(F.size(_FIELDS) == len(header.names), F.lit(False))
    return parted.select(
        *(
            F.when(sound, value(F.get(_FIELDS, F.lit(place)))).alias(f"raw_{names.index(name)}")
            for place, name in enumerate(header.names)
        ),
        F.when(~sound, F.col(RECORD)).alias(MALFORMED),
        SOURCE_FILE,
        POSITION,
        RECORD,
        F.lit(layout).alias(_LAYOUT),
    )


def _retold(name: str, headers: list[Header], delimiter: str) -> Expression:
    """A field out of a sound record and the header of its file."""
    parted = fields(F.col(RECORD), delimiter)
    return F.coalesce(
        *(
            F.when(F.col(_LAYOUT) == layout, value(F.get(parted, F.lit(header.names.index(name)))))
            for layout, header in enumerate(headers)
            if name in header.names
        )
    )


def _literally(path: str) -> str:
    """A path as what Spark takes for a pattern."""
    return re.sub(r"([\\{}\[\]*?^])", r"\\\1", path)


def _jvm(spark: SparkSession) -> Any:
    return spark.sparkContext._jvm


def _hadoop_conf(spark: SparkSession) -> Any:
    return spark.sparkContext._jsc.hadoopConfiguration()


def _open(spark: SparkSession, file: str) -> JavaObject:
    """A file's bytes, unpacked where its name says that it is compressed; Spark goes by the name too."""
    path = _jvm(spark).org.apache.hadoop.fs.Path(file)
    codec = _codec(spark, file)
    try:
        stream = path.getFileSystem(_hadoop_conf(spark)).open(path)
        return stream if codec is None else codec.createInputStream(stream)
    except Py4JJavaError as error:
        raise _unreadable(spark, file, error) from error


def _bytes(spark: SparkSession, file: str, most: int | None = None) -> bytes:
    stream = _open(spark, file)
    try:
        return bytes(stream.readAllBytes() if most is None else stream.readNBytes(most))
    except Py4JJavaError as error:
        raise _unreadable(spark, file, error) from error
    finally:
        stream.close()


def _codec(spark: SparkSession, file: str) -> JavaObject | None:
    jvm = _jvm(spark)
    factory = jvm.org.apache.hadoop.io.compress.CompressionCodecFactory(_hadoop_conf(spark))
    return factory.getCodec(jvm.org.apache.hadoop.fs.Path(file))


def _unreadable(spark: SparkSession, file: str, error: Py4JJavaError) -> JobError:
    if _codec(spark, file) is None:
        return StorageError(f"cannot read {file}: {_java_message(error)}")
    return LandingDamagedError(
        f"{file} is cut short or damaged ({_java_message(error)}); nothing was written"
    )


def _java_message(error: Py4JJavaError) -> str:
    message = error.java_exception.getMessage() or error.java_exception.toString()
    return str(message).splitlines()[0]


def _class_names(error: Py4JJavaError) -> list[str]:
    kind, names = error.java_exception.getClass(), []
    while kind is not None:
        names.append(str(kind.getSimpleName()))
        kind = kind.getSuperclass()
    return names
