"""What Spark's plans read and wrote, from the events of the OpenLineage listener. Pure.

The listener tells of each query of a run as a run of its own. Of one run of ours all of them are merged: the same
dataset is named once, with the columns that any of its writings came from.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger("dataplat.lineage")

Origins = dict[tuple[str, str], list[dict[str, Any]]]
"""The columns that a column came from (URI and name), with the kinds of transformation."""

_SCHEMES = {"file": "file:", "s3": "s3:", "s3a": "s3:"}


@dataclass
class Observed:
    """Datasets by their URIs, without a scheme's variants and without slashes at the end."""

    reads: dict[str, None] = field(default_factory=dict)
    writes: dict[str, Written] = field(default_factory=dict)


@dataclass
class Written:
    """One dataset that was written."""

    columns: dict[str, Origins] = field(default_factory=dict)
    """By the column written."""
    rows: int | None = None
    bytes: int | None = None
    files: int | None = None


def observed_of(lines: Iterable[str], tables: Collection[str] = ()) -> Observed:
    """Merge the listener's events. A line that is cut short (the driver was stopped) is passed over. Files and
    partitions of `tables` (URIs) count as the tables that they are of.
    """
    found = Observed()

    def table_of(uri: str) -> str:
        return next((table for table in tables if within(uri, table)), uri)

    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if not isinstance(event, dict) or event.get("eventType") != "COMPLETE":
            continue
        read = {uri_of(dataset): None for dataset in event.get("inputs") or []}
        for uri in read:
            found.reads.setdefault(table_of(uri))
        for dataset in event.get("outputs") or []:
            # Of rows without a plan the listener has it that they are written where they are read, and knows no more.
            if uri_of(dataset) in read and not dataset.get("facets") and not dataset.get("outputFacets"):
                continue
            _merge(found.writes.setdefault(table_of(uri_of(dataset)), Written()), dataset)
    return found


def uri_of(dataset: Mapping[str, Any]) -> str:
    """A dataset's URI, from OpenLineage's namespace and name."""
    return canonical(f"{dataset['namespace'].rstrip('/')}/{dataset['name'].lstrip('/')}")


def canonical(uri: str) -> str:
    """The one form of an URI: `file:/a` is `file:///a`, `s3a://b/c/` is `s3://b/c`."""
    scheme, colon, rest = uri.partition(":")
    if not colon or "/" in scheme:
        scheme, rest = ("file", uri[len("file") :] if uri.startswith("file/") else uri)
    return f"{_SCHEMES.get(scheme, f'{scheme}:')}//{_path(scheme, rest)}".rstrip("/")


def within(uri: str, folder: str) -> bool:
    """Whether the URI is the folder's, or of something in it."""
    return uri == folder or uri.startswith(f"{folder}/")


def _path(scheme: str, rest: str) -> str:
    path = rest.lstrip("/")
    return f"/{path}" if scheme == "file" else path


def _merge(written: Written, dataset: Mapping[str, Any]) -> None:
    lineage = (dataset.get("facets") or {}).get("columnLineage") or {}
    for column, facet in (lineage.get("fields") or {}).items():
        sources = written.columns.setdefault(column, {})
        for source in facet.get("inputFields") or []:
            known = sources.setdefault((uri_of(source), source["field"]), [])
            known.extend(one for one in source.get("transformations") or [] if one not in known)
    statistics = (dataset.get("outputFacets") or {}).get("outputStatistics") or {}
    for name, key in (("rows", "rowCount"), ("bytes", "size"), ("files", "fileCount")):
        if isinstance(statistics.get(key), int):
            setattr(written, name, (getattr(written, name) or 0) + statistics[key])
