"""Where an environment's lineage goes: `lineage` of its file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LineageSettings:
    """`none`: nowhere. `file`: into the logs bucket. `http`: there, and to a receiver."""

    transport: str = "none"
    url: str | None = None
