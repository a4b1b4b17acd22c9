"""Masks, and tables that are masked. What a hash must be is worked out by Python's own `hmac`, the rest by hand."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import Lake
from delta.tables import DeltaTable
from platforms import of_one_job
from pyspark.sql import DataFrame

from jobs.common import apply_masks as path
from jobs.common.apply_masks import apply_masks
from jobs.common.contract import contract_of, spark_schema
from jobs.common.declaration import Dataset, Declaration, Job, Maintenance
from jobs.common.errors import UsageError
from jobs.common.masking import masked, shifter
from jobs.common.secret import Secret

KEY = "0123456789abcdef0123456789abcdef"
DAY = dt.date(2026, 1, 5)


def column(kind: str, masking: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    extension = {**more.pop("extension", {}), **({"masking": masking} if masking else {})}
    return {
        "type": [kind, "null"],
        "description": "x",
        **more,
        **({"x-dataplat": extension} if extension else {}),
    }


def people(**extension: Any) -> dict[str, Any]:
    """A contract with a mask of every kind."""
    return {
        "$id": "people_silver",
        "title": "People",
        "description": "People.",
        "properties": {
            "id": {"type": "string", "description": "x"},
            "email": column("string", {"rule": "hash"}),
            "phone": column("string", {"rule": "partial", "show": 3}),
            "plate": column("string", {"rule": "partial", "show": 2, "from": "start"}),
            "note": column("string", {"rule": "null"}),
            "born": column("string", {"rule": "date-shift", "days": 30, "by": "email"}, format="date"),
            "seen": column("string", {"rule": "date-shift", "days": 30, "by": "email"}, format="date-time"),
            "hired": column("string", {"rule": "generalise", "to": "quarter"}, format="date"),
            "age": column("integer", {"rule": "generalise", "step": 10}),
            "wage": column(
                "number", {"rule": "generalise", "step": 0.5}, extension={"type": "decimal(18,2)"}
            ),
            "zip": column("string", {"rule": "generalise", "letters": 2}),
            "day": {"type": "string", "format": "date", "description": "x"},
            "masked": column("string", extension={"origin": "platform"}),
        },
        "required": ["id", "day"],
        "x-dataplat": {
            "layer": "silver",
            "table": "people",
            "primaryKey": ["id"],
            "partitionedBy": ["day"],
            "owner": "x@example.com",
            "write": "replace-partition",
            "tags": {},
            **extension,
        },
    }


def copy_of_people() -> dict[str, Any]:
    plain = people()
    kept = {name: plain["properties"][name] for name in ("id", "email", "age", "note")}
    return {
        **plain,
        "$id": "people_masked_gold",
        "properties": {name: {**one, "x-dataplat": {}} for name, one in kept.items()},
        "required": ["id"],
        "x-dataplat": {
            **plain["x-dataplat"],
            "layer": "gold",
            "table": "people_masked",
            "partitionedBy": [],
            "write": "replace",
            "maskedCopyOf": "people_silver",
        },
    }


FIELDS = (
    "id string, email string, phone string, plate string, note string, born date, seen timestamp, hired date, "
    "age bigint, wage decimal(18,2), zip string, day date, masked string"
)
SEEN = dt.datetime(2026, 1, 2, 3, 4, 5, 678901)


def rows(lake: Lake, *ids: str, day: dt.date = DAY, email: str | None = None) -> DataFrame:
    values = [
        (
            one,
            email or f"{one}@example.com",
            "0171 2345678",
            "B-XY 12",
            "secret",
            dt.date(1990, 5, 17),
            SEEN,
            dt.date(2026, 5, 17),
            37,
            None,
            "10115",
            day,
            None,
        )
        for one in ids
    ]
    return lake.spark.createDataFrame(values, FIELDS).selectExpr(
        *(name for name in (part.split(" ")[0] for part in FIELDS.split(", ")) if name != "wage"),
        "cast(-1.20 as decimal(18,2)) as wage",
    )


def hashed(text: str) -> str:
    return hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


@pytest.mark.heavy
def test_each_rule_masks_and_nothing_else_changes(lake: Lake) -> None:
    (before,) = rows(lake, "p1").collect()
    (row,) = masked(rows(lake, "p1"), contract_of(people()), Secret(KEY)).collect()
    days = (row["born"] - before["born"]).days
    assert 1 <= abs(days) <= 30
    assert row.asDict() == {
        **before.asDict(),
        "email": hashed("p1@example.com"),
        "phone": "***678",
        "plate": "B-***",
        "note": None,
        "born": before["born"] + dt.timedelta(days=days),
        "seen": SEEN + dt.timedelta(days=days),  # of one person everything moves alike
        "hired": dt.date(2026, 4, 1),
        "age": 30,
        "wage": Decimal("-1.50"),  # downwards, below nothing too
        "zip": "10",
    }


@pytest.mark.heavy
def test_nulls_stay_and_short_texts_show_nothing(lake: Lake) -> None:
    frame = rows(lake, "p1").selectExpr(
        "id", "cast(null as string) as email", "'678' as phone", "'' as plate", "born", "day"
    )
    (row,) = masked(frame, contract_of(_only(people(), frame.columns)), Secret(KEY)).collect()
    assert (row["email"], row["phone"], row["plate"]) == (None, "***", "***")
    assert row["born"] != dt.date(1990, 5, 17)  # without an e-mail address the row's key decides


def _only(contract: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {**contract, "properties": {name: contract["properties"][name] for name in names}}


def test_shifts_are_spread_to_both_sides_and_never_none() -> None:
    names = [f"p{number}" for number in range(600)]
    shifts = list(map(shifter(KEY, 3), names))
    counts = {days: shifts.count(days) for days in range(-3, 4)}
    assert counts.pop(0) == 0
    # Each is expected a hundred times; half or twice of that is beyond five standard deviations.
    assert all(50 < count < 200 for count in counts.values())
    assert shifts != list(map(shifter("f" * 32, 3), names))


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The key that Secrets Manager would answer with; the test of the secret itself is in test_secret."""
    current = [KEY]
    monkeypatch.setattr(path, "masking_key", lambda _environment: Secret(current[0]))
    return current


