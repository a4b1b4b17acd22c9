"""Statements: which are run and how, and what their result looks like."""

from __future__ import annotations

import fnmatch
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from athena_types import DUCKDB_NAMES, result_column
from catalog import Catalog, Source
from failures import QueryError
from rendering import render
from translation import CATALOG, Translator, first_word, tokens_of

Row = list[str | None]


@dataclass
class Result:
    """What a statement gives."""

    columns: list[dict[str, Any]]
    rows: Iterable[Row]
    statement_type: str
    substatement_type: str
    scanned: int = 0
    header: bool = True
    names: list[str] = field(default_factory=list)


def run(sql: str, database: str | None, parameters: list[str], cutoff: int | None) -> Result:
    """Runs one statement. Raises QueryError."""
    tokens_of(sql)
    first = first_word(sql)
    catalog = Catalog()
    if first == "SHOW":
        return _show(sql, catalog, database)
    if first in ("DESCRIBE", "DESC"):
        return _describe(sql, catalog, database)
    if first == "EXPLAIN":
        body = re.sub(r"^\s*EXPLAIN(\s+ANALYZE|\s+VERBOSE)*(\s*\([^)]*\))?\s+", "", sql, flags=re.I)
        return _explain(body, catalog, database, parameters)
    if first in ("SELECT", "WITH", "VALUES", "(", "TABLE"):
        return _select(sql, catalog, database, parameters, cutoff)
    words = " ".join(re.findall(r"\w+", sql)[:2]).upper()
    raise QueryError(
        f"NOT_SUPPORTED: {words} is not supported by the local endpoint, which runs queries and no changes"
    )


# Queries


def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"threads": 2})
    connection.execute("SET TimeZone = 'UTC'")
    for macro in (
        "to_iso8601(x) AS strftime(x, CASE WHEN typeof(x) = 'DATE' THEN '%Y-%m-%d' ELSE '%Y-%m-%dT%H:%M:%S.%g' END)",
        "from_iso8601_date(x) AS CAST(x AS DATE)",
        "from_iso8601_timestamp(x) AS CAST(x AS TIMESTAMPTZ)",
        "at_timezone(x, zone) AS timezone(zone, x)",
        "with_timezone(x, zone) AS timezone(zone, x)",
        "to_unixtime(x) AS epoch(x)",
    ):
        connection.execute(f"CREATE MACRO {macro}")
    return connection


def _prepare(
    sql: str, catalog: Catalog, database: str | None, parameters: list[str]
) -> tuple[duckdb.DuckDBPyConnection, str, list[str], int]:
    translation = Translator(catalog, database, _information_schema).translate(sql, parameters)
    connection = _connection()
    scanned = 0
    for name, source in translation.sources.items():
        connection.register(f"{name}__data", source.dataset)
        stored = {item.name.lower(): item for item in source.dataset.schema}
        wanted = ", ".join(
            _cell(stored[column].name, column, source.columns[column], stored[column].type)
            for column in source.columns
        )
        connection.execute(f'CREATE VIEW "{name}" AS SELECT {wanted} FROM "{name}__data"')  # noqa: S608  names of ours
        connection.register(f"{name}__files", source.files)
    for name, alias, condition in translation.conditions:
        files = f'"{name}__files" AS "{alias}"'
        query = f"SELECT coalesce(sum(size_bytes), 0) FROM {files} WHERE {condition}"  # noqa: S608  the query's own
        try:
            scanned += int(connection.execute(query).fetchall()[0][0])
        except duckdb.Error:
            scanned += sum(translation.sources[name].files.column("size_bytes").to_pylist())
    return connection, translation.sql, translation.names, scanned


def _cell(stored: str, name: str, athena_type: str, kind: pa.DataType) -> str:
    """A column of a table's view; text is converted to what the catalog says, or NULL."""
    if pa.types.is_string(kind) and athena_type != "varchar":
        return f'TRY_CAST("{stored}" AS {DUCKDB_NAMES.get(athena_type, athena_type)}) AS "{name}"'
    return f'"{stored}" AS "{name}"'


