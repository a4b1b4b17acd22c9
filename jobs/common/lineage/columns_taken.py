"""Where columns come from that are taken over from a source, or from another dataset. Pure.

Spark's plan has the fields of a file only where Spark itself takes them apart: text is read as lines, and rows of an
interface come from Python. And where the newest row of a key is chosen, the plan has each column come from all. What it
shows of these is put right by what the job knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.common.conform import RAW, REASONS, UNMAPPED
from jobs.common.lineage.observed import Origins, within
from jobs.common.result import DatasetResult

_MADE_OF = {"type": "DIRECT", "subtype": "TRANSFORMATION", "description": "", "masking": False}


@dataclass(frozen=True)
class Place:
    """Where the rows of a dataset come from, and where they go: URIs."""

    origin: str
    table: str


def table_origins(shown: Mapping[str, Origins], result: DatasetResult, place: Place) -> dict[str, Origins]:
    """The origins of a table's columns. `shown` is what the plan has."""
    if result.taken is None:
        return dict(shown)
    taken = {column: [name] for column, name in result.taken.names.items()}
    return _put_right(shown, {**taken, UNMAPPED: list(result.unmapped)}, place)


def quarantine_origins(
    shown: Mapping[str, Origins], result: DatasetResult, place: Place
) -> dict[str, Origins]:
    """The origins of what is told of the rows that were rejected: all that was delivered, and what was wrong."""
    if result.taken is None:
        return dict(shown)
    judged = list(dict.fromkeys(result.taken.names.values()))
    return _put_right(shown, {RAW: [*judged, *result.unmapped], REASONS: judged}, place)


def _put_right(
    shown: Mapping[str, Origins], known: Mapping[str, Sequence[str]], place: Place
) -> dict[str, Origins]:
    fields = {name for names in known.values() for name in names}
    columns: dict[str, Origins] = {}
    for column in dict.fromkeys([*shown, *known]):
        origins = shown.get(column, {})
        # Another table, a source's own in its database for example: Spark knows the columns of that.
        elsewhere = {
            one: kinds
            for one, kinds in origins.items()
            if not within(one[0], place.origin) and not within(one[0], place.table)
        }
        if elsewhere:
            columns[column] = elsewhere
        elif column in known:
            columns[column] = {
                (place.origin, name): _kinds(origins, name) or [_MADE_OF] for name in known[column]
            }
        else:
            columns[column] = {one: kinds for one, kinds in origins.items() if one[1] in fields}
    return {column: origins for column, origins in columns.items() if origins}


def _kinds(origins: Origins, field: str) -> list[dict[str, Any]]:
    """How a column was made of a field, as far as the plan has it: else of all that it was made of."""
    of_field = [kinds for (_, name), kinds in origins.items() if name == field]
    found: list[dict[str, Any]] = []
    for kinds in of_field or origins.values():
        found += [kind for kind in kinds if kind not in found]
    return found
