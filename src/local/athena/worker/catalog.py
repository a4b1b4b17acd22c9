"""Tables that Glue names, as datasets that DuckDB reads."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlparse

import boto3
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.dataset as ds
import pyarrow.fs as pa_fs
from athena_types import arrow_of_hive, athena_of_arrow
from botocore.config import Config
from botocore.exceptions import ClientError
from failures import QueryError
from views import VIRTUAL_VIEW, View, view_of

CATALOG = "awsdatacatalog"
# What Hive writes for a partition column that has no value.
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


@dataclass
class Source:
    """One table: its columns in order with Athena's type names, and where its rows are."""

    columns: dict[str, str]
    partition_columns: list[str]
    dataset: ds.Dataset
    # One row a file: size_bytes, and the partition columns with their values.
    files: pa.Table


@dataclass
class Catalog:
    """Glue at the endpoint. A new one for each query: what Glue says is read once for it."""

    endpoint: str = field(default_factory=lambda: os.environ["AWS_ENDPOINT_URL"])

    def __post_init__(self) -> None:
        config = Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"})
        self.glue = boto3.client("glue", endpoint_url=self.endpoint, config=config)
        self.s3 = boto3.client("s3", endpoint_url=self.endpoint, config=config)

    # What there is

    def databases(self) -> list[str]:
        pages = self.glue.get_paginator("get_databases").paginate()
        return sorted(database["Name"] for page in pages for database in page["DatabaseList"])

    def tables(self, database: str) -> list[dict[str, Any]]:
        try:
            pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=database)
            return sorted(
                (table for page in pages for table in page["TableList"]), key=lambda table: table["Name"]
            )
        except ClientError as error:
            raise QueryError(f"SCHEMA_NOT_FOUND: Schema '{database}' does not exist") from error

    def table(self, database: str, name: str) -> dict[str, Any] | None:
        try:
            return self.glue.get_table(DatabaseName=database, Name=name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise QueryError(f"HIVE_METASTORE_ERROR: {error}", category=1) from error
            return None

    def has_database(self, name: str) -> bool:
        try:
            self.glue.get_database(Name=name)
            return True
        except ClientError:
            return False

    def partitions(self, table: dict[str, Any]) -> list[dict[str, Any]]:
        pages = self.glue.get_paginator("get_partitions").paginate(
            DatabaseName=table["DatabaseName"], TableName=table["Name"]
        )
        return [partition for page in pages for partition in page["Partitions"]]

    # What is in it

    def read(self, database: str, table: dict[str, Any]) -> Source | View:
        name = f"{database}.{table['Name']}"
        parameters = {key.lower(): str(value) for key, value in table.get("Parameters", {}).items()}
        if table.get("TableType") == VIRTUAL_VIEW:
            return view_of(table, name, CATALOG)
        location = table.get("StorageDescriptor", {}).get("Location", "")
        if not location.startswith(("s3://", "s3a://")):
            raise QueryError(f"HIVE_METASTORE_ERROR: Table {name} has no location in S3")
        provider = parameters.get("spark.sql.sources.provider", parameters.get("table_type", "")).lower()
        if provider == "iceberg":
            raise QueryError(
                f"NOT_SUPPORTED: {name} is an Iceberg table; not supported by the local endpoint"
            )
        if provider == "delta" or self._has_delta_log(location):
            return self._delta(name, location)
        return self._files(table, name, location)

    def delta(self, name: str, location: str) -> Any:
        """The Delta table at a location."""
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError

        options = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": os.environ["AWS_ACCESS_KEY_ID"],
            "AWS_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
            "AWS_REGION": os.environ["AWS_REGION"],
            "AWS_ALLOW_HTTP": "true",
            "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
        }
        try:
            return DeltaTable(re.sub(r"^s3[an]:", "s3:", location), storage_options=options)
        except TableNotFoundError as error:
            raise QueryError(
                f"DELTA_LAKE_INVALID_SCHEMA: Metadata not found in transaction log for {name}: "
                f"nothing has been written to {location} yet"
            ) from error

    def _delta(self, name: str, location: str) -> Source:
        table = self.delta(name, location)
        try:
            dataset = table.to_pyarrow_dataset()
        except Exception as error:
            raise QueryError(f"DELTA_LAKE_BAD_DATA: {name}: {error}", category=1) from error
        partition_columns = list(table.metadata().partition_columns)
        actions = pa.table(table.get_add_actions(flatten=True))
        files = {"size_bytes": actions.column("size_bytes")}
        for column in partition_columns:
            values = (
                actions.column(f"partition.{column}")
                if f"partition.{column}" in actions.column_names
                else None
            )
            kind = dataset.schema.field(column).type
            files[column.lower()] = (values if values is not None else pa.nulls(len(actions))).cast(kind)
        return _source(dataset, partition_columns, pa.table(files))

    def _has_delta_log(self, location: str) -> bool:
        bucket, prefix = place_of(location)
        try:
            answer = self.s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}_delta_log/", MaxKeys=1)
        except ClientError:
            return False
        return answer.get("KeyCount", 0) > 0

    def _files(self, table: dict[str, Any], name: str, location: str) -> Source:
        descriptor = table["StorageDescriptor"]
        columns = {column["Name"].lower(): arrow_of_hive(column["Type"]) for column in descriptor["Columns"]}
        keys = {key["Name"].lower(): arrow_of_hive(key["Type"]) for key in table.get("PartitionKeys", [])}
        serde = descriptor.get("SerdeInfo", {})
        library = serde.get("SerializationLibrary", "")
        kind, text = _format(
            library, serde.get("Parameters", {}), table.get("Parameters", {}), list(columns), name
        )
        # Text is read as text: what does not convert is NULL in the cell, as with Hive's reader.
        stored = {column: pa.string() for column in columns} if text else columns
        schema = pa.schema([*stored.items(), *keys.items()])
        filesystem = self.filesystem()
        fragments, sizes, values = [], [], []
        for place, known in self._partitions(table, keys, location):
            bucket, prefix = place_of(place)
            expression = ds.scalar(True)
            for key, value in known.items():
                same = pc.field(key) == value if value.is_valid else pc.field(key).is_null()
                expression = expression & same
            pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            for item in (item for page in pages for item in page.get("Contents", [])):
                hidden = (
                    item["Key"].rsplit("/", 1)[-1].startswith(("_", "."))
                    or "/_" in item["Key"][len(prefix) :]
                )
                if hidden or item["Size"] == 0:
                    continue
                path = f"{bucket}/{item['Key']}"
                fragments.append(kind.make_fragment(path, filesystem, partition_expression=expression))
                sizes.append(item["Size"])
                values.append(known)
        dataset = ds.FileSystemDataset(fragments, schema, kind, filesystem)
        files = {"size_bytes": pa.array(sizes, pa.int64())}
        for key, key_type in keys.items():
            files[key] = pa.array([known[key].as_py() for known in values], key_type)
        source = _source(dataset, list(keys), pa.table(files))
        if text:
            source.columns = {
                column: athena_of_arrow(kind) for column, kind in [*columns.items(), *keys.items()]
            }
        return source

    def _partitions(
        self, table: dict[str, Any], keys: dict[str, pa.DataType], location: str
    ) -> list[tuple[str, dict[str, pa.Scalar]]]:
        if not keys:
            return [(location, {})]
        found = []
        for partition in self.partitions(table):
            values = zip(keys.items(), partition["Values"], strict=True)
            known = {key: _partition_value(value, kind) for (key, kind), value in values}
            found.append((partition["StorageDescriptor"]["Location"], known))
        return found

    def filesystem(self) -> pa_fs.S3FileSystem:
        """S3 at the endpoint."""
        address = urlparse(self.endpoint)
        return pa_fs.S3FileSystem(
            access_key=os.environ["AWS_ACCESS_KEY_ID"],
            secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
            region=os.environ["AWS_REGION"],
            scheme=address.scheme,
            endpoint_override=address.netloc,
        )


