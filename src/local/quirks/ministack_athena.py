"""
Athena's own calls about the Data Catalog, by which PyAthena and SQLAlchemy look around: ministack knows a catalog by
one spelling alone, while clients write `awsdatacatalog`, and it tells of tables and databases that are not there.
"""

from __future__ import annotations

from typing import Any, Callable

from ministack.core.responses import error_response_json
from ministack.services import athena, glue

Answer = tuple[int, dict[str, str], bytes]
Call = Callable[[dict[str, Any]], Answer]


def asking_the_catalog(call: Call) -> Call:
    def ask(data: dict[str, Any]) -> Answer:
        asked = str(data.get("CatalogName", ""))
        name = next((known for known in athena._data_catalogs if known.lower() == asked.lower()), None)
        if name is None:
            return missing(f"Catalog {asked} not found")
        database, table = data.get("DatabaseName"), data.get("TableName")
        if database is not None and glue._databases.get(database) is None:
            return missing(f"EntityNotFoundException: Database {database} not found.")
        if table is not None and glue._tables.get(f"{database}/{table}") is None:
            return missing("EntityNotFoundException: Entity Not Found")
        return call({**data, "CatalogName": name})

    return ask


def missing(what: str) -> Answer:
    return error_response_json("MetadataException", what, 400)


def install() -> None:
    for name in ("_get_database", "_list_databases", "_get_table_metadata", "_list_table_metadata"):
        setattr(athena, name, asking_the_catalog(getattr(athena, name)))
