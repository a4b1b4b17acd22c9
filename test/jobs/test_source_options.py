"""Options of a source: what the declaration lets be said, the jobs understand."""

from __future__ import annotations

import codecs
import dataclasses
import json
from typing import Any

import pytest
from conftest import PROJECT, Lake

from jobs.common.declaration import Source
from jobs.common.errors import DeclarationError, LandingEmptyError, LandingHeaderError
from jobs.common.landing import read_delivery


def options_of_the_schema() -> dict[str, Any]:
    schema = json.loads((PROJECT / "config" / "editor" / "lineage.schema.json").read_text(encoding="utf-8"))
    source = schema["properties"]["sources"]["additionalProperties"]
    return dict(source["properties"]["options"]["properties"])


def test_every_encoding_is_known_to_spark_and_to_python(lake: Lake) -> None:
    jvm: Any = lake.spark.sparkContext._jvm
    for encoding in options_of_the_schema()["encoding"]["enum"]:
        assert jvm.java.nio.charset.Charset.isSupported(encoding), encoding
        assert codecs.lookup({"windows-31j": "cp932"}.get(encoding, encoding)), encoding


def test_every_option_is_one_that_files_are_read_by(lake: Lake) -> None:
    lake.deliver("accounts", "2026-01-05", b"1\tx\n")
    folder = lake.landing("accounts", "2026-01-05").as_uri()
    contract = lake.declaration.contract("crm_accounts_bronze")
    named = [column.name for column in contract.source_columns]
    values: dict[str, object] = {
        "encoding": "us-ascii",
        "delimiter": "\t",
        "quote": "'",
        "escape": "\\",
        "header": False,
        "columns": named,
        "skipRows": 0,
        "comment": "#",
        "nulls": ["NULL"],
        "multiLine": True,
    }
    assert set(values) == set(options_of_the_schema())
    source = Source("crm_accounts", "csv", "crm/accounts/{date}/", values)
    delivery = read_delivery(lake.spark, source, folder, contract)
    assert (delivery.names, delivery.nulls) == (tuple(named), ("NULL",))
    for wrong in ({"colour": "red"}, {"header": True}, {"columns": None}):
        other = dataclasses.replace(source, options={**values, **wrong})
        with pytest.raises(DeclarationError, match="source crm_accounts"):
            read_delivery(lake.spark, other, folder, contract)


def test_columns_that_are_declared_are_held_to_the_contract_and_an_empty_file_says_nothing(
    lake: Lake,
) -> None:
    lake.deliver("accounts", "2026-01-05", b"1,x\n")
    folder = lake.landing("accounts", "2026-01-05").as_uri()
    contract = lake.declaration.contract("crm_accounts_bronze")
    source = Source("a", "csv", "crm/accounts/{date}/", {"header": False, "columns": ["account_id", "x"]})
    with pytest.raises(LandingHeaderError, match="what the source declares as columns lacks account_name"):
        read_delivery(lake.spark, source, folder, contract)
    lake.deliver("accounts", "2026-01-05", b"\n")
    with pytest.raises(LandingEmptyError, match="not one row"):
        read_delivery(lake.spark, source, folder, contract)
