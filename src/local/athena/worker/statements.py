"""Statements: which are run and how, and what their result looks like."""

from __future__ import annotations

import fnmatch
import re
import time
from collections.abc import Iterable
from typing import Any

from athena_types import result_column
from catalog import CATALOG, Catalog, columns_of
from changes import change
from engine import Asked, prepare
from failures import QueryError
from rendering import rendered
from result import Result, Row
from translation import first_word, tokens_of
from views import VIRTUAL_VIEW, view_of


def run(asked: Asked, identity: str, output: str) -> Result:
    """Runs one statement, whose results go to ``output``. Raises QueryError."""
    sql = asked.sql
    tokens_of(sql)
    first = first_word(sql)
    catalog = Catalog()
    if first == "SHOW":
        return _show(sql, catalog, asked.hive_database)
    if first in ("DESCRIBE", "DESC"):
        return _describe(sql, catalog, asked.hive_database)
    if first == "EXPLAIN":
        body = re.sub(r"^\s*EXPLAIN(\s+ANALYZE|\s+VERBOSE)*(\s*\([^)]*\))?\s+", "", sql, flags=re.I)
        return _explain(Asked(body, asked.database, asked.parameters), catalog)
    if first in ("SELECT", "WITH", "VALUES", "(", "TABLE"):
        return _select(asked, catalog)
    return change(asked, catalog, identity, output)


# Queries


def _select(asked: Asked, catalog: Catalog) -> Result:
    rows = prepare(asked, catalog).run()
    columns = [result_column(name, kind) for name, kind in zip(rows.names, rows.types, strict=True)]
    return Result(columns, rendered(rows), "DML", "SELECT", rows.scanned, names=rows.names)


def _explain(asked: Asked, catalog: Catalog) -> Result:
    lines: list[Row] = [[line] for line in prepare(asked, catalog).plan()]
    return Result([result_column("Query Plan", "VARCHAR")], lines, "DML", "EXPLAIN", names=["Query Plan"])


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
        _, table = _table(catalog, found["other"] or found["database"], found["table"], database)
        names = [name for name, _ in columns_of(table)]
        return _utility("field", [name.ljust(20) for name in names], "SHOW_COLUMNS")
    if found := match(rf"SHOW\s+PARTITIONS\s+{_NAME}"):
        schema, table = _table(catalog, found["database"], found["table"], database)
        return _utility("partition", _partitions(catalog, schema, table), "SHOW_PARTITIONS")
    if found := match(
        r"SHOW\s+VIEWS(?:\s+(?:IN|FROM)\s+[`\"]?(?P<database>[\w$]+)[`\"]?)?(?:\s+LIKE\s+'(?P<like>[^']*)')?"
    ):
        tables = catalog.tables(_database(found["database"], database))
        views = [table["Name"] for table in tables if table.get("TableType") == VIRTUAL_VIEW]
        return _utility("views", _like(views, found["like"]), "SHOW_VIEWS")
    if found := match(rf"SHOW\s+CREATE\s+VIEW\s+{_NAME}"):
        schema, table = _table(catalog, found["database"], found["table"], database)
        if table.get("TableType") != VIRTUAL_VIEW:
            raise QueryError(
                f"NOT_SUPPORTED: line 1:1: Relation '{CATALOG}.{schema}.{table['Name']}' is a table, not a view"
            )
        view = view_of(table, f"{schema}.{table['Name']}", CATALOG)
        lines = [f"CREATE VIEW {schema}.{table['Name']} AS", *view.sql.splitlines()]
        return _utility("Create View", lines, "SHOW_CREATE_VIEW")
    if found := match(rf"SHOW\s+CREATE\s+TABLE\s+{_NAME}"):
        schema, table = _table(catalog, found["database"], found["table"], database)
        if table.get("TableType") == VIRTUAL_VIEW:
            raise QueryError(
                f"NOT_SUPPORTED: line 1:1: Relation '{CATALOG}.{schema}.{table['Name']}' is a view, not a table"
            )
        return _utility("createtab_stmt", _create_statement(schema, table), "SHOW_CREATE_TABLE")
    raise QueryError(
        f"NOT_SUPPORTED: {' '.join(text.split()[:2]).upper()} is not supported by the local endpoint"
    )


def _describe(sql: str, catalog: Catalog, database: str | None) -> Result:
    text = sql.strip().rstrip(";").strip()
    found = re.fullmatch(rf"DESC(?:RIBE)?\s+(?:EXTENDED\s+|FORMATTED\s+)?{_NAME}", text, flags=re.I)
    if found is None:
        raise QueryError(f"NOT_SUPPORTED: {text} is not supported by the local endpoint")
    _, table = _table(catalog, found["database"], found["table"], database)
    keys = [(key["Name"], key["Type"]) for key in table.get("PartitionKeys", [])]
    pairs = columns_of(table)
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


def timed(asked: Asked, identity: str, output: str) -> tuple[Result, int]:
    """Runs a statement and says how many milliseconds its engine took."""
    begun = time.monotonic()
    result = run(asked, identity, output)
    return result, int((time.monotonic() - begun) * 1000)
