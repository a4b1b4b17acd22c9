"""What is expected of a dataset: by its contract, and by `config/shared/dq_thresholds.yaml`. Pure.

`dataplat validate` has checked that columns, types and settings fit each other; nothing is checked twice here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.common.contract import Contract

CONTRACT, DECLARED = "contract", "thresholds"


@dataclass(frozen=True)
class Expectation:
    """One thing that is expected. `kind` is what `expect` names; `pattern` and `length` only contracts say."""

    kind: str
    columns: tuple[str, ...]
    severity: str
    """`error` closes the gate, `warn` is told."""
    at_most: float = 0.0
    """The share of the rows that may break it."""
    origin: str = DECLARED
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """What it is called in results: of a dataset, each once."""
        about = ",".join(self.columns)
        if self.kind == "reference":
            about += f"->{self.settings['to']}"
        return f"{self.kind}:{about}" if about else self.kind

    @property
    def column(self) -> str:
        """The one column that it is about."""
        (column,) = self.columns
        return column


def expectations_of(contract: Contract, limits: Mapping[str, Any]) -> tuple[Expectation, ...]:
    """What is expected of a dataset, the contract's own first; `limits` is its entry in the thresholds. What that says
    of the same kind and columns as the contract stands in the contract's place.
    """
    expected = {one.id: one for one in _of_contract(contract, limits.get("contract", "error"))}
    for entry in limits.get("expectations") or []:
        one = _declared(contract, entry)
        expected[one.id] = one
    return tuple(expected.values())


def _of_contract(contract: Contract, severity: str) -> list[Expectation]:
    found = [_own("unique", contract.primary_key, severity)]
    for column in contract.columns:
        if not column.nullable:
            found.append(_own("nulls", (column.name,), severity))
        rules = column.rules
        bounds = {
            name: rules[keyword]
            for keyword, name in (
                ("minimum", "minimum"),
                ("maximum", "maximum"),
                ("exclusiveMinimum", "above"),
                ("exclusiveMaximum", "below"),
            )
            if keyword in rules
        }
        if bounds:
            found.append(_own("range", (column.name,), severity, bounds))
        if "enum" in rules:
            values = [value for value in rules["enum"] if value is not None]
            found.append(_own("values", (column.name,), severity, {"values": values}))
        if "pattern" in rules:
            found.append(_own("pattern", (column.name,), severity, {"pattern": rules["pattern"]}))
        lengths = {key: rules[key] for key in ("minLength", "maxLength") if key in rules}
        if lengths:
            found.append(_own("length", (column.name,), severity, lengths))
    return found


def _own(
    kind: str, columns: tuple[str, ...], severity: str, settings: Mapping[str, Any] | None = None
) -> Expectation:
    return Expectation(kind, columns, severity, origin=CONTRACT, settings=settings or {})


def _declared(contract: Contract, entry: Mapping[str, Any]) -> Expectation:
    kind = entry["expect"]
    settings = {
        key: value
        for key, value in entry.items()
        if key not in ("expect", "column", "columns", "severity", "atMost")
    }
    columns = tuple(entry.get("columns") or ([entry["column"]] if "column" in entry else []))
    if kind == "values" and settings.get("values", "contract") == "contract":
        (column,) = (one for one in contract.columns if one.name == columns[0])
        settings["values"] = [value for value in column.rules["enum"] if value is not None]
    return Expectation(kind, columns, entry["severity"], float(entry.get("atMost", 0)), settings=settings)
