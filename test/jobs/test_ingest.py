"""The CRM jobs over the samples, and over deliveries that go wrong. Counts come from `expected.py`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from conftest import PROJECT, Lake
from expected import DATES, KEYS, expected, file_of
from pyspark.sql import functions as F

from jobs.common import ingest
from jobs.common.conform import conform
from jobs.common.declaration import Declaration
from jobs.common.errors import JobError, LandingEncodingError, LandingMissingError, QualityError
from jobs.common.landing import read_delivery
from jobs.ingest import crm_accounts_ingest, crm_contacts_ingest, crm_opportunities_ingest

JOBS: dict[str, ModuleType] = {
    "accounts": crm_accounts_ingest,
    "contacts": crm_contacts_ingest,
    "opportunities": crm_opportunities_ingest,
}
DAY = "2026-01-05"
AWKWARD = [
    (dataset, date)
    for dataset in KEYS
    for date in DATES
    if (day := expected(dataset, date)).quarantine or day.bom or day.crlf or day.extra or day.newline
]


def content(lake: Lake, table: str) -> list[str]:
    """A table's rows as JSON, ordered, for comparison as a whole."""
    return sorted(lake.table(table).toJSON().collect())


@pytest.mark.parametrize("dataset", list(JOBS))
def test_a_day_lands_in_bronze_and_quarantine_as_worked_out_by_hand(lake: Lake, dataset: str) -> None:
    lake.deliver_sample(dataset, DAY)
    want = expected(dataset, DAY)
    result = JOBS[dataset].run(lake.context(f"crm_{dataset}", DAY))

    assert (result.rows_read, result.rows_written, result.rows_quarantined) == (
        want.rows,
        want.bronze,
        want.quarantine,
    )
    bronze = lake.table(f"crm_{dataset}")
    assert sorted(row[0] for row in bronze.select(KEYS[dataset]).collect()) == want.kept_keys
    assert {str(row[0]) for row in bronze.select("ingest_date").distinct().collect()} == {DAY}
    quarantine = lake.table(f"crm_{dataset}__quarantine").select(F.explode("_reasons")).collect()
    assert sorted(row[0] for row in quarantine) == sorted(want.reasons.elements())
    assert result.reasons == dict(want.reasons)


def test_a_value_with_a_line_break_arrives_whole(lake: Lake) -> None:
    lake.deliver_sample("accounts", DAY)
    crm_accounts_ingest.run(lake.context("crm_accounts", DAY))
    broken = lake.table("crm_accounts").where("billing_address like 'Attn: accounts payable\\n%'")
    assert broken.count() == expected("accounts", DAY).newline == 2


@pytest.mark.parametrize(("dataset", "date"), AWKWARD)
def test_every_awkward_day_of_the_samples_counts_as_worked_out_by_hand(
    lake: Lake, dataset: str, date: str
) -> None:
    context = lake.context(f"crm_{dataset}", date)
    contract = context.declaration.contract(f"crm_{dataset}_bronze")
    source = context.declaration.source(f"crm_{dataset}")
    delivery = read_delivery(lake.spark, source, file_of(dataset, date).parent.as_uri(), contract)
    counts = conform(delivery, contract, context.date).count()
    want = expected(dataset, date)
    assert (counts.read, counts.rejected, counts.reasons) == (want.rows, want.quarantine, dict(want.reasons))
    assert list(counts.unmapped) == want.extra


def test_running_again_leaves_the_same_tables(lake: Lake) -> None:
    lake.deliver_sample("contacts", DAY)
    first = crm_contacts_ingest.run(lake.context("crm_contacts", DAY, run_id="one"))
    before = content(lake, "crm_contacts"), content(lake, "crm_contacts__quarantine")
    second = crm_contacts_ingest.run(lake.context("crm_contacts", DAY, run_id="two"))
    assert (content(lake, "crm_contacts"), content(lake, "crm_contacts__quarantine")) == before
    assert dataclasses.replace(second, run_id="one") == first


