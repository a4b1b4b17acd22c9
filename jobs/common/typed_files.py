"""Reads what a source delivered into the landing bucket as Parquet or Avro: files of one date, whose values come with
types of their own.

The schema of each file is read by the driver: files whose schemas differ are read apart and put side by side by name. A
column that one of them has not is null there; one that two of them have in different types says nothing that can be
relied on, and refuses the run.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import pyarrow
import pyarrow.ipc
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as spark_types

from jobs.common.contract import Contract
from jobs.common.declaration import Source
from jobs.common.delivery import (
    MALFORMED,
    POSITION,
    Delivery,
    quoted,
    refuse_schema,
    source_file,
)
from jobs.common.errors import LandingDamagedError, SourceSchemaError
from jobs.common.hadoop_files import bytes_of, hadoop_conf, java_message, jvm_of, said_by_java
from jobs.common.landing import list_delivered, load, require_known

KNOWN_OPTIONS = {"include", "exclude", "completeWhen", "nulls"}
# Spark has no moments finer than a microsecond; so it reads such as whole numbers, and what they hold is said here.
_NANOSECONDS_AS_NUMBERS = "spark.sql.legacy.parquet.nanosAsLong"
_AVRO_MARK = 16  # bytes


@dataclass(frozen=True)
class Layout:
    """The columns of files that have the same schema."""

    schema: str
    """What tells it from another one."""
    names: tuple[str, ...]
    nanoseconds: tuple[tuple[str, bool], ...] = ()
    """Columns of moments in nanoseconds, and whether these are of UTC or of no zone."""
    empty: frozenset[str] = frozenset()
    """Columns that hold no value, and have no type."""


def read_typed_delivery(spark: SparkSession, source: Source, folder: str, contract: Contract) -> Delivery:
    """The files in `folder`, which must be there, be whole and have the contract's required columns.

    :raises LandingMissingError, LandingFolderError, LandingDamagedError, SourceSchemaError, StorageError:
    """
    require_known(source, KNOWN_OPTIONS)
    spark.conf.set(_NANOSECONDS_AS_NUMBERS, True)
    files, warnings = list_delivered(spark, folder, source.selection)
    layout_of = {"parquet": _parquet_layout, "avro": _avro_layout}[source.format]
    by_layout: dict[Layout, list[str]] = {}
    for file in files:
        layout = _look(layout_of, spark, file, source.format)
        if layout not in by_layout:
            refuse_schema(layout.names, contract, file)
        by_layout.setdefault(layout, []).append(file)
    names = tuple(dict.fromkeys(name for layout in by_layout for name in layout.names))
    refuse_schema(names, contract, folder)
    parts = [_read(spark, source.format, paths, layout, names) for layout, paths in by_layout.items()]
    _refuse_types(names, parts, [paths[0] for paths in by_layout.values()])
    frame = reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), parts)
    nothing = F.lit(None).cast("string")
    without_type = [f"raw_{at}" for at in range(len(names)) if f"raw_{at}" not in frame.columns]
    beyond = {name: f"beyond_{at}" for at, name in enumerate(names) if f"beyond_{at}" in frame.columns}
    return Delivery(
        frame.select("*", *(nothing.alias(column) for column in without_type)),
        names,
        versions=files,
        selection=source.selection,
        warnings=warnings,
        nulls=source.nulls,
        beyond=beyond,
        format=source.format,
    )


def _look(
    layout_of: Callable[[SparkSession, str], Layout], spark: SparkSession, file: str, kind: str
) -> Layout:
    bytes_of(spark, file, 1)  # what the storage refuses is no damage
    try:
        return layout_of(spark, file)
    except Py4JJavaError as error:
        raise LandingDamagedError(
            f"{file} is no {kind.capitalize()}, or it is cut short or damaged ({java_message(error)}); "
            "nothing was written"
        ) from None


def _parquet_layout(spark: SparkSession, file: str) -> Layout:
    hadoop = jvm_of(spark).org.apache.parquet.hadoop
    path = jvm_of(spark).org.apache.hadoop.fs.Path(file)
    reader = hadoop.ParquetFileReader.open(hadoop.util.HadoopInputFile.fromPath(path, hadoop_conf(spark)))
    try:
        footer = reader.getFooter()
    finally:
        reader.close()
    about = footer.getFileMetaData()
    schema = about.getSchema()
    annotations = {
        str(field.getName()): str(field.getLogicalTypeAnnotation()) for field in schema.getFields()
    }
    nanoseconds = tuple(
        (name, said.endswith("true)"))
        for name, said in annotations.items()
        if said.startswith("TIMESTAMP(NANOS")
    )
    empty = _without_type(about.getKeyValueMetaData().get("ARROW:schema"))
    return Layout(str(schema.toString()), tuple(annotations), nanoseconds, empty)


def _without_type(schema: str | None) -> frozenset[str]:
    """The columns to which Arrow, which pandas writes by, gave no type, for there was no value. In the file's own
    schema they look as if they were numbers.
    """
    if schema is None:
        return frozenset()
    fields = pyarrow.ipc.read_schema(pyarrow.py_buffer(base64.b64decode(schema)))
    return frozenset(field.name for field in fields if pyarrow.types.is_null(field.type))


def _avro_layout(spark: SparkSession, file: str) -> Layout:
    avro = jvm_of(spark).org.apache.avro
    path = jvm_of(spark).org.apache.hadoop.fs.Path(file)
    content = avro.mapred.FsInput(path, hadoop_conf(spark))
    try:
        reader = avro.file.DataFileReader.openReader(content, avro.generic.GenericDatumReader())
        schema, begin, length = reader.getSchema(), int(reader.previousSync()), int(content.length())
    finally:
        content.close()
    # Each block ends with the mark that the header ends with; one that is cut short Avro takes for the file's end.
    if bytes_of(spark, file, begin)[-_AVRO_MARK:] != bytes_of(spark, file, skip=length - _AVRO_MARK):
        raise LandingDamagedError(f"{file} is cut short: it ends within a block; nothing was written")
    if str(schema.getType().getName()) != "record":
        raise SourceSchemaError(
            f"{file} holds no records but {schema.getType().getName()}s; nothing was written"
        )
    fields = list(schema.getFields())
    empty = [str(field.name()) for field in fields if str(field.schema().getType().getName()) == "null"]
    return Layout(
        str(schema.toString()), tuple(str(field.name()) for field in fields), empty=frozenset(empty)
    )


def _read(
    spark: SparkSession, kind: str, paths: list[str], layout: Layout, names: tuple[str, ...]
) -> DataFrame:
    """The rows of files that have the same schema: a column `raw_<place>` for each that has a type."""
    try:
        frame = load(spark, kind, paths)
    except (Py4JJavaError, PySparkException) as error:
        raise SourceSchemaError(
            f"{paths[0]} has a type that is not read here ({said_by_java(error)}); nothing was written. "
            "Let its column be written as text"
        ) from None
    nanoseconds = dict(layout.nanoseconds)
    columns: list[Expression] = []
    for name in layout.names:
        value, place = F.col(quoted(name)), names.index(name)
        if name in nanoseconds:
            moment = F.when(value % 1000 == 0, _moment(value, nanoseconds[name]))
            columns += [moment.alias(f"raw_{place}"), _beyond(value).alias(f"beyond_{place}")]
        elif name not in layout.empty:
            columns.append(value.alias(f"raw_{place}"))
    position = F.monotonically_increasing_id().alias(POSITION)
    return frame.select(*columns, F.lit(None).cast("string").alias(MALFORMED), source_file(frame), position)


def _moment(nanoseconds: Expression, is_of_utc: bool) -> Expression:
    moment = F.timestamp_micros(_floor(nanoseconds))
    return moment if is_of_utc else moment.cast("timestamp_ntz")


def _beyond(nanoseconds: Expression) -> Expression:
    """The text of a moment that falls between two microseconds."""
    to_the_microsecond = F.date_format(F.timestamp_micros(_floor(nanoseconds)), "yyyy-MM-dd HH:mm:ss.SSSSSS")
    rest = F.lpad(F.pmod(nanoseconds, F.lit(1000)).cast("string"), 3, "0")
    return F.when(nanoseconds % 1000 != 0, F.concat(to_the_microsecond, rest))


def _floor(nanoseconds: Expression) -> Expression:
    """Of the microsecond in which it is. A division would go through floating point."""
    return F.floor(nanoseconds.cast("decimal(20,0)") / F.lit(1000).cast("decimal(4,0)")).cast("bigint")


def _refuse_types(names: tuple[str, ...], parts: list[DataFrame], files: list[str]) -> None:
    """:raises SourceSchemaError: a column has different types in different files"""
    found: dict[str, tuple[spark_types.DataType, str]] = {}
    for part, file in zip(parts, files):
        for field in part.schema:
            if not field.name.startswith("raw_"):
                continue
            first, where = found.setdefault(field.name, (field.dataType, file))
            if first.simpleString() != field.dataType.simpleString():
                name = names[int(field.name[len("raw_") :])]
                raise SourceSchemaError(
                    f"the column {name} is {first.simpleString()} in {where} and {field.dataType.simpleString()} "
                    f"in {file}; nothing was written. Let all files of a day have it in one type"
                )
