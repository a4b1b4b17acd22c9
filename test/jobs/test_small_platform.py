"""The small platform's datasets, by what its jobs call: members land in bronze, and silver has each of them once."""

from __future__ import annotations

import csv
import shutil

from conftest import DAY, PROJECT, Lake
from delta_folder import delta_rows
from platforms import declared

from jobs.common.ingest import ingest
from jobs.common.silver.merge_bronze import merge_bronze

PLATFORM = PROJECT / "test" / "platform"


def test_a_day_of_members_is_merged_into_silver(lake: Lake) -> None:
    members = declared(PLATFORM)
    source = members.source("members")
    folder = source.folder(lake.context("members", DAY, declaration=members).date).strip("/")
    shutil.copytree(PLATFORM / "samples" / folder, lake.folder / "landing" / folder)
    (file,) = (PLATFORM / "samples" / folder).iterdir()
    delivered = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))

    (landed,) = ingest(lake.context("members", DAY, declaration=members)).outputs
    merged = merge_bronze(lake.context("members_silver", DAY, declaration=members))
    assert landed.rows_read == len(delivered)
    assert merged.outputs[0].rows_written == landed.rows_written
    silver = delta_rows(lake.folder / "silver" / "members")
    bronze = lake.rows("members")
    assert {(row["member_id"], str(row["ingest_date"])) for row in silver} == {
        (row["member_id"], DAY) for row in bronze
    }
    assert len(silver) == len(bronze) > 0
    again = merge_bronze(lake.context("members_silver", DAY, declaration=members))
    assert again.outputs[0].rows_written == 0