def _partition_value(value: str, kind: pa.DataType) -> pa.Scalar:
    return pa.scalar(None, kind) if value == NO_VALUE else pa.scalar(unquote(value)).cast(kind)


def columns_of(table: dict[str, Any]) -> list[tuple[str, str]]:
    """Names and Hive's types of a table's columns, partition columns last."""
    described = [*table.get("StorageDescriptor", {}).get("Columns", []), *table.get("PartitionKeys", [])]
    return [(column["Name"].lower(), column.get("Type", "string")) for column in described]


def _source(dataset: ds.Dataset, partition_columns: list[str], files: pa.Table) -> Source:
    columns = {item.name.lower(): athena_of_arrow(item.type) for item in dataset.schema}
    return Source(columns, [column.lower() for column in partition_columns], dataset, files)


def place_of(location: str) -> tuple[str, str]:
    bucket, _, prefix = re.sub(r"^s3[an]?://", "", location).partition("/")
    return bucket, prefix if prefix == "" or prefix.endswith("/") else f"{prefix}/"


def _format(
    library: str, serde: dict[str, str], table: dict[str, str], columns: list[str], name: str
) -> tuple[ds.FileFormat, bool]:
    """The format of a table's files, and whether it is text whose cells are to be converted."""
    if library.endswith("ParquetHiveSerDe"):
        return ds.ParquetFileFormat(), False
    if library.endswith(("LazySimpleSerDe", "OpenCSVSerde")):
        quoted = library.endswith("OpenCSVSerde")
        delimiter = serde.get("separatorChar" if quoted else "field.delim", "," if quoted else "\x01")
        skipped = int(serde.get("skip.header.line.count", table.get("skip.header.line.count", "0")))
        nulls = ["\\N", ""] if not quoted else []
        return ds.CsvFileFormat(
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter,
                quote_char=serde.get("quoteChar", '"') if quoted else False,
                escape_char=serde.get("escapeChar", "\\") if quoted else False,
                newlines_in_values=quoted,
            ),
            read_options=pa_csv.ReadOptions(column_names=columns, skip_rows=skipped),
            convert_options=pa_csv.ConvertOptions(
                column_types={column: pa.string() for column in columns},
                null_values=nulls,
                strings_can_be_null=not quoted,
            ),
        ), True
    if library.endswith("JsonSerDe"):
        return ds.JsonFileFormat(), False
    raise QueryError(
        f"NOT_SUPPORTED: {name} is stored with {library or 'no SerDe'}; not supported by the local endpoint"
    )
