"""Single files of the lake, as Hadoop's file systems have them: the driver looks into them before Spark reads them."""

from __future__ import annotations

import re
from typing import Any

from py4j.java_gateway import JavaObject
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from jobs.common.errors import JobError, LandingDamagedError, StorageError


def literally(path: str) -> str:
    """A path as what Spark takes for a pattern."""
    return re.sub(r"([\\{}\[\]*?^])", r"\\\1", path)


def jvm_of(spark: SparkSession) -> Any:
    return spark.sparkContext._jvm


def hadoop_conf(spark: SparkSession) -> Any:
    return spark.sparkContext._jsc.hadoopConfiguration()


def open_file(spark: SparkSession, file: str) -> JavaObject:
    """A file's bytes, unpacked where its name says that it is compressed; Spark goes by the name too."""
    path = jvm_of(spark).org.apache.hadoop.fs.Path(file)
    codec = codec_of(spark, file)
    try:
        stream = path.getFileSystem(hadoop_conf(spark)).open(path)
        return stream if codec is None else codec.createInputStream(stream)
    except Py4JJavaError as error:
        raise unreadable(spark, file, error) from error


def bytes_of(spark: SparkSession, file: str, most: int | None = None, skip: int = 0) -> bytes:
    """A file's bytes, unpacked, at most so many, behind those that are skipped.

    :raises LandingDamagedError, StorageError:
    """
    stream = open_file(spark, file)
    try:
        if skip:
            stream.seek(skip)
        return bytes(stream.readAllBytes() if most is None else stream.readNBytes(most))
    except Py4JJavaError as error:
        raise unreadable(spark, file, error) from error
    finally:
        stream.close()


def digest_of(spark: SparkSession, file: str, algorithm: str) -> str:
    """The checksum of a file's bytes as they lie there, in hexadecimal digits.

    :raises StorageError:
    """
    jvm = jvm_of(spark)
    path = jvm.org.apache.hadoop.fs.Path(file)
    digest = jvm.java.security.MessageDigest.getInstance(algorithm)
    try:
        stream = jvm.java.security.DigestInputStream(
            path.getFileSystem(hadoop_conf(spark)).open(path), digest
        )
        try:
            stream.transferTo(jvm.java.io.OutputStream.nullOutputStream())
        finally:
            stream.close()
    except Py4JJavaError as error:
        raise StorageError(f"cannot read {file}: {java_message(error)}") from error
    return bytes(digest.digest()).hex()


def folder_exists(spark: SparkSession, folder: str) -> bool:
    """Whether there is anything in a folder.

    :raises StorageError:
    """
    try:
        path = jvm_of(spark).org.apache.hadoop.fs.Path(folder)
        return bool(path.getFileSystem(hadoop_conf(spark)).exists(path))
    except Py4JJavaError as error:
        raise StorageError(f"cannot look for {folder}: {java_message(error)}") from error


def codec_of(spark: SparkSession, file: str) -> JavaObject | None:
    jvm = jvm_of(spark)
    factory = jvm.org.apache.hadoop.io.compress.CompressionCodecFactory(hadoop_conf(spark))
    return factory.getCodec(jvm.org.apache.hadoop.fs.Path(file))


def unreadable(spark: SparkSession, file: str, error: Py4JJavaError) -> JobError:
    if codec_of(spark, file) is None:
        return StorageError(f"cannot read {file}: {java_message(error)}")
    return LandingDamagedError(f"{file} is cut short or damaged ({java_message(error)}); nothing was written")


def java_message(error: Py4JJavaError) -> str:
    message = error.java_exception.getMessage() or error.java_exception.toString()
    return str(message).splitlines()[0]


def said_by_java(error: Py4JJavaError | PySparkException) -> str:
    """What is at the bottom of a failure of Spark's, which has reasons upon reasons."""
    if not isinstance(error, Py4JJavaError):
        cause = getattr(error, "_origin", None)
        if cause is None:
            return str(error).splitlines()[0]
    else:
        cause = error.java_exception
    while cause.getCause() is not None:
        cause = cause.getCause()
    return str(cause.getMessage() or cause.toString()).splitlines()[0]


def class_names_of(error: Py4JJavaError) -> list[str]:
    kind, names = error.java_exception.getClass(), []
    while kind is not None:
        names.append(str(kind.getSimpleName()))
        kind = kind.getSuperclass()
    return names