def declared(lake: Lake, *contracts: dict[str, Any], after: dt.timedelta = dt.timedelta(0)) -> Declaration:
    """A declaration with these datasets, and a job that masks the last one."""
    config = lake.folder / "config"
    (config / "schemas").mkdir(parents=True)
    for one in contracts:
        (config / "schemas" / f"{one['$id']}.json").write_text(json.dumps(one), encoding="utf-8")
    job = Job("apply_data_masking", "maintenance", (), ("people_silver",), (contracts[-1]["$id"],))
    kept = Maintenance(128, dt.timedelta(days=7))
    datasets = {one["$id"]: Dataset(kept, kept, mask_after=after) for one in contracts}
    return of_one_job(config, job, datasets=datasets)


def run(lake: Lake, declaration: Declaration, date: str = "2026-01-05", **arguments: Any) -> dict[str, Any]:
    context = lake.context("apply_data_masking", date, declaration=declaration, **arguments)
    (told,) = apply_masks(context).details["tables"]  # type: ignore[misc]
    return dict(told)


def uri_of(lake: Lake, path: str) -> str:
    return (lake.folder / path).as_uri() + "/"


def state(lake: Lake, path: str) -> dict[str, dict[str, Any]]:
    table = lake.spark.read.format("delta").load(uri_of(lake, path))
    return {row["id"]: row.asDict() for row in table.collect()}


def version(lake: Lake, path: str) -> int:
    return len(list((lake.folder / path / "_delta_log").glob("*.json"))) - 1


