"""What a statement gives to the one who asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

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
    # Rows that were written, and the addresses of the files that hold them.
    written: int = 0
    manifest: list[str] | None = None


def done(kind: str) -> Result:
    """A change of the catalog, which gives nothing."""
    return Result([], [], "DDL", kind, header=False)
