"""Files below a place in S3, as CREATE TABLE AS and UNLOAD write them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote

import pyarrow as pa
from athena_types import hive_of_arrow
from botocore.exceptions import BotoCoreError, ClientError
from catalog import NO_VALUE, Catalog, place_of
from clauses import Property
from failures import QueryError
from formats import Format
from rendering import render

# What Athena writes at most in one statement.
_MOST_PARTITIONS = 100


@dataclass
class Written:
    """What was written: the addresses of files, and of each partition its values and its place."""

    files: list[str] = field(default_factory=list)
    partitions: list[tuple[list[str], str]] = field(default_factory=list)


def partition_columns(properties: dict[str, Property], names: list[str]) -> list[str]:
    """The columns that the files are parted by, which must be the last ones. Raises QueryError."""
    asked = properties.get("partitioned_by", [])
    if not isinstance(asked, list):
        raise QueryError("INVALID_TABLE_PROPERTY: line 1:1: partitioned_by must be an array of names")
    columns = [name.lower() for name in asked]
    missing = [name for name in columns if name not in names]
    if missing:
        raise QueryError(f"INVALID_TABLE_PROPERTY: Partition columns {missing} not present in schema")
    if columns and len(columns) == len(names):
        raise QueryError("INVALID_TABLE_PROPERTY: Table contains only partition columns")
    if columns and names[-len(columns) :] != columns:
        raise QueryError(
            "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table and in the same "
            f"order as the table properties: {columns}"
        )
    return columns


def require_empty(catalog: Catalog, location: str, table: str, data: str) -> None:
    """Raises where there is something at the place that a statement is to write to."""
    bucket, prefix = place_of(location)
    try:
        found = catalog.s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
    except (ClientError, BotoCoreError) as error:
        raise QueryError(f"HIVE_FILESYSTEM_ERROR: {location}: {error}") from error
    if found.get("KeyCount", 0) > 0:
        raise QueryError(
            f"HIVE_PATH_ALREADY_EXISTS: Target directory for table '{table}' already exists: {location}. You may "
            f"need to manually clean the data at location '{data}' before retrying. Athena will not delete data in "
            "your account."
        )


def write(
    catalog: Catalog, table: pa.Table, keys: list[str], kind: Format, location: str, identity: str
) -> Written:
    """Writes rows below a place, in a folder for each partition. What is written of a failure is taken away again."""
    bucket, prefix = place_of(location)
    plain = table.drop_columns(keys)
    kind.refuse({column.name: hive_of_arrow(column.type) for column in plain.schema})
    written = Written()
    try:
        for number, (values, rows) in enumerate(_parted(table, keys)):
            folder = "".join(
                f"{key}={quote(value, safe='-_. +,@') if value != NO_VALUE else value}/"
                for key, value in zip(keys, values, strict=True)
            )
            key = f"{prefix}{folder}{identity.replace('-', '_')}_{number:05d}{kind.ending}"
            catalog.s3.put_object(Bucket=bucket, Key=key, Body=kind.written(plain.take(rows)))
            written.files.append(f"s3://{bucket}/{key}")
            if keys:
                written.partitions.append((values, f"s3://{bucket}/{prefix}{folder}"))
    except (ClientError, BotoCoreError) as error:
        remove(catalog, written)
        raise QueryError(f"HIVE_WRITER_OPEN_ERROR: Error writing to {location}: {error}") from error
    return written


def remove(catalog: Catalog, written: Written) -> None:
    """Takes away what a statement has written that does not succeed."""
    for file in written.files:
        bucket, _, key = file.removeprefix("s3://").partition("/")
        catalog.s3.delete_object(Bucket=bucket, Key=key)


def _parted(table: pa.Table, keys: list[str]) -> list[tuple[list[str], pa.Array]]:
    """For each set of the keys' values the places of its rows; no set where there are no rows."""
    if table.num_rows == 0:
        return []
    if not keys:
        return [([], pa.array(range(table.num_rows), pa.int64()))]
    columns = [table.column(key) for key in keys]
    shown = [[render(value, column.type) for value in column.to_pylist()] for column in columns]
    found: dict[tuple[str, ...], list[int]] = {}
    for place, values in enumerate(zip(*shown, strict=True)):
        found.setdefault(tuple(NO_VALUE if value is None else value for value in values), []).append(place)
    if len(found) > _MOST_PARTITIONS:
        raise QueryError(
            f"HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of {_MOST_PARTITIONS} open writers for partitions/buckets"
        )
    return [(list(values), pa.array(places, pa.int64())) for values, places in found.items()]


def address(text: Property, what: str) -> str:
    """A place in S3 as a statement names it. Raises QueryError where it is none."""
    if not isinstance(text, str) or not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/.*)?", text):
        raise QueryError(f"INVALID_TABLE_PROPERTY: {what} is not a valid S3 path: {text}")
    return text if text.endswith("/") else f"{text}/"
