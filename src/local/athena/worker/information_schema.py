"""The information schema: what Glue names, as tables."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from athena_types import arrow_of_hive, athena_of_arrow
from catalog import CATALOG, Catalog, Source, columns_of
from views import VIRTUAL_VIEW


def information_schema(catalog: Catalog, name: str) -> Source | None:
    """A table of the information schema; None where Athena has none of that name."""
    if name == "schemata":
        rows = [{"catalog_name": CATALOG, "schema_name": database} for database in catalog.databases()]
        return _records(rows, {"catalog_name": pa.string(), "schema_name": pa.string()})
    if name == "tables":
        rows = [
            {
                "table_catalog": CATALOG,
                "table_schema": database,
                "table_name": table["Name"],
                "table_type": "VIEW" if table.get("TableType") == VIRTUAL_VIEW else "BASE TABLE",
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
            for place, (column, kind) in enumerate(columns_of(table), 1)
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
    try:
        return athena_of_arrow(arrow_of_hive(hive))
    except ValueError:
        return hive


def _records(rows: list[dict[str, Any]], kinds: dict[str, pa.DataType]) -> Source:
    table = pa.Table.from_pylist(rows, schema=pa.schema(list(kinds.items())))
    columns = {name: "bigint" if kind == pa.int64() else "varchar" for name, kind in kinds.items()}
    return Source(columns, [], ds.dataset(table), pa.table({"size_bytes": pa.array([], pa.int64())}))
