"""A Delta table in a folder as its log and its files have it: read by plain Python in milliseconds, and without the
program that wrote it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pyarrow import parquet

_OF_PARTITIONS: dict[str, Callable[[str], object]] = {"date": dt.date.fromisoformat, "string": str}


def delta_rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of the newest version: times with their zone, maps as dictionaries, all columns of the schema. Where
    there is no table, no rows.
    """
    files: dict[str, dict[str, str | None]] = {}
    schema: list[dict[str, Any]] = []
    for commit in sorted((folder / "_delta_log").glob("*.json")):
        for line in commit.read_text(encoding="utf-8").splitlines():
            ((action, words),) = json.loads(line).items()
            if action == "metaData":
                schema = json.loads(words["schemaString"])["fields"]
            elif action == "add":
                assert not words.get("deletionVector"), "a file with rows that do not count"
                files[words["path"]] = words["partitionValues"]
            elif action == "remove":
                files.pop(words["path"], None)
    return [
        {field["name"]: _value(field["type"], field["name"], row, partition) for field in schema}
        for path, partition in files.items()
        for row in parquet.ParquetFile(folder / unquote(path)).read().to_pylist()
    ]


def _value(kind: Any, name: str, row: dict[str, Any], partition: dict[str, str | None]) -> object:
    if name in partition:
        text = partition[name]
        return None if text is None else _OF_PARTITIONS[kind](text)
    value = row.get(name)
    return dict(value) if value is not None and isinstance(kind, dict) and kind["type"] == "map" else value
