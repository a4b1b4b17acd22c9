"""Options of a source: what the declaration lets be said, the jobs understand."""

from __future__ import annotations

import codecs
import dataclasses
import json
from typing import Any

import pytest
from conftest import PROJECT, Lake

from jobs.common.declaration import Selection, Source
from jobs.common.errors import (
    DeclarationError,
    LandingChangedError,
    LandingEmptyError,
    LandingFolderError,
    LandingHeaderError,
    LandingMissingError,
)
from jobs.common.landing import list_delivered, read_delivery, reading


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
    lake.deliver("accounts", "2026-01-05", b"", "_SUCCESS")
    folder = lake.landing("accounts", "2026-01-05").as_uri()
    contract = lake.declaration.contract("crm_accounts_bronze")
    named = [column.name for column in contract.source_columns]
    values: dict[str, object] = {
        "include": ["*.csv"],
        "exclude": ["*.md5"],
        "completeWhen": {"marker": "_SUCCESS"},
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
    assert {*values, "array", "sheet"} == set(options_of_the_schema())  # these are of JSON and of workbooks
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


def test_files_are_taken_by_their_names(lake: Lake) -> None:
    """What else lies in the folder is told of: other names, a folder, names in other letters."""
    names = ("a_1.csv", "a_2.csv", "a_2.csv.md5", "A_3.csv", "b_1.csv", "readme")
    folder = lake.landing("accounts", "2026-01-05")
    (folder / "archive").mkdir()
    contract = lake.declaration.contract("crm_accounts_bronze")
    required = [column.source_name for column in contract.source_columns if column.required]
    for name in names:
        (folder / name).write_text(",".join(required) + "\n" + "x" + "," * (len(required) - 1) + "\n")

    def taken(**options: list[str]) -> list[str]:
        source = Source("a", "csv", "crm/accounts/{date}/", options)
        delivery = read_delivery(lake.spark, source, folder.as_uri(), contract)
        assert len(delivery.warnings) == len(names) + 1 - len(delivery.versions)
        return [file.rpartition("/")[2] for file in delivery.versions]

    assert taken(include=["a_?.csv", "b*"]) == ["a_1.csv", "a_2.csv", "b_1.csv"]
    assert taken(exclude=["archive", "*.md5", "[ab]_1.csv"]) == ["A_3.csv", "a_2.csv", "readme"]
    assert taken(include=["*.csv"], exclude=["a_*"]) == ["A_3.csv", "b_1.csv"]
    with pytest.raises(LandingMissingError, match=r"readme is no delivery, by what the source includes"):
        taken(include=["c*"])
    with pytest.raises(LandingFolderError):
        taken(exclude=["*.md5"])


def test_a_file_that_comes_meanwhile_and_is_no_delivery_changes_nothing(lake: Lake) -> None:
    lake.deliver("accounts", "2026-01-05", b"x", "a.csv")
    folder = lake.landing("accounts", "2026-01-05")
    only = Selection(include=("*.csv",))
    versions, _ = list_delivered(lake.spark, folder.as_uri(), only)
    with reading(lake.spark, versions, only):
        (folder / "a.csv.md5").write_bytes(b"y")
    with pytest.raises(LandingChangedError, match=r"b\.csv changed"), reading(lake.spark, versions, only):
        (folder / "b.csv").write_bytes(b"y")
