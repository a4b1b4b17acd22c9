"""Reads what a source delivered into the landing bucket: CSV files of one date, every column as a string.

The header of each file is read by the driver, for nothing is known of the order of columns until then: files whose
headers differ are read apart and put side by side by name. That costs no Spark job.

Blank lines are no rows. In a file whose lines end with CRLF, a line break within quotes arrives as LF (Spark's parser
reads them so); otherwise every character of a value is kept.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from typing import Any

from py4j.java_gateway import JavaObject
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from jobs.common.contract import Contract
from jobs.common.declaration import Source
from jobs.common.delivery import MALFORMED, POSITION, SOURCE_FILE, Delivery, refuse_schema
from jobs.common.errors import (
    DeclarationError,
    JobError,
    LandingChangedError,
    LandingDamagedError,
    LandingEmptyError,
    LandingEncodingError,
    LandingHeaderError,
    LandingMissingError,
    SourceSchemaError,
    StorageError,
)

REPLACEMENT = "\ufffd"  # what a decoder puts in the place of bytes that are not UTF-8
LINE = "_line"  # of a file of lines
_CORRUPT = "_dataplat_malformed"
_HEADER_BYTES = 1 << 16
_KNOWN_OPTIONS = {"header", "multiLine", "delimiter"}


def read_delivery(spark: SparkSession, source: Source, folder: str, contract: Contract) -> Delivery:
    """The files in `folder`, which must be there, be UTF-8 and have the contract's required columns.

    :raises LandingMissingError, LandingEmptyError, LandingHeaderError, LandingEncodingError, LandingDamagedError,
        StorageError:
    """
    delimiter = _delimiter(source)
    files = _list(spark, folder)
    by_header: dict[tuple[str, ...], list[str]] = {}
    for file, _ in files:
        by_header.setdefault(_header(spark, file, delimiter, contract), []).append(file)
    names = tuple(dict.fromkeys(name for header in by_header for name in header))
    parts = [_read(spark, paths, header, names, delimiter) for header, paths in by_header.items()]
    frame = reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), parts)
    return Delivery(frame, names, tuple(file for file, _ in files), versions=dict(files))


def read_documents(spark: SparkSession, folder: str) -> list[tuple[str, bytes]]:
    """The files in `folder` by their addresses: for small documents that are read as a whole.

    :raises LandingMissingError, LandingDamagedError, StorageError:
    """
    return [(file, _bytes(spark, file)) for file, _ in _list(spark, folder)]


def read_lines(spark: SparkSession, folder: str) -> tuple[DataFrame, tuple[str, ...]]:
    """The lines of the files in `folder` that are not blank, as `LINE` with their file in `SOURCE_FILE`, and the files.

    :raises LandingMissingError, StorageError:
    """
    files = tuple(file for file, _ in _list(spark, folder))
    lines = spark.read.text([_literally(file) for file in files]).where(F.trim("value") != "")
    return lines.select(F.col("value").alias(LINE), F.col("_metadata.file_path").alias(SOURCE_FILE)), files


@contextmanager
def reading(spark: SparkSession, delivery: Delivery) -> Iterator[None]:
    """Around the one pass that reads a delivery: what was read is what stood in the folder before, and is whole.

    Spark opens a file long after its header was looked at; of one that was replaced in between it would put values
    under the wrong names.

    :raises LandingChangedError: a file was replaced, added or taken away meanwhile
    :raises LandingDamagedError: a compressed file is cut short or damaged
    """
    try:
        yield
    except (Py4JJavaError, PySparkException):
        _require_unchanged(spark, delivery)
        for file in delivery.files:
            if _codec(spark, file) is not None:
                _drain(spark, file)
        raise
    _require_unchanged(spark, delivery)


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


def _require_unchanged(spark: SparkSession, delivery: Delivery) -> None:
    if not delivery.versions:
        return
    folder = next(iter(delivery.versions)).rpartition("/")[0]
    now = dict(_list(spark, folder))
    changed = sorted(
        file for file in {*now, *delivery.versions} if now.get(file) != delivery.versions.get(file)
    )
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


def _list(spark: SparkSession, folder: str) -> list[tuple[str, str]]:
    """The files in a folder with their versions, by name; names that begin with `.` or `_` are not data."""
    try:
        path = _jvm(spark).org.apache.hadoop.fs.Path(folder)
        system = path.getFileSystem(_hadoop_conf(spark))
        statuses = system.listStatus(path) if system.exists(path) else []
        found = [
            (status.getPath().toString(), _version(status))
            for status in statuses
            if status.isFile() and status.getPath().getName()[0] not in "._"
        ]
    except Py4JJavaError as error:
        raise StorageError(f"cannot list {folder}: {_java_message(error)}") from error
    if not found:
        raise LandingMissingError(f"nothing was delivered: there is no file in {folder}")
    return sorted(found)


def _version(status: JavaObject) -> str:
    """What differs when a file was replaced. S3 counts its times in seconds, so its ETag is asked for too; only S3A has
    it, and no interface that all of Hadoop's releases know.
    """
    etag = re.search(r"eTag=(\S+)", status.toString())
    return f"{status.getLen()} {status.getModificationTime()} {etag[1] if etag else ''}"


def _header(spark: SparkSession, file: str, delimiter: str, contract: Contract) -> tuple[str, ...]:
    begin = _bytes(spark, file, _HEADER_BYTES)
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(begin, final=len(begin) < _HEADER_BYTES)
    except UnicodeDecodeError as error:
        raise LandingEncodingError(f"{file} is not UTF-8 (byte {error.start}); nothing was written") from None
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    first = next((row for row in rows if row), None)
    if first is None:
        raise LandingEmptyError(f"{file} is empty: not even a header; nothing was written")
    names = tuple(name.strip() or f"_column_{index}" for index, name in enumerate(first, start=1))
    try:
        refuse_schema(names, contract, f"the header of {file}")
    except SourceSchemaError as error:
        raise LandingHeaderError(str(error)) from None
    return names


def _read(
    spark: SparkSession, paths: list[str], header: tuple[str, ...], names: tuple[str, ...], delimiter: str
) -> DataFrame:
    frame = spark.read.csv(
        [_literally(path) for path in paths],
        schema=StructType([StructField(name, StringType()) for name in [*header, _CORRUPT]]),
        header=True,
        enforceSchema=True,
        sep=delimiter,
        quote='"',
        escape='"',
        multiLine=True,  # always: a quoted line break is legal in every CSV file
        encoding="UTF-8",
        ignoreLeadingWhiteSpace=False,
        ignoreTrailingWhiteSpace=False,
        mode="PERMISSIVE",
        columnNameOfCorruptRecord=_CORRUPT,
        maxCharsPerColumn=-1,
    )
    return frame.select(
        *(F.col(_quoted(name)).alias(f"raw_{names.index(name)}") for name in header),
        F.col(_CORRUPT).alias(MALFORMED),
        F.col("_metadata.file_path").alias(SOURCE_FILE),
        F.monotonically_increasing_id().alias(POSITION),
    )


def _literally(path: str) -> str:
    """A path as what Spark takes for a pattern."""
    return re.sub(r"([\\{}\[\]*?^])", r"\\\1", path)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


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
