"""Reads Redshift, or PostgreSQL, which speaks alike: over several connections, each with a range of a column whose
bounds are asked for first. A pull that is larger than the environment bears is unloaded by Redshift itself into the
landing bucket, and read from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import types as spark

from jobs.common.delivery import Delivery, delivery_of
from jobs.common.errors import SourceError
from jobs.common.ingest import Extraction
from jobs.common.read.changes import changes_query, identifier
from jobs.common.secret import Secret, field_of, secret_of, without_secrets

_DRIVERS = {
    "jdbc:redshift:": "com.amazon.redshift.jdbc42.Driver",  # of EMR's image
    "jdbc:postgresql:": "org.postgresql.Driver",
}
_LARGEST = 2**63 - 1  # number that JDBC counts ranges in
_FETCH_ROWS = 10_000  # a connection's memory: without it the driver takes all rows at once
# What Spark and whoever reads the table have as days and moments: years of four digits, of our era. A database has
# more, and its driver makes others of them without a word: 44 AD of 44 BC.
_DAYS: Mapping[type[spark.DataType], tuple[str, str]] = {
    spark.DateType: ("date '0001-01-01'", "date '9999-12-31'"),
    spark.TimestampNTZType: ("timestamp '0001-01-01 00:00:00'", "timestamp '9999-12-31 23:59:59.999999'"),
    spark.TimestampType: (
        "timestamptz '0001-01-01 00:00:00+00'",
        "timestamptz '9999-12-31 23:59:59.999999+00'",
    ),
}
_TEXT_LENGTH = 64  # letters that a moment has at most


@contextmanager
def read_jdbc(extraction: Extraction) -> Iterator[Delivery]:
    """The reader of the kind `jdbc`.

    :raises SourceError: the database does not answer, refuses, or breaks off
    """
    connector, source = extraction.connector, extraction.source
    secret = secret_of(extraction.context.environment, connector)
    login = {name: field_of(secret, name, connector) for name in ("user", "password")}
    url = str(connector.setting("url"))
    try:
        read = _read_all(extraction, url, login)
        origin = f"{url.split('?')[0]}/{source.entity}"
        delivery = delivery_of(read.frame, origin, extraction.contract, beyond=read.beyond)
        yield delivery
    except (Py4JJavaError, PySparkException) as error:
        if "SQLException" not in str(error) and "PSQLException" not in str(error):
            raise
        raise SourceError(
            f"{url.split('?')[0]}, {source.entity}: {_said(error)}; nothing was written"
        ) from None


@dataclass(frozen=True)
class _Rows:
    """What was read."""

    frame: DataFrame
    beyond: Mapping[str, str]
    """See `Delivery`."""


def _read_all(extraction: Extraction, url: str, login: Mapping[str, Secret]) -> _Rows:
    source, connector = extraction.source, extraction.connector
    query = changes_query(extraction)
    column = source.partition_column
    whole = _read(extraction, url, login, query)
    strange = _strange(whole.schema)
    measures = [
        "count(*) n",
        f"sum(case when {' or '.join(strange.values()) or '1 = 0'} then 1 else 0 end) strange",
    ]
    if column is not None:
        measures += [f"min({identifier(column)}) low", f"max({column}) high"]
    measuring = f"select {', '.join(measures)} from ({query}) changes"  # noqa: S608 -- names that the database told
    bounds = _read(extraction, url, login, measuring).collect()[0]
    beyond: dict[str, str] = {}
    if bounds["strange"]:
        beyond = {name: f"_beyond_{index}" for index, name in enumerate(strange)}
        query = _telling(query, whole.schema.names, strange, beyond)
    unload: Mapping[str, Any] | None = connector.settings.get("unload")
    if unload is not None and bounds["n"] > unload["aboveRows"]:
        return _Rows(_unloaded(extraction, url, login, query, str(unload["roleArn"])), beyond)
    partitions = min(int(connector.settings.get("partitions") or 1), max(1, bounds["n"]))
    if column is None or bounds["low"] is None or partitions == 1:
        return _Rows(_read(extraction, url, login, query), beyond)
    # Rows outside of the bounds, or without a value, are in the first and last range: nothing can get lost.
    ranges = {
        "partitionColumn": column,
        "lowerBound": bounds["low"],
        "upperBound": min(bounds["high"] + 1, _LARGEST),
    }
    return _Rows(_read(extraction, url, login, query, numPartitions=partitions, **ranges), beyond)


def _strange(schema: spark.StructType) -> dict[str, str]:
    """By each column of days or moments when a value of it is none that Spark has, in SQL: null counts as no."""
    limits = {field.name: _DAYS.get(type(field.dataType)) for field in schema}
    return {
        name: f"{_quoted(name)} < {between[0]} or {_quoted(name)} > {between[1]}"
        for name, between in limits.items()
        if between is not None
    }


def _telling(query: str, names: list[str], strange: Mapping[str, str], beyond: Mapping[str, str]) -> str:
    """The query with null for such values, and their texts in columns of their own."""
    columns = [
        f"case when {strange[name]} then null else {_quoted(name)} end as {_quoted(name)}"
        if name in strange
        else _quoted(name)
        for name in names
    ]
    texts = [
        f"case when {strange[name]} then cast({_quoted(name)} as varchar({_TEXT_LENGTH})) end as {text}"
        for name, text in beyond.items()
    ]
    return f"select {', '.join((*columns, *texts))} from ({query}) found"  # noqa: S608 -- names that the database told


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _read(
    extraction: Extraction, url: str, login: Mapping[str, Secret], query: str, **more: int | str
) -> DataFrame:
    return (
        extraction.context.spark.read.format("jdbc")
        .options(
            url=url,
            driver=_driver(url),
            user=login["user"].reveal(),
            password=login["password"].reveal(),
            dbtable=f"({query}) changes",
            fetchsize=_FETCH_ROWS,
            preferTimestampNTZ=True,  # else a time without a zone is taken for one of this machine's
            sessionInitStatement="set timezone to 'UTC'",
            **more,
        )
        .load()
    )


def _unloaded(
    extraction: Extraction, url: str, login: Mapping[str, Secret], query: str, role: str
) -> DataFrame:
    """Let the database write the result as Parquet, below the source's own folder, where a run has a folder of its own.
    It stays there as long as any delivery does.
    """
    context, source = extraction.context, extraction.source
    folder = source.path.split("{")[0].rstrip("/")
    place = context.storage.uri("landing", f"{folder}/_unload/{context.run_id}/")
    quoted = query.replace("'", "''")
    # Else it is with a key of S3's, which the bucket refuses; AUTO takes the key that the bucket names as its own.
    statement = f"UNLOAD ('{quoted}') TO '{place}' IAM_ROLE '{role}' FORMAT AS PARQUET ENCRYPTED AUTO"
    spark = context.spark
    jvm: Any = spark.sparkContext._jvm
    jvm.org.apache.spark.sql.execution.datasources.jdbc.DriverRegistry.register(_driver(url))
    properties = jvm.java.util.Properties()
    for name, value in login.items():
        properties.setProperty(name, value.reveal())
    connection = jvm.java.sql.DriverManager.getConnection(url, properties)
    try:
        connection.createStatement().execute("set timezone to 'UTC'")
        connection.createStatement().execute(statement)
    finally:
        connection.close()
    return spark.read.parquet(place)


def _driver(url: str) -> str:
    return next(driver for begin, driver in _DRIVERS.items() if url.startswith(begin))


def _said(error: Exception) -> str:
    """What the database said, of a Java stack trace."""
    lines = [line for line in without_secrets(str(error)).splitlines() if "SQLException" in line]
    return lines[-1].split("SQLException:")[-1].strip()
