"""Contracts as Spark understands them."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from jobs.common.contract import contract_of, java_pattern, spark_schema, spark_type
from jobs.common.declaration import Declaration
from jobs.common.errors import DeclarationError

MINIMAL: dict[str, Any] = {
    "$id": "things_bronze",
    "type": "object",
    "properties": {"id": {"type": "string"}},
    "required": ["id"],
    "x-dataplat": {
        "layer": "bronze",
        "table": "things",
        "primaryKey": ["id"],
        "partitionedBy": [],
        "write": "replace-partition",
    },
}


def with_column(schema: dict[str, Any]) -> dict[str, Any]:
    document = copy.deepcopy(MINIMAL)
    document["properties"]["x"] = schema
    return document


def test_the_schema_of_accounts_is_the_contracts(declaration: Declaration) -> None:
    schema = spark_schema(declaration.contract("crm_accounts_bronze"))
    assert schema.simpleString() == (
        "struct<account_id:string,account_name:string,industry:string,country:string,billing_address:string,"
        "annual_revenue:decimal(18,2),employees:bigint,is_active:boolean,created_at:timestamp,updated_at:timestamp,"
        "_source_file:string,_unmapped:map<string,string>,ingest_date:date>"
    )
    assert schema["country"].metadata == {"comment": "Country of the head office, ISO 3166-1 alpha-2."}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "string"),
        ({"type": ["string", "null"]}, "string"),
        ({"type": "string", "format": "date"}, "date"),
        ({"type": ["string", "null"], "format": "date-time"}, "timestamp"),
        ({"type": "integer"}, "bigint"),
        ({"type": "number"}, "double"),
        ({"type": "boolean"}, "boolean"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "map<string,string>"),
        ({"type": "number", "x-dataplat": {"type": "decimal(10, 4)"}}, "decimal(10,4)"),
    ],
)
def test_a_json_type_gives_a_column_type(schema: dict[str, Any], expected: str) -> None:
    column = contract_of(with_column(schema)).columns[1]
    assert column.type == expected
    assert spark_type(column.type).simpleString() == expected


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "array"}, "tells no column type"),
        ({"type": ["string", "integer"]}, "tells no column type"),
        ({"type": "string", "format": "email"}, 'format "email"'),
        ({"type": "number", "multipleOf": 5}, "multipleOf"),
        ({"type": "string", "x-dataplat": {"type": "decimal(40,2)"}}, "decimal(40,2)"),
        ({"type": "string", "x-dataplat": {"type": "varchar(3)"}}, "varchar(3)"),
    ],
)
def test_what_is_not_understood_is_an_error_and_not_passed_over(schema: dict[str, Any], said: str) -> None:
    with pytest.raises(DeclarationError, match=re.escape(said)):
        contract_of(with_column(schema))


def test_a_key_that_names_no_column_is_an_error() -> None:
    document = copy.deepcopy(MINIMAL)
    document["x-dataplat"]["watermark"] = "changed_at"
    with pytest.raises(DeclarationError, match='"changed_at"'):
        contract_of(document)


def test_a_value_may_be_missing_where_null_is_a_type_or_the_column_is_not_required() -> None:
    document = with_column({"type": ["string", "null"]})
    document["properties"]["y"] = {"type": "string"}
    document["required"] = ["id", "x"]
    nullable = {column.name: (column.nullable, column.required) for column in contract_of(document).columns}
    assert nullable == {"id": (False, True), "x": (True, True), "y": (True, False)}


@pytest.mark.parametrize(
    ("pattern", "java"),
    [("^A$", r"^A\z"), (r"^\$[0-9$]+$", r"^\$[0-9$]+\z"), ("a|b$", r"a|b\z"), (r"[\]$]", r"[\]$]")],
)
def test_an_end_in_a_pattern_is_the_end_of_the_text(pattern: str, java: str) -> None:
    assert java_pattern(pattern) == java
