"""The samples are what their page says, and come out of their generator."""

from __future__ import annotations

import csv
import filecmp
import re
import subprocess
import sys
from pathlib import Path

import pytest
from expected import DATES, KEYS, SAMPLES, expected, file_of
from expected_feeds import FEEDS, files, rows_of, sound_rows

DATASETS = list(KEYS)


def readme_rows(dataset: str) -> list[list[str]]:
    """The cells of the page's table of a dataset, without its header."""
    page = (SAMPLES / "README.md").read_text(encoding="utf-8")
    section = re.split(r"^### ", page, flags=re.MULTILINE)
    (table,) = [part for part in section if part.startswith(f"{dataset}\n")]
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_regenerating_gives_the_same_bytes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, SAMPLES / "generate.py", "--out", tmp_path], check=True)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    kept = sorted(
        path.relative_to(SAMPLES)
        for path in [SAMPLES / "README.md", *(SAMPLES / "crm").rglob("*"), *files()]
        if path.is_file()
    )
    assert made == kept
    same, different, odd = filecmp.cmpfiles(tmp_path, SAMPLES, [str(path) for path in made], shallow=False)
    assert (different, odd) == ([], [])
    working_days_but_new_year = 21
    assert len(same) == 8 * 31 + working_days_but_new_year + 1


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_page_counts_what_the_files_hold(dataset: str) -> None:
    *days, total = readme_rows(dataset)
    assert [cells[0] for cells in days] == DATES
    for cells in days:
        found = expected(dataset, cells[0])
        assert [int(cell) for cell in cells[1:11]] == [
            found.rows,
            found.quarantine,
            found.bronze,
            found.duplicate,
            found.bad_date,
            found.missing,
            found.unknown_enum,
            found.negative,
            found.too_many_fields,
            found.newline,
        ], cells[0]
        assert ("BOM" in cells[11], "CRLF" in cells[11]) == (found.bom, found.crlf), cells[0]
        assert re.findall(r"extra column `(\w+)`", cells[11]) == found.extra, cells[0]
    assert [int(cell) for cell in total[1:11]] == [
        sum(int(cells[column]) for cells in days) for column in range(1, 11)
    ]


@pytest.mark.parametrize(
    ("dataset", "rows"), [("accounts", 1000), ("contacts", 3000), ("opportunities", 5000)]
)
def test_the_month_has_the_promised_size(dataset: str, rows: int) -> None:
    assert sum(expected(dataset, date).rows for date in DATES) == rows


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_promised_defect_occurs_and_no_day_reaches_the_failing_share(dataset: str) -> None:
    days = [expected(dataset, date) for date in DATES]
    assert all(day.quarantine / day.rows <= 0.10 for day in days)
    for kind in ("bom", "crlf", "newline", "duplicate", "bad_date", "missing", "extra", "unknown_enum"):
        assert any(getattr(day, kind) for day in days), kind


def test_references_name_sound_records_delivered_no_later() -> None:
    delivered: dict[str, set[str]] = {dataset: set() for dataset in DATASETS}
    for date in DATES:
        for dataset in DATASETS:
            sound = set(expected(dataset, date).kept_keys)
            with file_of(dataset, date).open(encoding="utf-8-sig", newline="") as file:
                for row in csv.DictReader(file):
                    if row[KEYS[dataset]] not in sound or dataset == "accounts":
                        continue
                    assert row["account_id"] in {"", *delivered["accounts"]}
                    if dataset == "opportunities":
                        assert row["primary_contact_id"] in {"", *delivered["contacts"]}
            delivered[dataset] |= sound


@pytest.mark.parametrize("feed", list(FEEDS))
def test_the_page_tells_what_is_wrong_with_the_other_systems_rows(feed: str) -> None:
    *days, total = readme_rows(feed)
    assert [cells[0] for cells in days] == DATES
    for date, rows, quarantine, bronze, told, _ in days:
        sound, reasons = sound_rows(feed, date)
        assert int(rows) == len(rows_of(feed, date)), date
        assert (int(bronze), int(quarantine)) == (len(sound), reasons.total()), date
        assert told == ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items())), date
    assert [int(cell) for cell in total[1:4]] == [
        sum(int(cells[column]) for cells in days) for column in (1, 2, 3)
    ]


def test_the_systems_know_each_other() -> None:
    accounts: set[str] = set()
    contacts: set[str] = set()
    customers: set[str] = set()
    placed: dict[str, set[str]] = {}
    for date in DATES:
        accounts |= set(expected("accounts", date).kept_keys)
        contacts |= set(expected("contacts", date).kept_keys)
        of_day, _ = sound_rows("snowflake customers", date)
        assert {row["account_id"] for row in of_day.values()} <= accounts
        customers |= set(of_day)
        orders, _ = sound_rows("snowflake orders", date)
        assert {row["customer_id"] for row in orders.values()} <= customers
        placed[date] = {key for key, row in orders.items() if row["ordered_at"][:10] == date}
        messages, _ = sound_rows("kafka orders", date)
        assert {(row["order_id"], row["occurred_at"], row["order_total"]) for row in messages.values()} == {
            (key, row["updated_at"], row["order_total"]) for key, row in orders.items()
        }
        events, _ = sound_rows("redshift behavior_events", date)
        assert {row["user_id"] for row in events.values()} <= {"", *contacts}
        bought = [(row["order_id"], row["occurred_at"][:10]) for row in events.values() if row["order_id"]]
        assert all(order in placed[day] for order, day in bought)
        leads, _ = sound_rows("salesforce leads", date)
        assert {row["ConvertedContactId__c"] for row in leads.values()} <= {"", *contacts}
