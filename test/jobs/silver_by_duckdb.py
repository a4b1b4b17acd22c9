"""What a silver table has to hold, worked out by DuckDB in SQL over the same bronze files, from the contracts alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
from conftest import PROJECT, Lake


def wrong_rows(lake: Lake, silver: str, bronze: str, until: str) -> list[tuple[Any, ...]]:
    """Rows that the silver table lacks or has too many of; none where it is right."""
    document = json.loads((PROJECT / "config" / "schemas" / f"{silver}.json").read_text(encoding="utf-8"))
    extension = document["x-dataplat"]
    names = list(document["properties"])
    values = ", ".join(_value(name, column) for name, column in document["properties"].items())
    key = ", ".join(extension["primaryKey"])
    order = ", ".join(f"{name} desc" for name in extension["merge"]["orderedBy"])
    database = duckdb.connect()
    database.execute("set TimeZone = 'UTC'")
    _view(database, "bronze", lake, lake.folder / "bronze" / bronze.removesuffix("_bronze"))
    _view(database, "silver", lake, lake.folder / "silver" / silver.removesuffix("_silver"))
    expected = f"""
        select {values} from bronze where ingest_date <= date '{until}'
        qualify row_number() over (partition by {key} order by {order}) = 1"""
    found = f"select {', '.join(names)} from silver"
    lacking = database.execute(f"({expected}) except all ({found})").fetchall()
    surplus = database.execute(f"({found}) except all ({expected})").fetchall()
    return [*(("lacks", *row) for row in lacking), *(("has", *row) for row in surplus)]


def _value(name: str, column: dict[str, Any]) -> str:
    moment = column.get("x-dataplat", {}).get("dateOf")
    return name if moment is None else f"cast({moment} as date) as {name}"


def _view(database: duckdb.DuckDBPyConnection, name: str, lake: Lake, table: Path) -> None:
    """The files that Delta says are the table's now, as DuckDB reads them."""
    files = lake.spark.read.format("delta").load(table.as_uri()).inputFiles()
    paths = ", ".join(f"'{file.removeprefix('file://')}'" for file in files)
    database.execute(
        f"create view {name} as select * from read_parquet([{paths}], hive_partitioning = true, union_by_name = true)"
    )