@pytest.mark.heavy
def test_a_copy_is_masked_joins_as_its_origin_does_and_is_written_when_something_is_another(
    lake: Lake, key: list[str]
) -> None:
    declaration = declared(lake, people(), copy_of_people())
    origin = uri_of(lake, "silver/people")
    rows(lake, "p1", "p2").write.format("delta").partitionBy("day").save(origin)
    assert run(lake, declaration, dry_run="true")["rows"] == 2
    assert not (lake.folder / "gold" / "people_masked").exists()
    assert run(lake, declaration)["state"] == "written"
    first = state(lake, "gold/people_masked")
    assert first == {
        one: {"id": one, "email": hashed(f"{one}@example.com"), "age": 30, "note": None}
        for one in ("p1", "p2")
    }
    # What another table says of the same address has the same mask.
    visits = masked(rows(lake, "v1", email="p2@example.com"), contract_of(people()), Secret(key[0]))
    table = lake.spark.read.format("delta").load(uri_of(lake, "gold/people_masked"))
    assert [row["id"] for row in table.join(visits.select("email"), "email").collect()] == ["p2"]

    assert run(lake, declaration)["state"] == "up to date"
    assert version(lake, "gold/people_masked") == 0
    rows(lake, "p3").write.format("delta").mode("append").save(origin)
    assert run(lake, declaration)["rows"] == 3
    key[0] = "f" * 32
    assert run(lake, declaration)["state"] == "written"
    assert state(lake, "gold/people_masked")["p1"]["email"] != first["p1"]["email"]


@pytest.mark.heavy
def test_rows_are_masked_in_place_once_and_those_that_come_later_too(lake: Lake, key: list[str]) -> None:
    in_place = {"markedBy": "masked", "since": "day", "after": "2d"}
    declaration = declared(lake, people(maskInPlace=in_place), after=dt.timedelta(days=2))
    uri, old = uri_of(lake, "silver/people"), DAY - dt.timedelta(days=3)
    rows(lake, "p1", "p2", day=old).unionByName(rows(lake, "p3")).drop("masked").write.format(
        "delta"
    ).partitionBy("day").save(uri)
    plain = state(lake, "silver/people")
    assert run(lake, declaration, dry_run="true")["rows"] == 2
    assert version(lake, "silver/people") == 0
    told = run(lake, declaration)
    assert (told["rows"], told["commits"]) == (2, 1)
    once = state(lake, "silver/people")
    expected = masked(rows(lake, "p1", "p2", day=old), contract_of(people()), Secret(KEY)).collect()
    names = "age,born,email,hired,note,phone,plate,seen,wage,zip"
    assert {one: once[one] for one in ("p1", "p2")} == {
        row["id"]: {**row.asDict(), "masked": names} for row in expected
    }
    assert once["p3"] == {**plain["p3"], "masked": None}  # not old enough

    # Again: nothing to do, no version. Compacted with another, and again: nothing either.
    before = version(lake, "silver/people")
    assert run(lake, declaration)["rows"] == 0
    assert version(lake, "silver/people") == before
    rows(lake, "p4", day=old).write.format("delta").mode("append").save(uri)
    DeltaTable.forPath(lake.spark, uri).optimize().executeCompaction()
    assert run(lake, declaration)["rows"] == 1
    again = state(lake, "silver/people")
    assert {one: again[one] for one in ("p1", "p2", "p3")} == once
    assert again["p4"]["email"] == hashed("p4@example.com")
    # The day after p3 is old enough; and a partition that was written anew is masked anew.
    rows(lake, "p1", day=old).write.format("delta").mode("overwrite").option(
        "replaceWhere", f"day = '{old}'"
    ).save(uri)
    told = run(lake, declaration, "2026-01-08")
    assert (told["rows"], told["commits"]) == (2, 2)
    assert state(lake, "silver/people") == {
        "p1": once["p1"],
        "p3": {**once["p3"], "email": hashed("p3@example.com"), **_masks_of(lake, "p3")},
    }


def _masks_of(lake: Lake, one: str) -> dict[str, Any]:
    (row,) = masked(rows(lake, one), contract_of(people()), Secret(KEY)).collect()
    return {**row.asDict(), "masked": "age,born,email,hired,note,phone,plate,seen,wage,zip"}


@pytest.mark.heavy
def test_a_mask_that_the_contract_gains_is_laid_over_rows_that_are_masked_and_over_nothing_else(
    lake: Lake, key: list[str]
) -> None:
    less = people(maskInPlace={"markedBy": "masked"})
    del less["properties"]["phone"]["x-dataplat"]["masking"]
    declaration = declared(lake, less)
    rows(lake, "p1").write.format("delta").partitionBy("day").save(uri_of(lake, "silver/people"))
    run(lake, declaration)
    once = state(lake, "silver/people")["p1"]
    assert once["phone"] == "0171 2345678"
    file = declaration.root / "schemas" / "people_silver.json"
    file.write_text(json.dumps(people(maskInPlace={"markedBy": "masked"})), encoding="utf-8")
    assert run(lake, replace(declaration))["rows"] == 1
    assert state(lake, "silver/people")["p1"] == {
        **once,
        "phone": "***678",
        "masked": "age,born,email,hired,note,phone,plate,seen,wage,zip",
    }