def _select(
    sql: str, catalog: Catalog, database: str | None, parameters: list[str], cutoff: int | None
) -> Result:
    connection, translated, names, scanned = _prepare(sql, catalog, database, parameters)
    if cutoff is not None and scanned > cutoff:
        raise QueryError(f"Bytes scanned limit was exceeded: {scanned} of {cutoff} bytes", state="CANCELLED")
    try:
        relation = connection.sql(translated)
        types = [str(kind) for kind in relation.types]
        found = relation.columns
        table = relation.to_arrow_table()
    except duckdb.Error as error:
        raise _failure(error, sql) from error
    shown = names if len(names) == len(found) else [f"_col{place}" for place in range(len(found))]
    columns = [result_column(name, kind) for name, kind in zip(shown, types, strict=True)]
    return Result(columns, _rendered(table, types), "DML", "SELECT", scanned, names=shown)


def _rendered(table: pa.Table, types: list[str]) -> Iterator[Row]:
    kinds = [item.type for item in table.schema]
    whole = [kind in ("HUGEINT", "UHUGEINT") for kind in types]
    for batch in table.to_batches(max_chunksize=4096):
        cells = [_without_zones(column).to_pylist() for column in batch.columns]
        zoned = [pa.types.is_timestamp(kind) and kind.tz is not None for kind in kinds]
        for place in range(batch.num_rows):
            row: Row = []
            for number, kind in enumerate(kinds):
                value = cells[number][place]
                text = None if value is None else str(int(value)) if whole[number] else render(value, kind)
                row.append(f"{text} UTC" if zoned[number] and text is not None else text)
            yield row


def _without_zones(column: pa.Array) -> pa.Array:
    """Times in UTC as plain times: Python's zones are slow, and not all of them are installed."""
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        return column.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).cast(pa.timestamp("us"))
    return column


def _explain(sql: str, catalog: Catalog, database: str | None, parameters: list[str]) -> Result:
    connection, translated, _, _ = _prepare(sql, catalog, database, parameters)
    try:
        plan = connection.execute(f"EXPLAIN {translated}").fetchall()
    except duckdb.Error as error:
        raise _failure(error, sql) from error
    rows: list[Row] = [[line] for item in plan for line in str(item[-1]).splitlines()]
    return Result([result_column("Query Plan", "VARCHAR")], rows, "DML", "EXPLAIN", names=["Query Plan"])


def _failure(error: duckdb.Error, sql: str) -> QueryError:
    """DuckDB's complaints in Athena's words."""
    text = str(error)
    lower = text.lower()

    def place(name: str) -> str:
        token = next((token for token in tokens_of(sql) if token.text.lower() == name.lower()), None)
        return "" if token is None else f"line {token.line}:{max(1, token.col - len(token.text) + 1)}: "

    if match := re.search(r"Function with name \"?(\w+)\"? does not exist", text):
        return QueryError(f"FUNCTION_NOT_FOUND: {place(match[1])}Function '{match[1]}' not registered")
    if match := re.search(r'column "?(?:\w+\.)?(\w+)"? must appear in the GROUP BY', text):
        return QueryError(
            f"EXPRESSION_NOT_AGGREGATE: {place(match[1])}'{match[1]}' must be an aggregate "
            "expression or appear in GROUP BY clause"
        )
    first = text.splitlines()[0]
    if "conversion error" in lower or "could not convert" in lower:
        return QueryError(f"INVALID_CAST_ARGUMENT: {first.split(': ', 1)[-1]}")
    if "out of range" in lower or "overflow" in lower:
        return QueryError(f"NUMERIC_VALUE_OUT_OF_RANGE: {first.split(': ', 1)[-1]}")
    if "out of memory" in lower:
        return QueryError("EXCEEDED_MEMORY_LIMIT: the query needs more memory than the local endpoint has", 1)
    if "binder error" in lower:
        return QueryError(f"TYPE_MISMATCH: {first.split(': ', 1)[-1]}")
    return QueryError(f"GENERIC_INTERNAL_ERROR: {first}", 1)


# What there is


def _utility(name: str, values: Iterable[str], kind: str) -> Result:
    columns = [{**result_column(name, "VARCHAR"), "Type": "string", "Precision": 0, "CaseSensitive": False}]
    return Result(columns, [[value] for value in values], "UTILITY", kind, header=False, names=[name])


_NAME = r'(?:[`"]?(?P<database>[\w$]+)[`"]?\.)?[`"]?(?P<table>[\w$]+)[`"]?'


