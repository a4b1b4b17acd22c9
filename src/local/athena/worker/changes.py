"""Statements that change something: tables made of queries, files of queries, views, and what Glue names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
from athena_types import hive_of_arrow, result_column
from botocore.exceptions import ClientError
from catalog import CATALOG, Catalog
from clauses import Clauses, Property, unsupported
from engine import Asked, prepare
from failures import QueryError
from files import Written, address, partition_columns, remove, require_empty, write
from formats import Format, stored
from result import Result, done
from views import VIRTUAL_VIEW, table_input

_ROWS = [result_column("rows", "BIGINT")]
# What a table's description holds that an update of it takes.
_INPUT = (
    *("Name", "Description", "Owner", "Retention", "StorageDescriptor", "PartitionKeys", "ViewOriginalText"),
    *("ViewExpandedText", "TableType", "Parameters", "TargetTable"),
)


def change(asked: Asked, catalog: Catalog, identity: str, output: str) -> Result:
    """Runs a statement that is no query. Raises QueryError, also for what the local endpoint does not run."""
    trino, hive = Clauses(asked.sql), Clauses(asked.sql, hive=True)
    if trino.take("UNLOAD"):
        return _unload(trino, asked, catalog, identity, output)
    if trino.take("CREATE", "OR", "REPLACE", "VIEW"):
        return _create_view(trino, asked, catalog, replaces=True)
    if trino.take("CREATE", "VIEW"):
        return _create_view(trino, asked, catalog, replaces=False)
    if trino.take("DROP", "VIEW"):
        return _drop_view(trino, asked, catalog)
    if trino.take("CREATE", "TABLE"):
        return _create_table(trino, asked, catalog, identity, output)
    if hive.take("CREATE", "DATABASE") or hive.take("CREATE", "SCHEMA"):
        return _create_database(hive, catalog)
    if hive.take("DROP", "TABLE"):
        return _drop_table(hive, asked, catalog)
    if hive.take("ALTER", "TABLE"):
        return _alter_table(hive, asked, catalog)
    raise unsupported(trino.beginning())


def _create_table(words: Clauses, asked: Asked, catalog: Catalog, identity: str, output: str) -> Result:
    unless_there = words.take("IF", "NOT", "EXISTS")
    database, name = words.table(asked.database)
    properties = words.properties() if words.take("WITH") else {}
    if not words.take("AS"):
        raise unsupported("CREATE TABLE without AS SELECT")
    rows_wanted = not words.before_last("WITH", "NO", "DATA")
    words.before_last("WITH", "DATA")
    query = words.rest()

    kind = _table_format(properties)
    _require_database(catalog, database)
    if catalog.table(database, name) is not None:
        if not unless_there:
            raise _exists(f"Destination table '{CATALOG}.{database}.{name}'")
        return _wrote("DDL", "CREATE_TABLE_AS_SELECT")
    table, scanned = _run(query, asked, catalog)
    keys = partition_columns(properties, table.column_names)
    location = address(properties.get("external_location", f"{output}/"), "external_location")
    require_empty(catalog, location, f"{database}.{name}", output)
    wanted = table if rows_wanted else table.slice(0, 0)
    written = write(catalog, wanted, keys, kind, location, identity)
    described: list[dict[str, Any]] = [
        {"Name": column.name, "Type": hive_of_arrow(column.type)} for column in table.schema
    ]
    columns = [column for column in described if column["Name"] not in keys]
    descriptor = {"Columns": columns, "Location": location, **kind.descriptor()}
    _record(
        catalog,
        database,
        {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", "has_encrypted_data": "false", **kind.parameters()},
            "PartitionKeys": [column for column in described if column["Name"] in keys],
            "StorageDescriptor": descriptor,
        },
        descriptor,
        written,
    )
    return _wrote("DDL", "CREATE_TABLE_AS_SELECT", scanned, wanted.num_rows, written.files)


def _table_format(properties: dict[str, Property]) -> Format:
    for name in ("bucketed_by", "bucket_count", "compression_level"):
        if name in properties:
            raise unsupported(f"the table property {name}")
    if str(properties.get("table_type", "HIVE")).upper() != "HIVE":
        raise unsupported(f"table_type = '{properties['table_type']}'")
    if properties.get("is_external") is False:
        raise unsupported("is_external = false")
    known = (
        *("external_location", "format", "write_compression", "parquet_compression", "field_delimiter"),
        *("partitioned_by", "table_type", "is_external"),
    )
    for name in properties:
        if name not in known:
            raise QueryError(f"INVALID_TABLE_PROPERTY: line 1:1: Table property '{name}' does not exist")
    return Format.of(properties, "PARQUET", ("write_compression", "parquet_compression"))


def _record(
    catalog: Catalog, database: str, table: dict[str, Any], descriptor: dict[str, Any], written: Written
) -> None:
    """Names a table and its partitions in Glue; where Glue refuses, its files are taken away again."""
    name = table["Name"]
    try:
        catalog.glue.create_table(DatabaseName=database, TableInput=table)
    except ClientError as error:
        remove(catalog, written)
        if error.response["Error"]["Code"] == "AlreadyExistsException":
            raise _exists(f"Destination table '{CATALOG}.{database}.{name}'") from error
        raise _refused(error) from error
    for values, location in written.partitions:
        try:
            catalog.glue.create_partition(
                DatabaseName=database,
                TableName=name,
                PartitionInput={
                    "Values": values,
                    "StorageDescriptor": {**descriptor, "Location": location},
                },
            )
        except ClientError as error:
            raise _refused(error) from error


def _unload(words: Clauses, asked: Asked, catalog: Catalog, identity: str, output: str) -> Result:
    query = words.bracketed()
    words.expect("TO")
    location = address(words.text(), "the destination of UNLOAD")
    properties = words.properties() if words.take("WITH") else {}
    words.end()
    for name in properties:
        if name == "compression_level":
            raise unsupported("the property compression_level")
        if name not in ("format", "compression", "field_delimiter", "partitioned_by"):
            raise QueryError(f"INVALID_TABLE_PROPERTY: line 1:1: Table property '{name}' does not exist")
    kind = Format.of(properties, None, ("compression",))
    table, scanned = _run(query, asked, catalog)
    keys = partition_columns(properties, table.column_names)
    require_empty(catalog, location, f"unload_{identity.replace('-', '_')}", location)
    written = write(catalog, table, keys, kind, location, identity)
    return _wrote("DML", "UNLOAD", scanned, table.num_rows, written.files)


def _run(query: str, asked: Asked, catalog: Catalog) -> tuple[pa.Table, int]:
    """What a query within a statement gives, as files can have it, and the bytes that it scanned."""
    prepared = prepare(replace(asked, sql=query), catalog)
    prepared.require_columns()
    rows = prepared.run()
    return stored(rows), rows.scanned


def _wrote(kind: str, what: str, scanned: int = 0, rows: int = 0, files: Sequence[str] = ()) -> Result:
    """A statement that wrote rows into files, or none where there was nothing to do."""
    return Result(_ROWS, [], kind, what, scanned, header=False, written=rows, manifest=list(files))


def _create_view(words: Clauses, asked: Asked, catalog: Catalog, replaces: bool) -> Result:
    database, name = words.table(asked.database)
    words.expect("AS")
    query = words.rest()
    _require_database(catalog, database)
    found = catalog.table(database, name)
    if found is not None and (found.get("TableType") != VIRTUAL_VIEW or not replaces):
        what = "View" if found.get("TableType") == VIRTUAL_VIEW else "Table"
        raise _exists(f"'{CATALOG}.{database}.{name}'", what)
    if asked.parameters:
        raise QueryError(
            "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: "
            f"expected 0 but found {len(asked.parameters)}"
        )
    prepared = prepare(Asked(query, asked.database, []), catalog)
    prepared.require_columns()
    # Names without a database are those of the session's; where it has none, there are no such names.
    session = (asked.database or database).lower()
    view = table_input(name, query.strip(), CATALOG, session, prepared.columns())
    try:
        if found is None:
            catalog.glue.create_table(DatabaseName=database, TableInput=view)
        else:
            catalog.glue.update_table(DatabaseName=database, TableInput=view)
    except ClientError as error:
        raise _refused(error) from error
    return done("CREATE_VIEW")


def _drop_view(words: Clauses, asked: Asked, catalog: Catalog) -> Result:
    if_there = words.take("IF", "EXISTS")
    database, name = words.table(asked.database)
    words.end()
    found = catalog.table(database, name)
    if found is None:
        if not if_there:
            raise QueryError(f"TABLE_NOT_FOUND: line 1:1: View '{CATALOG}.{database}.{name}' does not exist")
        return done("DROP_VIEW")
    if found.get("TableType") != VIRTUAL_VIEW:
        raise QueryError(
            f"TABLE_NOT_FOUND: line 1:1: View '{CATALOG}.{database}.{name}' does not exist, but a table with that "
            f"name exists. Did you mean DROP TABLE {CATALOG}.{database}.{name}?"
        )
    _delete(catalog, database, name)
    return done("DROP_VIEW")


def _drop_table(words: Clauses, asked: Asked, catalog: Catalog) -> Result:
    if_there = words.take("IF", "EXISTS")
    database, name = words.table(asked.hive_database)
    words.end()
    found = catalog.table(database, name)
    if found is None:
        if not if_there:
            raise _not_found(database, name)
        return done("DROP_TABLE")
    if found.get("TableType") == VIRTUAL_VIEW:
        raise QueryError("FAILED: SemanticException Cannot drop a view with DROP TABLE")
    if str(found.get("Parameters", {}).get("table_type", "")).upper() == "ICEBERG":
        raise unsupported("DROP TABLE of an Iceberg table")
    _delete(catalog, database, name)
    return done("DROP_TABLE")


def _alter_table(words: Clauses, asked: Asked, catalog: Catalog) -> Result:
    database, name = words.table(asked.hive_database)
    if not words.take("SET", "TBLPROPERTIES"):
        raise unsupported("ALTER TABLE other than SET TBLPROPERTIES")
    properties = words.properties()
    words.end()
    found = catalog.table(database, name)
    if found is None:
        raise _not_found(database, name)
    changed = {key: found[key] for key in _INPUT if found.get(key) not in (None, "")}
    changed["Parameters"] = {
        **found.get("Parameters", {}),
        **{key: str(value) for key, value in properties.items()},
    }
    try:
        catalog.glue.update_table(DatabaseName=database, TableInput=changed)
    except ClientError as error:
        raise _refused(error) from error
    return done("ALTER_TABLE_SET_PROPERTIES")


def _create_database(words: Clauses, catalog: Catalog) -> Result:
    unless_there = words.take("IF", "NOT", "EXISTS")
    name = words.name()
    database = {"Name": name}
    if words.take("COMMENT"):
        database["Description"] = words.text()
    if words.take("LOCATION"):
        database["LocationUri"] = address(words.text(), "LOCATION")
    words.end()
    try:
        catalog.glue.create_database(DatabaseInput=database)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AlreadyExistsException":
            raise _refused(error) from error
        if not unless_there:
            raise QueryError(
                f"FAILED: Execution Error, return code 1. Database {name} already exists"
            ) from error
    return done("CREATE_DATABASE")


def _delete(catalog: Catalog, database: str, name: str) -> None:
    try:
        catalog.glue.delete_table(DatabaseName=database, Name=name)
    except ClientError as error:
        raise _refused(error) from error


def _require_database(catalog: Catalog, name: str) -> None:
    if not catalog.has_database(name):
        raise QueryError(f"SCHEMA_NOT_FOUND: line 1:1: Schema '{name}' does not exist")


def _not_found(database: str, name: str) -> QueryError:
    return QueryError(f"FAILED: SemanticException [Error 10001]: Table not found {database}.{name}")


def _exists(what: str, kind: str | None = None) -> QueryError:
    if kind is None:
        return QueryError(f"TABLE_ALREADY_EXISTS: line 1:1: {what} already exists")
    return QueryError(f"TABLE_ALREADY_EXISTS: line 1:1: {kind} already exists: {what}")


def _refused(error: ClientError) -> QueryError:
    """What Glue does not do; Athena passes its words on."""
    denied = error.response["Error"]["Code"] == "AccessDeniedException"
    kind = "PERMISSION_DENIED" if denied else "HIVE_METASTORE_ERROR"
    return QueryError(f"{kind}: {error.response['Error'].get('Message', error)}")
