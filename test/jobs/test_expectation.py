"""What is expected of a dataset: by its contract, and by the thresholds."""

from __future__ import annotations

from typing import Any

from jobs.common.contract import Contract, contract_of
from jobs.common.declaration import Declaration
from jobs.common.quality.expectation import CONTRACT, expectations_of


def things() -> Contract:
    """A contract with every rule that a column can have."""
    described = {"description": "x"}
    return contract_of(
        {
            "$id": "things_bronze",
            "properties": {
                "code": {"type": "string", "pattern": "^[A-Z]$", "minLength": 1, "maxLength": 1, **described},
                "kind": {"type": ["string", "null"], "enum": ["a", "b", None], **described},
                "share": {"type": ["number", "null"], "minimum": 0, "exclusiveMaximum": 1, **described},
                "at": {"type": "string", "format": "date-time", **described},
            },
            "required": ["code", "at"],
            "x-dataplat": {
                "layer": "bronze",
                "table": "things",
                "primaryKey": ["code", "at"],
                "partitionedBy": [],
                "watermark": "at",
                "freshness": "26h",
                "write": "merge",
            },
        }
    )


def told(limits: dict[str, Any]) -> dict[str, tuple[object, ...]]:
    return {
        one.id: (one.severity, one.at_most, one.origin == CONTRACT, dict(one.settings))
        for one in expectations_of(things(), limits)
    }


def test_a_contract_alone_says_what_is_expected() -> None:
    assert told({}) == {
        "unique:code,at": ("error", 0, True, {}),
        "nulls:code": ("error", 0, True, {}),
        "pattern:code": ("error", 0, True, {"pattern": "^[A-Z]$"}),
        "length:code": ("error", 0, True, {"minLength": 1, "maxLength": 1}),
        "values:kind": ("error", 0, True, {"values": ["a", "b"]}),
        "range:share": ("error", 0, True, {"minimum": 0, "below": 1}),
        "nulls:at": ("error", 0, True, {}),
    }


def test_a_threshold_of_the_same_kind_and_columns_stands_instead_of_the_contracts() -> None:
    limits = {
        "contract": "warn",
        "expectations": [
            {"expect": "values", "column": "kind", "severity": "error", "atMost": 0.25},
            {"expect": "nulls", "column": "kind", "severity": "warn"},
        ],
    }
    found = told(limits)
    assert found["values:kind"] == ("error", 0.25, False, {"values": ["a", "b"]})
    assert found["nulls:kind"] == ("warn", 0, False, {})
    assert found["nulls:code"] == ("warn", 0, True, {})
    assert len(found) == len(told({})) + 1


def test_what_is_declared_keeps_its_settings_as_they_were_resolved() -> None:
    found = told(
        {
            "expectations": [
                {"expect": "freshness", "column": "at", "withinSeconds": 93600, "severity": "warn"},
                {"expect": "volume", "below": 0.5, "above": 2, "days": 7, "severity": "warn"},
                {"expect": "reference", "columns": ["kind"], "to": "kinds_bronze", "severity": "warn"},
            ]
        }
    )
    assert found["freshness:at"][3] == {"withinSeconds": 93600}
    assert found["volume"][3] == {"below": 0.5, "above": 2, "days": 7}
    assert found["reference:kind->kinds_bronze"][3] == {"to": "kinds_bronze"}


def test_the_declaration_of_this_repository_can_be_read(declaration: Declaration) -> None:
    contract = declaration.contract("crm_contacts_bronze")
    expected = expectations_of(contract, declaration.quality(contract.id))
    ids = [one.id for one in expected]
    assert "reference:account_id->crm_accounts_bronze" in ids
    assert "unique:contact_id" in ids
    assert expectations_of(contract, declaration.quality("of nobody"))[0].id == "unique:contact_id"