def test_a_corrected_delivery_replaces_its_day_and_no_other(lake: Lake) -> None:
    for date in ("2026-01-04", DAY):
        lake.deliver_sample("accounts", date)
        crm_accounts_ingest.run(lake.context("crm_accounts", date))
    lake.deliver("accounts", DAY, file_of("accounts", "2026-01-06").read_bytes())
    result = crm_accounts_ingest.run(lake.context("crm_accounts", DAY))
    counts = {
        str(row[0]): row[1] for row in lake.table("crm_accounts").groupBy("ingest_date").count().collect()
    }
    assert counts == {"2026-01-04": expected("accounts", "2026-01-04").bronze, DAY: result.rows_written}
    assert result.rows_written == expected("accounts", "2026-01-06").bronze
    assert lake.table("crm_accounts__quarantine").count() == 0


def test_the_commit_tells_which_run_made_it(lake: Lake) -> None:
    lake.deliver_sample("accounts", DAY)
    crm_accounts_ingest.run(lake.context("crm_accounts", DAY, run_id="00abc"))
    log = (lake.folder / "bronze" / "crm_accounts" / "_delta_log" / "00000000000000000000.json").read_text()
    (commit,) = [json.loads(line)["commitInfo"] for line in log.splitlines() if "commitInfo" in line]
    assert json.loads(commit["userMetadata"]) == {"job": "crm_accounts", "date": DAY, "runId": "00abc"}


def test_too_many_broken_rows_fail_the_run_and_leave_the_table_as_it_was(lake: Lake) -> None:
    lake.deliver_sample("accounts", DAY)
    crm_accounts_ingest.run(lake.context("crm_accounts", DAY))
    before = content(lake, "crm_accounts")
    spoilt = file_of("accounts", "2026-01-06").read_bytes().replace(b"true", b"perhaps")
    lake.deliver("accounts", DAY, spoilt)
    with pytest.raises(QualityError, match=r"type:is_active.*more than the 10% .*crm_accounts__quarantine"):
        crm_accounts_ingest.run(lake.context("crm_accounts", DAY))
    assert content(lake, "crm_accounts") == before
    kept = lake.table("crm_accounts__quarantine").collect()
    assert len(kept) == spoilt.count(b"perhaps")
    assert {reason for row in kept for reason in row["_reasons"]} == {"type:is_active"}


def test_a_share_between_the_thresholds_warns(lake: Lake) -> None:
    lake.deliver_sample("accounts", DAY)  # 3 of 33
    result = crm_accounts_ingest.run(lake.context("crm_accounts", DAY))
    assert any("3 of 33 rows break the contract" in warning for warning in result.warnings)


def test_a_failure_while_the_table_is_written_leaves_it_as_it_was(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.deliver_sample("accounts", DAY)
    crm_accounts_ingest.run(lake.context("crm_accounts", DAY))
    before, version = content(lake, "crm_accounts"), lake.version("crm_accounts")
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
    assert content(lake, "crm_accounts") == before
    assert lake.version("crm_accounts") == version

    monkeypatch.undo()
    result = crm_accounts_ingest.run(lake.context("crm_accounts", DAY))
    assert lake.table("crm_accounts").count() == result.rows_written


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


def test_a_day_without_rows_empties_its_partition_and_says_so(lake: Lake) -> None:
    lake.deliver_sample("accounts", DAY)
    crm_accounts_ingest.run(lake.context("crm_accounts", DAY))
    header = file_of("accounts", DAY).read_bytes().split(b"\n", 1)[0]
    lake.deliver("accounts", DAY, header + b"\n")
    result = crm_accounts_ingest.run(lake.context("crm_accounts", DAY))
    assert (result.rows_read, lake.table("crm_accounts").count()) == (0, 0)
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
    crm_accounts_ingest.run(lake.context("crm_accounts", "2026-01-14", declaration=Declaration(config)))
    known = lake.table("crm_accounts").groupBy("ingest_date").agg(F.count("region_code").alias("n"))
    assert {row[0]: row[1] for row in known.collect()} == {
        dt.date(2026, 1, 13): 0,
        dt.date(2026, 1, 14): expected("accounts", "2026-01-14").bronze,
    }
