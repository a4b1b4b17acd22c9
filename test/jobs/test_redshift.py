"""Redshift into bronze: delivered files, and JDBC to a real PostgreSQL, which speaks Redshift's protocol."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator

import pytest
from conftest import Lake, Sampled
from expected import DATES
from expected_feeds import Row, changed_rows, sound_rows
from peers.postgres import PASSWORD, USER, Postgres, postgres
from peers.secrets_manager import secrets_manager

from jobs.common.context import RunContext
from jobs.common.errors import QualityError, SourceError
from jobs.common.result import JobResult
from jobs.ingest import redshift_behavior_ingest
from jobs.ingest.redshift_behavior_ingest import JOB, run

FEED = "redshift behavior_events"
TABLE = """
drop schema if exists web cascade;
create schema web;
grant usage on schema web to ingest;
create table web.behavior_events (
  event_id bigint, session_id varchar(40), visitor_id varchar(40), user_id varchar(40), event_name varchar(40),
  page_path varchar(400), utm_source varchar(40), utm_medium varchar(40), utm_campaign varchar(40),
  device varchar(20), country char(2), order_id varchar(40), occurred_at timestamptz, loaded_at timestamp);
grant select on web.behavior_events to ingest;
"""
FirstDay = Callable[["Web"], JobResult]
ROLE = "arn:aws:iam::123456789012:role/unload"


class Web:
    """A database that takes the days of the samples, and a lake that reads it."""

    def __init__(self, lake: Lake, database: Postgres, secrets: dict[str, str]) -> None:
        self.lake = lake
        self.database = database
        self.secrets = secrets
        self.connector: dict[str, object] = {
            "kind": "jdbc",
            "url": database.url,
            "secret": "dataplat-local/redshift",
            "partitions": 3,
        }
        database.sql(TABLE)
        database.asked.clear()
        database.roles.clear()

    def live(self, *rows: Row) -> None:
        """Let events happen."""
        values = [
            "("
            + ", ".join(
                "null" if value == "" else "'" + value.replace("'", "''") + "'" for value in row.values()
            )
            + ")"
            for row in rows
        ]
        self.database.sql(f"insert into web.behavior_events values {', '.join(values)}")

    def context(self, date: str, run_id: str = "test", **arguments: object) -> RunContext:
        declaration = self.lake.reaching("redshift", self.connector)
        return self.lake.context(JOB, date, run_id, declaration, **arguments)

    def run(self, date: str, run_id: str = "test", **arguments: object) -> JobResult:
        return run(self.context(date, run_id, **arguments))

    def bronze(self, date: str) -> set[tuple[str, ...]]:
        """A partition of bronze, in texts as the samples have them."""
        return self.lake.texts("redshift_behavior_events", date, list(sound(date)[0]))


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture
def web(lake: Lake, database: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    secrets = {"dataplat-local/redshift": json.dumps({"user": USER, "password": PASSWORD})}
    with secrets_manager(secrets) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        yield Web(lake, database, secrets)
        database.break_after = None


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> FirstDay:
    """Let the first day happen and run it. The first lake that asks is where it is run; the others have its tables."""
    results: list[JobResult] = []
    tables = tmp_path_factory.mktemp("first-day") / "bronze"

    def landed(web: Web) -> JobResult:
        web.live(*sound(DATES[0]))
        bronze = web.lake.folder / "bronze"
        if results:
            shutil.copytree(tables, bronze)
        else:
            results.append(web.run(DATES[0]))
            shutil.copytree(bronze, tables)
        return results[0]

    return landed


def sound(date: str) -> list[Row]:
    return list(sound_rows(FEED, date)[0].values())


def of(rows: list[Row]) -> set[tuple[str, ...]]:
    return {tuple(row.values()) for row in rows}


def test_each_day_has_what_was_loaded_on_it_read_over_several_connections(web: Web) -> None:
    before = None
    for number, date in enumerate(DATES[:3], 1):  # the Friday's last session is loaded on the Saturday
        web.live(*sound(date))
        web.database.asked.clear()
        result = web.run(date)
        assert result.rows_quarantined == 0
        assert web.bronze(date) == changed_rows(FEED, DATES[:number], before, "loaded_at", 30), date
        before = date
    again = web.lake.content("redshift_behavior_events")
    asked = list(web.database.asked)
    web.run(DATES[2])
    assert web.lake.content("redshift_behavior_events") == again
    ranges = [query for query in asked if 'WHERE "event_id"' in query]
    assert len(ranges) == 3
    assert any('or "event_id" is null' in query for query in ranges)
    assert PASSWORD not in "".join(web.database.asked)
    rows = web.lake.rows("redshift_behavior_events")
    friday, saturday = ([row for row in rows if str(row["ingest_date"]) == date] for date in DATES[1:3])
    assert not [row for row in friday if row["loaded_at"].date() > row["ingest_date"]]
    assert [row for row in saturday if str(row["occurred_at"].date()) == "2026-01-02"]


@pytest.mark.heavy
def test_running_a_day_again_changes_nothing(web: Web) -> None:
    for date in DATES[:2]:
        web.live(*sound(date))
        web.run(date)
    before = web.lake.content("redshift_behavior_events")
    for date in DATES[:2]:
        web.run(date)
    assert web.lake.content("redshift_behavior_events") == before


def test_rows_that_break_the_contract_are_quarantined_a_change_without_a_time_among_them(web: Web) -> None:
    rows = sound(DATES[0])
    web.live(
        *rows,
        {**rows[0], "event_id": "900001", "event_name": "rage_click"},
        {**rows[0], "event_id": "900002", "loaded_at": ""},
        {**rows[0], "event_id": "", "loaded_at": "2026-01-01T10:00:00Z"},
        rows[1],
    )
    result = web.run(DATES[0])
    assert result.reasons == {
        "enum:event_name": 1,
        "required:loaded_at": 1,
        "required:event_id": 1,
        "duplicate:event_id": 1,
    }
    assert web.bronze(DATES[0]) == of(rows)
    table = web.lake.rows("redshift_behavior_events__quarantine")
    (kept,) = [row["_raw"] for row in table if row["_reasons"] == ["enum:event_name"]]
    assert kept["session_id"] == rows[0]["session_id"]
    assert kept["event_name"] == "rage_click"


def test_a_large_pull_is_unloaded_into_landing(web: Web) -> None:
    rows = sound(DATES[0])
    web.connector["unload"] = {"aboveRows": len(rows) - 1, "roleArn": ROLE}
    web.live(*rows)
    web.run(DATES[0], run_id="r1")
    assert web.bronze(DATES[0]) == of(rows)
    assert web.database.roles == [ROLE]
    folder = web.lake.folder / "landing" / "redshift" / "behavior_events" / "_unload" / "r1"
    assert [file.suffix for file in folder.iterdir()] == [".parquet"]

    web.connector["unload"] = {"aboveRows": len(rows), "roleArn": ROLE}
    web.run(DATES[0], run_id="r2")
    assert web.database.roles == [ROLE]
    assert web.bronze(DATES[0]) == of(rows)


def test_ids_may_be_as_large_and_as_small_as_they_get(web: Web) -> None:
    rows = sound(DATES[0])[:20]
    rows[0] = {**rows[0], "event_id": str(2**63 - 1)}
    rows[1] = {**rows[1], "event_id": str(-(2**63))}
    web.live(*rows)
    (output,) = web.run(DATES[0]).outputs
    assert (output.rows_read, output.reasons) == (
        20,
        {"minimum:event_id": 1},
    )  # the contract wants them from 1 on
    assert 2**63 - 1 in {row["event_id"] for row in web.lake.rows("redshift_behavior_events")}


def test_moments_in_no_year_of_four_digits_are_told_as_the_database_says_them(web: Web) -> None:
    said = {
        "0044-03-15 09:00:00 BC": "0044-03-15 09:00:00+00 BC",
        "infinity": "infinity",
        "-infinity": "-infinity",
        "20226-01-05 10:00:00": "20226-01-05 10:00:00+00",
        "9999-12-31 23:59:59.999999-00:01": "10000-01-01 00:00:59.999999+00",
    }
    rows = sound(DATES[0])[:60]
    for row, moment in zip(rows, said):
        row["occurred_at"] = moment
    rows[5]["occurred_at"] = "9999-12-31 23:59:59.999999"
    rows[6]["occurred_at"] = "0001-01-01 00:00:00"
    web.live(*rows)
    (output,) = web.run(DATES[0]).outputs
    assert (output.rows_read, output.reasons) == (60, {"type:occurred_at": len(said)})
    rejected = [row["_raw"] for row in web.lake.rows("redshift_behavior_events__quarantine")]
    assert {raw["event_id"]: raw["occurred_at"] for raw in rejected} == {
        row["event_id"]: text for row, text in zip(rows, said.values())
    }
    kept = {
        str(row["event_id"]): row["occurred_at"].isoformat()
        for row in web.lake.rows("redshift_behavior_events")
    }
    assert kept[rows[5]["event_id"]] == "9999-12-31T23:59:59.999999+00:00"
    assert kept[rows[6]["event_id"]] == "0001-01-01T00:00:00+00:00"


@pytest.mark.heavy  # test_watermark.py has what a day without rows leaves behind
def test_a_day_without_events_leaves_the_watermark_where_it_is(web: Web, first_day: FirstDay) -> None:
    first = first_day(web)
    second = web.run(DATES[1])
    again = changed_rows(FEED, DATES[:1], DATES[0], "loaded_at", 30)  # within the lookback
    assert web.bronze(DATES[1]) == again
    assert second.outputs[0].watermark == first.outputs[0].watermark
    late = [{**sound(DATES[0])[0], "event_id": "900001", "loaded_at": "2026-01-02T08:00:00Z"}]
    web.live(*late)
    assert web.run(DATES[2]).rows_read == len(again) + 1


@pytest.mark.heavy
def test_a_column_that_changed_its_type_fails_the_run_and_leaves_the_table(
    web: Web, first_day: FirstDay
) -> None:
    first_day(web)
    before = web.bronze(DATES[0])
    web.database.sql("alter table web.behavior_events alter session_id type bigint using 7")
    with pytest.raises(QualityError, match="type:session_id"):
        web.run(DATES[0])
    assert web.bronze(DATES[0]) == before


def test_a_password_that_is_wrong_is_told_and_does_not_show(
    web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    web.secrets["dataplat-local/redshift"] = json.dumps({"user": USER, "password": "n0t-the-one"})
    with pytest.raises(SourceError, match="password authentication failed") as failure:
        web.run(DATES[0])
    assert "n0t-the-one" not in f"{failure.value}{caplog.text}"


@pytest.mark.heavy
def test_a_database_that_breaks_off_half_way_leaves_the_table_as_it_was(
    web: Web, first_day: FirstDay
) -> None:
    first_day(web)
    before, version = web.bronze(DATES[0]), web.lake.version("redshift_behavior_events")
    web.live(*({**row, "event_id": f"{9}{number:06d}"} for number, row in enumerate(sound(DATES[0]) * 40)))
    web.database.break_after = 30_000
    with pytest.raises(SourceError, match="nothing was written"):
        web.run(DATES[0])
    assert (web.bronze(DATES[0]), web.lake.version("redshift_behavior_events")) == (before, version)
    assert web.lake.version("redshift_behavior_events__quarantine") == 0

    web.database.break_after = None
    assert web.run(DATES[0]).rows_written == 41 * len(before)


@pytest.mark.heavy
@pytest.mark.parametrize(
    "date",
    ["2026-01-03", "2026-01-05", "2026-01-12"],
)
def test_delivered_files_do_as_well(sampled: Callable[..., Sampled], date: str) -> None:
    landed = sampled(redshift_behavior_ingest, date)
    lake, result = landed.lake, landed.result
    rows, reasons = sound_rows(FEED, date)
    assert (result.rows_written, result.reasons) == (len(rows), dict(reasons))
    assert sorted(str(row["event_id"]) for row in lake.rows("redshift_behavior_events")) == sorted(rows)
