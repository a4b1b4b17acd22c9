"""Queries: how one is run in DuckDB over the tables that Glue names, and what DuckDB says in Athena's words."""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb
import pyarrow as pa
from athena_types import DUCKDB_NAMES, athena_of_result
from averages import MACROS
from catalog import Catalog
from failures import QueryError
from information_schema import information_schema
from translation import Translator, tokens_of


@dataclass(frozen=True)
class Asked:
    """A query as it was asked for, and what is true of the one who asks."""

    sql: str
    database: str | None
    parameters: list[str]
    # Bytes that it may scan.
    cutoff: int | None = None

    @property
    def hive_database(self) -> str | None:
        """The session's database for statements of Hive's, which take its name in quotes, as awswrangler sends it."""
        return None if self.database is None else self.database.strip("`")


@dataclass(frozen=True)
class Rows:
    """What a query gives: names as Athena shows them, types as DuckDB says them."""

    names: list[str]
    types: list[str]
    table: pa.Table
    scanned: int


@dataclass
class Prepared:
    """A query that has been read and whose tables are there, and that has not run."""

    connection: duckdb.DuckDBPyConnection
    asked: Asked
    sql: str
    names: list[str]
    scanned: int
    # Places, from 0, of columns without a name, and of those without a type.
    unnamed: list[int]
    untyped: list[int]

    def columns(self) -> list[tuple[str, str]]:
        """Names and Athena's types, in full, of what the query gives, which it need not run for."""
        relation, names = self._relation()
        try:
            kinds = relation.limit(0).to_arrow_table().schema
        except duckdb.Error as error:
            raise _failure(error, self.asked.sql) from error
        types = [
            athena_of_result(item.type, str(kind)) for item, kind in zip(kinds, relation.types, strict=True)
        ]
        return list(zip(names, types, strict=True))

    def run(self) -> Rows:
        """Raises QueryError, also where it would scan more than it may."""
        cutoff = self.asked.cutoff
        if cutoff is not None and self.scanned > cutoff:
            raise QueryError(
                f"Bytes scanned limit was exceeded: {self.scanned} of {cutoff} bytes", state="CANCELLED"
            )
        relation, names = self._relation()
        try:
            table = relation.to_arrow_table()
        except duckdb.Error as error:
            raise _failure(error, self.asked.sql) from error
        return Rows(names, [str(kind) for kind in relation.types], table, self.scanned)

    def plan(self) -> list[str]:
        try:
            found = self.connection.execute(f"EXPLAIN {self.sql}").fetchall()
        except duckdb.Error as error:
            raise _failure(error, self.asked.sql) from error
        return [line for item in found for line in str(item[-1]).splitlines()]

    def require_columns(self) -> None:
        """Raises where what the query gives cannot be columns of a table or of a view."""
        for place in self.unnamed:
            raise QueryError(f"MISSING_COLUMN_NAME: Column name not specified at position {place + 1}")
        for place in self.untyped:
            raise QueryError(f"COLUMN_TYPE_UNKNOWN: Column type is unknown at position {place + 1}")
        for place, name in enumerate(self.names):
            if name in self.names[:place]:
                raise QueryError(f"DUPLICATE_COLUMN_NAME: Column name '{name}' specified more than once")

    def _relation(self) -> tuple[duckdb.DuckDBPyRelation, list[str]]:
        try:
            relation = self.connection.sql(self.sql)
        except duckdb.Error as error:
            raise _failure(error, self.asked.sql) from error
        width = len(relation.columns)
        return relation, self.names if len(self.names) == width else [f"_col{at}" for at in range(width)]


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
        *MACROS,
    ):
        connection.execute(f"CREATE MACRO {macro}")
    return connection


def prepare(asked: Asked, catalog: Catalog) -> Prepared:
    """Reads a query and its tables. Raises QueryError."""
    translation = Translator(catalog, asked.database, information_schema).translate(
        asked.sql, asked.parameters
    )
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
    return Prepared(
        connection,
        asked,
        translation.sql,
        translation.names,
        scanned,
        translation.unnamed,
        translation.untyped,
    )


def _cell(stored: str, name: str, athena_type: str, kind: pa.DataType) -> str:
    """A column of a table's view; text is converted to what the catalog says, or NULL."""
    if pa.types.is_string(kind) and athena_type != "varchar":
        return f'TRY_CAST("{stored}" AS {DUCKDB_NAMES.get(athena_type, athena_type)}) AS "{name}"'
    return f'"{stored}" AS "{name}"'


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