def _show(sql: str, catalog: Catalog, database: str | None) -> Result:
    text = sql.strip().rstrip(";").strip()

    def match(pattern: str) -> re.Match[str] | None:
        return re.fullmatch(pattern, text, flags=re.I | re.S)

    if found := match(r"SHOW\s+(?:DATABASES|SCHEMAS)(?:\s+LIKE\s+'(?P<like>[^']*)')?"):
        return _utility("database_name", _like(catalog.databases(), found["like"]), "SHOW_DATABASES")
    if found := match(
        r"SHOW\s+TABLES(?:\s+(?:IN|FROM)\s+[`\"]?(?P<database>[\w$]+)[`\"]?)?(?:\s+(?:LIKE\s+)?'(?P<like>[^']*)')?"
    ):
        tables = catalog.tables(_database(found["database"], database))
        return _utility("tab_name", _like([table["Name"] for table in tables], found["like"]), "SHOW_TABLES")
    if found := match(
        rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+{_NAME}(?:\s+(?:IN|FROM)\s+[`\"]?(?P<other>\w+)[`\"]?)?"
    ):
        schema, table = _table(catalog, found["other"] or found["database"], found["table"], database)
        names = [name for name, _ in _columns(catalog, schema, table)]
        return _utility("field", [name.ljust(20) for name in names], "SHOW_COLUMNS")
    if found := match(rf"SHOW\s+PARTITIONS\s+{_NAME}"):
        schema, table = _table(catalog, found["database"], found["table"], database)
        return _utility("partition", _partitions(catalog, schema, table), "SHOW_PARTITIONS")
    if found := match(rf"SHOW\s+CREATE\s+TABLE\s+{_NAME}"):
        schema, table = _table(catalog, found["database"], found["table"], database)
        return _utility("createtab_stmt", _create_statement(schema, table), "SHOW_CREATE_TABLE")
    raise QueryError(f"NOT_SUPPORTED: {text.split()[0:3]} is not supported by the local endpoint")


def _describe(sql: str, catalog: Catalog, database: str | None) -> Result:
    text = sql.strip().rstrip(";").strip()
    found = re.fullmatch(rf"DESC(?:RIBE)?\s+(?:EXTENDED\s+|FORMATTED\s+)?{_NAME}", text, flags=re.I)
    if found is None:
        raise QueryError(f"NOT_SUPPORTED: {text} is not supported by the local endpoint")
    schema, table = _table(catalog, found["database"], found["table"], database)
    keys = [(key["Name"], key["Type"]) for key in table.get("PartitionKeys", [])]
    pairs = _columns(catalog, schema, table)
    rows = [_padded(name, kind, "") for name, kind in pairs]
    if keys:
        rows += [
            _padded("", "", ""),
            _padded("# Partition Information", "", ""),
            _padded("# col_name", "data_type", "comment"),
        ]
        rows += [_padded("", "", ""), *(_padded(name, kind, "") for name, kind in keys)]
    result = _utility("col_name", rows, "DESCRIBE_TABLE")
    result.columns += [
        {**result.columns[0], "Name": name, "Label": name} for name in ("data_type", "comment")
    ]
    return result


def _padded(*cells: str) -> str:
    return "\t".join(cell.ljust(20) for cell in cells)


def _like(names: list[str], pattern: str | None) -> list[str]:
    if pattern is None:
        return names
    patterns = pattern.replace("%", "*").split("|")
    return [name for name in names if any(fnmatch.fnmatch(name, one) for one in patterns)]


def _database(named: str | None, default: str | None) -> str:
    found = named or default
    if not found:
        raise QueryError(
            "MISSING_SCHEMA_NAME: line 1:1: Schema must be specified when session schema is not set"
        )
    return found.lower()


def _table(catalog: Catalog, named: str | None, name: str, default: str | None) -> tuple[str, dict[str, Any]]:
    schema = _database(named, default)
    table = catalog.table(schema, name.lower())
    if table is None:
        raise QueryError(
            f"TABLE_NOT_FOUND: line 1:1: Table '{CATALOG}.{schema}.{name.lower()}' does not exist"
        )
    return schema, table


def _columns(catalog: Catalog, schema: str, table: dict[str, Any]) -> list[tuple[str, str]]:
    described = [*table.get("StorageDescriptor", {}).get("Columns", []), *table.get("PartitionKeys", [])]
    return [(column["Name"].lower(), column.get("Type", "string")) for column in described]


def _partitions(catalog: Catalog, schema: str, table: dict[str, Any]) -> list[str]:
    keys = [key["Name"] for key in table.get("PartitionKeys", [])]
    if table.get("Parameters", {}).get("spark.sql.sources.provider", "").lower() == "delta":
        delta = catalog.delta(f"{schema}.{table['Name']}", table["StorageDescriptor"]["Location"])
        keys = list(delta.metadata().partition_columns)
        found = [[str(partition[key]) for key in keys] for partition in delta.partitions()]
    else:
        found = [partition["Values"] for partition in catalog.partitions(table)]
    if not keys:
        raise QueryError(
            f"FAILED: Execution Error. Table {schema}.{table['Name']} is not a partitioned table"
        )
    return sorted(
        "/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True)) for values in found
    )


def _create_statement(schema: str, table: dict[str, Any]) -> list[str]:
    keys = table.get("PartitionKeys", [])
    columns = table.get("StorageDescriptor", {}).get("Columns", [])

    def listed(items: list[dict[str, Any]]) -> list[str]:
        lines = [f"  `{item['Name']}` {item.get('Type', 'string')}" for item in items]
        return [line + ("," if place < len(lines) - 1 else ")") for place, line in enumerate(lines)]

    lines = [f"CREATE EXTERNAL TABLE `{schema}.{table['Name']}`(", *listed(columns)]
    if keys:
        lines += ["PARTITIONED BY (", *listed(keys)]
    lines += ["LOCATION", f"  '{table.get('StorageDescriptor', {}).get('Location', '')}'"]
    pairs = sorted((str(key), str(value)) for key, value in table.get("Parameters", {}).items())
    if pairs:
        lines.append("TBLPROPERTIES (")
        for place, (key, value) in enumerate(pairs):
            lines.append(f"  '{key}'='{value}'" + ("," if place < len(pairs) - 1 else ")"))
    return lines


def _information_schema(catalog: Catalog, name: str) -> Source | None:
    if name == "schemata":
        rows = [{"catalog_name": CATALOG, "schema_name": database} for database in catalog.databases()]
        return _records(rows, {"catalog_name": pa.string(), "schema_name": pa.string()})
    if name == "tables":
        rows = [
            {
                "table_catalog": CATALOG,
                "table_schema": database,
                "table_name": table["Name"],
                "table_type": "VIEW" if table.get("TableType") == "VIRTUAL_VIEW" else "BASE TABLE",
            }
            for database in catalog.databases()
            for table in catalog.tables(database)
        ]
        return _records(
            rows, {key: pa.string() for key in ("table_catalog", "table_schema", "table_name", "table_type")}
        )
    if name == "columns":
        rows = [
            {
                "table_catalog": CATALOG,
                "table_schema": database,
                "table_name": table["Name"],
                "column_name": column,
                "ordinal_position": place,
                "column_default": None,
                "is_nullable": "YES",
                "data_type": _athena_name(kind),
            }
            for database in catalog.databases()
            for table in catalog.tables(database)
            for place, (column, kind) in enumerate(_columns(catalog, database, table), 1)
        ]
        text = (
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "column_default",
            "is_nullable",
            "data_type",
        )
        return _records(rows, {**{key: pa.string() for key in text}, "ordinal_position": pa.int64()})
    return None


def _athena_name(hive: str) -> str:
    from athena_types import arrow_of_hive, athena_of_arrow

    try:
        return athena_of_arrow(arrow_of_hive(hive))
    except ValueError:
        return hive


def _records(rows: list[dict[str, Any]], kinds: dict[str, pa.DataType]) -> Source:
    table = pa.Table.from_pylist(rows, schema=pa.schema(list(kinds.items())))
    columns = {name: "bigint" if kind == pa.int64() else "varchar" for name, kind in kinds.items()}
    return Source(columns, [], ds.dataset(table), pa.table({"size_bytes": pa.array([], pa.int64())}))


def timed(sql: str, database: str | None, parameters: list[str], cutoff: int | None) -> tuple[Result, int]:
    """Runs a statement and says how many milliseconds its engine took."""
    begun = time.monotonic()
    result = run(sql, database, parameters, cutoff)
    return result, int((time.monotonic() - begun) * 1000)
