"""The CRM jobs over the samples, and over deliveries that go wrong. Counts come from `expected.py`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from _pytest.mark import ParameterSet
from conftest import DAY, PROJECT, Lake, Sampled
from expected import DATES, KEYS, expected, file_of
from pyspark.sql import functions as F

from jobs.common import ingest
from jobs.common.conform import conform
from jobs.common.errors import JobError, LandingEncodingError, LandingMissingError, QualityError
from jobs.common.landing import read_delivery
from jobs.ingest import crm_accounts_ingest, crm_contacts_ingest, crm_opportunities_ingest

JOBS: dict[str, ModuleType] = {
    "accounts": crm_accounts_ingest,
    "contacts": crm_contacts_ingest,
    "opportunities": crm_opportunities_ingest,
}
Landed = Callable[..., Sampled]


def awkward() -> Iterator[ParameterSet]:
    """The days of the samples on which something is not as usual; heavy where an earlier one has shown all of it."""
    shown: set[str] = set()
    for dataset, date in itertools.product(KEYS, DATES):
        day = expected(dataset, date)
        marks = {name for name in ("bom", "crlf", "newline") if getattr(day, name)}
        found = {*marks, *day.extra, *(reason.split(":")[0] for reason in day.reasons)}
        if found:
            yield pytest.param(dataset, date, marks=[pytest.mark.heavy] if found <= shown else [])
        shown |= found


@pytest.mark.parametrize("dataset", list(JOBS))
def test_a_day_lands_in_bronze_and_quarantine_as_worked_out_by_hand(sampled: Landed, dataset: str) -> None:
    want = expected(dataset, DAY)
    landed = sampled(JOBS[dataset])
    lake, result = landed.lake, landed.result

    assert (result.rows_read, result.rows_written, result.rows_quarantined) == (
        want.rows,
        want.bronze,
        want.quarantine,
    )
    bronze = lake.rows(f"crm_{dataset}")
    assert sorted(row[KEYS[dataset]] for row in bronze) == want.kept_keys
    assert {str(row["ingest_date"]) for row in bronze} == {DAY}
    reasons = [reason for row in lake.rows(f"crm_{dataset}__quarantine") for reason in row["_reasons"]]
    assert sorted(reasons) == sorted(want.reasons.elements())
    assert result.reasons == dict(want.reasons)


def test_a_value_with_a_line_break_arrives_whole(sampled: Landed) -> None:
    rows = sampled(crm_accounts_ingest).lake.rows("crm_accounts")
    addresses = [row["billing_address"] or "" for row in rows]
    broken = [address for address in addresses if address.startswith("Attn: accounts payable\n")]
    assert len(broken) == expected("accounts", DAY).newline == 2


@pytest.mark.parametrize(("dataset", "date"), list(awkward()))
def test_every_awkward_day_of_the_samples_counts_as_worked_out_by_hand(
    lake: Lake, dataset: str, date: str
) -> None:
    context = lake.context(f"crm_{dataset}", date)
    contract = context.declaration.contract(f"crm_{dataset}_bronze")
    source = context.declaration.source(f"crm_{dataset}")
    delivery = read_delivery(lake.spark, source, file_of(dataset, date).parent.as_uri(), contract)
    counts = conform(delivery, contract, context.date).counts
    want = expected(dataset, date)
    assert (counts.read, counts.rejected, counts.reasons) == (want.rows, want.quarantine, dict(want.reasons))
    assert list(counts.unmapped) == want.extra


def test_running_again_leaves_the_same_tables(lake: Lake) -> None:
    lake.deliver_sample("contacts", DAY)
    first = crm_contacts_ingest.run(lake.context("crm_contacts", DAY, run_id="one"))
    before = lake.content("crm_contacts"), lake.content("crm_contacts__quarantine")
    second = crm_contacts_ingest.run(lake.context("crm_contacts", DAY, run_id="two"))
    assert (lake.content("crm_contacts"), lake.content("crm_contacts__quarantine")) == before
    assert dataclasses.replace(second, run_id="one") == first


def test_a_corrected_delivery_replaces_its_day_and_no_other(lake: Lake, sampled: Landed) -> None:
    sampled(crm_accounts_ingest).into(lake)
    lake.deliver_sample("accounts", "2026-01-04")
    crm_accounts_ingest.run(lake.context("crm_accounts", "2026-01-04"))
    lake.deliver("accounts", DAY, file_of("accounts", "2026-01-06").read_bytes())
    result = crm_accounts_ingest.run(lake.context("crm_accounts", DAY))
    counts = Counter(str(row["ingest_date"]) for row in lake.rows("crm_accounts"))
    assert counts == {"2026-01-04": expected("accounts", "2026-01-04").bronze, DAY: result.rows_written}
    assert result.rows_written == expected("accounts", "2026-01-06").bronze
    assert len(lake.rows("crm_accounts__quarantine")) == 0


def test_the_commit_tells_which_run_made_it(sampled: Landed) -> None:
    log = sampled(crm_accounts_ingest).lake.folder / "bronze" / "crm_accounts" / "_delta_log"
    lines = (log / f"{0:020d}.json").read_text().splitlines()
    (commit,) = [json.loads(line)["commitInfo"] for line in lines if "commitInfo" in line]
    assert json.loads(commit["userMetadata"]) == {"job": "crm_accounts", "date": DAY, "runId": "test"}


def test_too_many_broken_rows_fail_the_run_and_leave_the_table_as_it_was(lake: Lake, sampled: Landed) -> None:
    sampled(crm_accounts_ingest).into(lake)
    before = lake.content("crm_accounts")
    spoilt = file_of("accounts", "2026-01-06").read_bytes().replace(b"true", b"perhaps")
    lake.deliver("accounts", DAY, spoilt)
    with pytest.raises(QualityError, match=r"type:is_active.*more than the 10% .*crm_accounts__quarantine"):
        crm_accounts_ingest.run(lake.context("crm_accounts", DAY))
    assert lake.content("crm_accounts") == before
    kept = lake.rows("crm_accounts__quarantine")
    assert len(kept) == spoilt.count(b"perhaps")
    assert {reason for row in kept for reason in row["_reasons"]} == {"type:is_active"}


def test_a_share_between_the_thresholds_warns(sampled: Landed) -> None:
    result = sampled(crm_accounts_ingest).result
    assert any("3 of 33 rows break the contract" in warning for warning in result.warnings)


def test_a_failure_while_the_table_is_written_leaves_it_as_it_was(
    lake: Lake, sampled: Landed, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampled(crm_accounts_ingest).into(lake)
    before, version = lake.content("crm_accounts"), lake.version("crm_accounts")
    lake.deliver_sample("accounts", "2026-01-06").replace(lake.landing("accounts", DAY) / "accounts.csv")
    accepted = ingest.conform

    def with_a_disk_that_fills_up(*arguments: object) -> object:
        conformed = accepted(*arguments)  # type: ignore[arg-type]
        late = conformed.accepted().withColumn(
            "account_name",
            F.when(F.col("account_id") != F.lit("ACC-000001"), F.raise_error(F.lit("no space left"))).cast(
                "string"
            ),
        )
        monkeypatch.setattr(type(conformed), "accepted", lambda _: late)
        return conformed

    monkeypatch.setattr(ingest, "conform", with_a_disk_that_fills_up)
    with pytest.raises(Exception, match="no space left"):
        crm_accounts_ingest.run(lake.context("crm_accounts", DAY))
    assert lake.content("crm_accounts") == before
    assert lake.version("crm_accounts") == version

    monkeypatch.undo()
    result = crm_accounts_ingest.run(lake.context("crm_accounts", DAY))
    assert len(lake.rows("crm_accounts")) == result.rows_written


@pytest.mark.parametrize(
    ("delivered", "kind"),
    [
        (None, LandingMissingError),
        (
            "account_id,account_name,country,is_active,created_at,updated_at\n" + "x,Müller,DE,true,a,b\n",
            LandingEncodingError,
        ),
    ],
    ids=["missing", "latin-1"],
)
def test_a_delivery_that_cannot_be_read_writes_nothing(
    lake: Lake, delivered: str | None, kind: type[JobError]
) -> None:
    if delivered is not None:
        lake.deliver("accounts", DAY, delivered.encode("latin-1"))
    with pytest.raises(kind):
        crm_accounts_ingest.run(lake.context("crm_accounts", DAY))
    assert not (lake.folder / "bronze").exists()


def test_bytes_that_are_not_utf8_far_into_a_file_write_nothing(lake: Lake) -> None:
    good = file_of("contacts", "2026-01-01").read_bytes()
    assert len(good) > 1 << 16
    lake.deliver("contacts", DAY, good.replace("Öberg".encode(), "Öberg".encode("latin-1"), -1)[: 1 << 20])
    header_only = good[: 1 << 16].replace("Öberg".encode(), b"Oeberg")
    lake.deliver("contacts", DAY, header_only + good[1 << 16 :].replace("ö".encode(), b"\xf6"))
    with pytest.raises(LandingEncodingError):
        crm_contacts_ingest.run(lake.context("crm_contacts", DAY))
    assert not (lake.folder / "bronze").exists()


def test_a_day_without_rows_empties_its_partition_and_says_so(lake: Lake, sampled: Landed) -> None:
    sampled(crm_accounts_ingest).into(lake)
    header = file_of("accounts", DAY).read_bytes().split(b"\n", 1)[0]
    lake.deliver("accounts", DAY, header + b"\n")
    result = crm_accounts_ingest.run(lake.context("crm_accounts", DAY))
    assert (result.rows_read, len(lake.rows("crm_accounts"))) == (0, 0)
    assert any("no rows" in warning for warning in result.warnings)


def test_a_column_that_the_contract_gains_is_added_to_the_table(lake: Lake, tmp_path: Path) -> None:
    lake.deliver_sample("accounts", "2026-01-13")
    crm_accounts_ingest.run(lake.context("crm_accounts", "2026-01-13"))
    config = tmp_path / "config"
    shutil.copytree(PROJECT / "config", config)
    file = config / "schemas" / "crm_accounts_bronze.json"
    contract = json.loads(file.read_text(encoding="utf-8"))
    contract["properties"]["region_code"] = {"type": ["string", "null"], "description": "Sales region."}
    file.write_text(json.dumps(contract), encoding="utf-8")

    lake.deliver_sample("accounts", "2026-01-14")  # has the column region_code
    crm_accounts_ingest.run(
        lake.context("crm_accounts", "2026-01-14", declaration=replace(lake.declaration, root=config))
    )
    known = Counter((row["ingest_date"], row["region_code"] is not None) for row in lake.rows("crm_accounts"))
    assert known == {
        (dt.date(2026, 1, 13), False): expected("accounts", "2026-01-13").bronze,
        (dt.date(2026, 1, 14), True): expected("accounts", "2026-01-14").bronze,
    }