@pytest.mark.heavy
def test_a_run_that_dies_between_two_partitions_is_gone_on_with(
    lake: Lake, key: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    declaration = declared(lake, people(maskInPlace={"markedBy": "masked"}))
    uri = uri_of(lake, "silver/people")
    two = rows(lake, "p1").unionByName(rows(lake, "p2", day=DAY - dt.timedelta(days=1)))
    two.write.format("delta").partitionBy("day").save(uri)
    expected = {row["id"]: row["born"] for row in masked(two, contract_of(people()), Secret(KEY)).collect()}

    class KilledError(Exception):
        pass

    def dies(*_arguments: object) -> int:
        raise KilledError

    monkeypatch.setattr(path, "_metric", dies)
    with pytest.raises(KilledError):
        run(lake, declaration)
    assert sorted(row["masked"] is None for row in state(lake, "silver/people").values()) == [False, True]
    monkeypatch.undo()
    monkeypatch.setattr(path, "masking_key", lambda _environment: Secret(KEY))
    assert run(lake, declaration)["rows"] == 1
    assert {one: row["born"] for one, row in state(lake, "silver/people").items()} == expected


@pytest.mark.heavy
def test_what_is_not_masked_by_contract_and_what_the_job_does_not_write_are_refused(lake: Lake) -> None:
    declaration = declared(lake, people())
    with pytest.raises(UsageError, match='people_silver has neither "maskedCopyOf" nor "maskInPlace"'):
        run(lake, declaration)
    with pytest.raises(UsageError, match="does not write others; it writes people_silver"):
        run(lake, declaration, dataset=["others"])


@pytest.mark.heavy
def test_no_plan_and_no_history_shows_the_key(lake: Lake, key: list[str]) -> None:
    declaration = declared(lake, people(maskInPlace={"markedBy": "masked"}))
    uri = uri_of(lake, "silver/people")
    rows(lake, "p1").write.format("delta").partitionBy("day").save(uri)
    frame = masked(lake.spark.read.format("delta").load(uri), contract_of(people()), Secret(KEY))
    plan = frame._jdf.queryExecution().toString()  # type: ignore[operator]
    assert "email" in plan
    assert KEY not in plan
    run(lake, declaration)
    log = "".join(file.read_text() for file in Path(lake.folder, "silver/people/_delta_log").glob("*.json"))
    assert '\\"masked\\"' in log
    assert KEY not in log


@pytest.mark.heavy
def test_the_copy_of_contacts_is_as_its_contract_has_it_and_names_nobody(lake: Lake, key: list[str]) -> None:
    origin, copy = (lake.declaration.contract(f"crm_contacts_{name}") for name in ("silver", "masked_gold"))
    person = {
        "contact_id": "CON-000001",
        "account_id": "ACC-000001",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "ada@example.com",
        "phone": "0171 2345678",
        "marketing_consent": True,
        "created_at": SEEN,
        "updated_at": SEEN,
        "ingest_date": DAY,
    }
    rows = lake.spark.createDataFrame([person], spark_schema(origin))
    rows.write.format("delta").save(lake.context("apply_data_masking", "2026-01-05").storage.table(origin))
    apply_masks(lake.context("apply_data_masking", "2026-01-05"))
    table = lake.spark.read.format("delta").load(uri_of(lake, "gold/crm_contacts_masked"))
    assert [(field.name, field.dataType) for field in table.schema] == [
        (field.name, field.dataType) for field in spark_schema(copy)
    ]
    (row,) = table.collect()
    told = {name: row[name] for name in ("contact_id", "first_name", "last_name", "email")}
    assert told == {
        "contact_id": "CON-000001",
        "first_name": hashed("Ada"),
        "last_name": hashed("Lovelace"),
        "email": hashed("ada@example.com"),
    }
