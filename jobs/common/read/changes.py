"""What a database is asked for, in the SQL that all of them speak."""

from __future__ import annotations

import datetime as dt
import re

from jobs.common.errors import DeclarationError
from jobs.common.ingest import Extraction

_NAME = r"(?:[A-Za-z_][A-Za-z0-9_$]*|\"[^\"]+\")"


def changes_query(extraction: Extraction) -> str:
    """The rows of a source that changed in the window. A row without a time of change is asked for every time: it
    breaks the contract, and in quarantine somebody sees it.
    """
    source, window = extraction.source, extraction.window
    if source.entity is None or not re.fullmatch(rf"{_NAME}(\.{_NAME}){{0,2}}", source.entity):
        raise DeclarationError(f"source {source.id}: the entity {source.entity} is no name of a table")
    if window is None:
        return f"select * from {source.entity}"  # noqa: S608 -- a name out of the declaration, looked at above
    column = identifier(source.watermark or "")
    since = "" if window.after is None else f"{column} > {_literal(window.after)} and "
    return f"select * from {source.entity} where ({since}{column} < {_literal(window.before)}) or {column} is null"  # noqa: S608


def identifier(name: str) -> str:
    """A column's name, as the declaration has it.

    :raises DeclarationError: it is none
    """
    if not re.fullmatch(_NAME, name):
        raise DeclarationError(f'"{name}" is no name of a column')
    return name


def _literal(time: dt.datetime) -> str:
    """A time in UTC. Sessions are in UTC, so it means the same beside a column with a zone and one without."""
    return f"timestamp '{time.astimezone(dt.timezone.utc):%Y-%m-%d %H:%M:%S.%f}'"
