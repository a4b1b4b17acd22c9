"""Views as Athena keeps them in the Glue catalog: the query and its columns as JSON in a comment."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from athena_types import hive_of_athena
from failures import QueryError

VIRTUAL_VIEW = "VIRTUAL_VIEW"


@dataclass(frozen=True)
class View:
    """A view: the query that it stands for, the database that its names are of, and the names of its columns."""

    sql: str
    database: str | None
    columns: list[str] | None
    name: str


def view_of(table: dict[str, Any], name: str, catalog: str) -> View:
    """The view that a table of Glue's is."""
    match = re.search(r"/\* Presto View: (\S+) \*/", table.get("ViewOriginalText", ""))
    if match is None:
        raise QueryError(f"INVALID_VIEW: {name} is no view of Athena's")
    try:
        definition = json.loads(base64.b64decode(match[1], validate=True))
        sql, columns = definition["originalSql"], definition.get("columns")
        names = None if columns is None else [str(column["name"]) for column in columns]
    except (binascii.Error, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise QueryError(f"INVALID_VIEW: Invalid view JSON: {name}") from error
    of = str(definition.get("catalog") or catalog)
    if of.lower() != catalog:
        raise QueryError(f"CATALOG_NOT_FOUND: View '{name}' is of catalog '{of}', which does not exist")
    return View(sql, definition.get("schema"), names, name)


def table_input(
    name: str, sql: str, catalog: str, database: str, columns: list[tuple[str, str]]
) -> dict[str, Any]:
    """What Glue is given for a view whose columns have these names and Athena's types."""
    definition = {
        "originalSql": sql,
        "catalog": catalog,
        "schema": database,
        "columns": [{"name": column, "type": kind} for column, kind in columns],
    }
    encoded = base64.b64encode(json.dumps(definition).encode()).decode()
    return {
        "Name": name,
        "TableType": VIRTUAL_VIEW,
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": hive_of_athena(kind)} for column, kind in columns],
            "Location": "",
            "SerdeInfo": {},
        },
        "ViewOriginalText": f"/* Presto View: {encoded} */",
        "ViewExpandedText": "/* Presto View */",
    }
