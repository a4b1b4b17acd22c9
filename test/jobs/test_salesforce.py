"""Leads of Salesforce into bronze: delivered files, and the REST and Bulk 2.0 APIs as a peer speaks them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from conftest import Lake
from peers.http_peer import Request, Response, as_json
from peers.salesforce import Salesforce
from peers.secrets_manager import secrets_manager

from jobs.common.errors import LandingIncompleteError, SecretError, SourceError, SourceSchemaError
from jobs.common.ingest import Extraction, land
from jobs.common.read.salesforce import read_record_files, table_name
from jobs.common.result import DatasetResult
from jobs.common.salesforce import Salesforce as Client
from jobs.common.secret import Secret
from jobs.ingest.salesforce_to_bronze import JOB, run

TABLE = "salesforce_leads"
Values = dict[str, "str | None"]


def lead(number: int, moment: str, **fields: str | None) -> Values:
    """A lead that was last changed at a time, `2026-01-05T08:00:00`."""
    return {
        "Id": f"00Q5f{number:010d}EAA",
        "FirstName": "Eva",
        "LastName": f'Novák, {number}\nthe "second"',
        "Company": None,
        "Email": f"lead{number}@example.com",
        "Status": "Open - Not Contacted",
        "LeadSource": "Web",
        "ConvertedContactId__c": None,
        "IsDeleted": "false",
        "CreatedDate": "2026-01-01T08:00:00.000+0000",
        "SystemModstamp": f"{moment}.000+0000",
        **fields,
    }


class Sales:
    """A lake that reads an organisation at Salesforce."""

    def __init__(self, lake: Lake, organisation: Salesforce, secrets: dict[str, str]) -> None:
        self.lake, self.organisation, self.secrets = lake, organisation, secrets

    def put(self, *leads: Values) -> None:
        self.organisation.put("Lead", leads)

    def run(self, date: str, bulk_threshold: int = 1000, **arguments: object) -> DatasetResult:
        connector: dict[str, object] = {
            "kind": "salesforce",
            "loginUrl": self.organisation.url,
            "secret": "dataplat-local/salesforce",
            "apiVersion": "62.0",
            "bulkThreshold": bulk_threshold,
        }
        declaration = self.lake.reaching("salesforce", connector)
        (output,) = run(self.lake.context(JOB, date, declaration=declaration, **arguments)).outputs
        return output

    def bronze(self, date: str) -> dict[str, dict[str, object]]:
        return {row["id"]: row for row in self.lake.rows(TABLE) if str(row["ingest_date"]) == date}

    def calls(self) -> list[str]:
        """What was asked, without where in a result and without ids."""
        paths = [request.path.rsplit("/v62.0", 1)[-1] for request in self.organisation.peer.requests]
        return [path.replace("/services", "") for path in paths]


@pytest.fixture
def sales(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sales]:
    with Salesforce(page_size=20) as organisation:
        login = {"clientId": organisation.client_id, "clientSecret": organisation.client_secret}
        secrets = {"dataplat-local/salesforce": json.dumps(login)}
        with secrets_manager(secrets) as endpoint:
            monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
            yield Sales(lake, organisation, secrets)


def some(count: int, day: str, start: int = 1) -> list[Values]:
    return [lead(start + index, f"{day}T10:{index // 60:02d}:{index % 60:02d}") for index in range(count)]


def day(sales: Sales) -> DatasetResult:
    """Run a day of 45 changes, with one of the next day behind them."""
    sales.put(*some(45, "2026-01-05"), lead(900, "2026-01-06T00:00:00"))
    return sales.run("2026-01-05")


def test_a_day_has_what_changed_on_it(sales: Sales) -> None:
    result = day(sales)
    assert (result.rows_written, result.rows_quarantined, result.unmapped) == (45, 0, {})
    assert result.watermark == "2026-01-05T10:00:44.000000Z"
    row = sales.bronze("2026-01-05")["00Q5f0000000007EAA"]
    assert (row["last_name"], row["company"], row["is_deleted"]) == ('Novák, 7\nthe "second"', None, False)
    assert row["_source_file"] == f"{sales.organisation.url}/Lead"


@pytest.mark.heavy  # that a run replaces its day is in test_ingest.py, what a day asks for again in test_watermark.py
def test_a_day_that_is_run_again_is_the_same(sales: Sales) -> None:
    day(sales)
    sales.put(*some(3, "2026-01-06", start=10))
    assert sales.run("2026-01-06").rows_written == 46  # all are within the lookback
    first = sales.bronze("2026-01-05")
    rerun = sales.run("2026-01-05")
    assert rerun.rows_written == 42  # three have a newer state since, which is the next day's
    assert {key: row for key, row in first.items() if key in sales.bronze("2026-01-05")} == sales.bronze(
        "2026-01-05"
    )
    before = sales.lake.content(TABLE)
    sales.run("2026-01-06")
    sales.run("2026-01-05")
    assert sales.lake.content(TABLE) == before


def test_only_what_changed_since_is_asked_for_within_the_lookback(sales: Sales) -> None:
    sales.put(*some(3, "2026-01-05"))
    sales.run("2026-01-05")
    sales.put(
        lead(20, "2026-01-05T09:50:00"), lead(21, "2026-01-05T09:40:00"), lead(22, "2026-01-06T01:00:00")
    )
    sales.run("2026-01-06")
    # The newest change of the 5th was at 10:00:02; 15 minutes before it are asked for again.
    assert sorted(key[-8:-3] for key in sales.bronze("2026-01-06")) == [
        "00001",
        "00002",
        "00003",
        "00020",
        "00022",
    ]
    sales.run("2026-01-06", full_refresh=True)
    assert len(sales.bronze("2026-01-06")) == 6


@pytest.mark.heavy
@pytest.mark.parametrize("threshold", [1000, 1])
def test_deleted_records_come_as_changes(sales: Sales, threshold: int) -> None:
    sales.put(*some(2, "2026-01-05"))
    sales.run("2026-01-05")
    sales.put(lead(1, "2026-01-06T09:00:00", IsDeleted="true"))
    sales.run("2026-01-06", threshold)
    states = {key[-4:-3]: row["is_deleted"] for key, row in sales.bronze("2026-01-06").items()}
    assert states == {"1": True, "2": False}


def test_from_the_threshold_on_it_is_a_bulk_job_and_brings_the_same(sales: Sales) -> None:
    sales.put(*some(45, "2026-01-05"))
    sales.organisation.job_polls = 2
    sales.run("2026-01-05", 46)
    over_rest = sales.bronze("2026-01-05")
    assert not [path for path in sales.calls() if path.startswith("/jobs")]
    assert sum(path.startswith("/queryAll") for path in sales.calls()) == 1 + 3  # the count, and three pages
    sales.organisation.peer.requests.clear()
    sales.run("2026-01-05", 45)
    assert sales.bronze("2026-01-05") == over_rest
    results = [path for path in sales.calls() if path.endswith("/results")]
    assert len(results) == 3
    assert sales.organisation.peer.requests[-1].method == "DELETE"
    assert sum(path.startswith("/queryAll") for path in sales.calls()) == 1


@pytest.mark.parametrize(
    ("threshold", "calls"),
    [
        pytest.param(threshold, calls, marks=[] if (threshold, calls) == (1000, 2) else pytest.mark.heavy)
        for threshold in (1000, 1)
        for calls in (1, 2, 3)
    ],
)
def test_a_session_that_expires_is_renewed_wherever_it_ends(sales: Sales, threshold: int, calls: int) -> None:
    sales.put(*some(45, "2026-01-05"))
    sales.organisation.session_calls = calls
    assert sales.run("2026-01-05", threshold).rows_written == 45
    assert sales.organisation.logins > 1


@pytest.mark.parametrize("status", [429, pytest.param(503, marks=pytest.mark.heavy)])
def test_a_busy_salesforce_is_waited_for(sales: Sales, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sales.put(*some(5, "2026-01-05"))
    sales.organisation.refuse(status, retry_after=1, times=2)
    assert sales.run("2026-01-05").rows_written == 5
    monkeypatch.setattr("jobs.common.salesforce._WAITS", 2)
    sales.organisation.refuse(status, retry_after=0, times=20)
    with pytest.raises(SourceError, match=f"with {status}: .*try again later"):
        sales.run("2026-01-05")
    sales.organisation.refusals.clear()
    assert sales.lake.version(TABLE) == 0


@pytest.mark.heavy
@pytest.mark.parametrize("threshold", [1000, 1])
def test_half_of_a_result_is_none(sales: Sales, threshold: int) -> None:
    sales.put(*some(45, "2026-01-05"))
    sales.run("2026-01-05")
    answer = sales.organisation._answer

    def broken(cut: bool) -> None:
        def half(request: Request) -> Response:
            whole = answer(request)
            if b"Id" not in whole.body or len(whole.body) < 2000 or "describe" in request.path:
                return whole
            if cut:
                return Response(whole.status, whole.body, whole.headers, cut_after=len(whole.body) // 2)
            return Response(whole.status, whole.body[: len(whole.body) // 2], whole.headers)

        sales.organisation.peer.answer = half

    for cut in (True, False):
        broken(cut)
        with pytest.raises(SourceError):
            sales.run("2026-01-05", threshold)
    assert sales.lake.version(TABLE) == 0
    assert len(sales.bronze("2026-01-05")) == 45


def test_a_field_that_is_added_is_told_of_and_kept_and_one_that_goes_stops_the_run(sales: Sales) -> None:
    sales.put(*some(2, "2026-01-05"))
    assert sales.run("2026-01-05").unmapped == {}
    sales.put(lead(3, "2026-01-06T08:00:00", Score__c="7"))
    result = sales.run("2026-01-06")
    assert result.unmapped == {"score__c": 1}
    assert "score__c" in result.warnings[-1]
    assert sales.bronze("2026-01-06")["00Q5f0000000003EAA"]["_unmapped"] == {"score__c": "7"}

    fields = sales.organisation._objects["Lead"]
    fields.remove("Status")
    with pytest.raises(SourceSchemaError, match="lacks status"):
        sales.run("2026-01-06")
    assert sales.lake.version(TABLE) == 1


@pytest.mark.heavy
def test_an_object_of_six_hundred_fields_comes_in_bulk_with_all_that_they_hold_and_one_warning(
    sales: Sales,
) -> None:
    wide: dict[str, str | None] = {f"A_field_with_a_long_name_{number:03d}__c": None for number in range(600)}
    held = {"A_field_with_a_long_name_000__c": "n\0l", "A_field_with_a_long_name_599__c": 'ü"\n' * 70_000}
    sales.put(*(lead(number, "2026-01-05T08:00:00", **{**wide, **held}) for number in (1, 2)))
    result = sales.run("2026-01-05")
    assert [path for path in sales.calls() if path.endswith("/results")]
    assert (result.rows_written, sum(result.unmapped.values()), len(result.unmapped)) == (2, 4, 600)
    (warning,) = result.warnings
    assert "580 more" in warning
    assert sales.bronze("2026-01-05")["00Q5f0000000002EAA"]["_unmapped"] == {
        table_name(name): value for name, value in held.items()
    }


@pytest.fixture
def client() -> Iterator[tuple[Client, Salesforce]]:
    """What asks, and whom; 45 leads, in pages of 20."""
    with Salesforce(page_size=20) as organisation:
        organisation.put("Lead", some(45, "2026-01-05"))
        secrets = (Secret(organisation.client_id), Secret(organisation.client_secret))
        with Client(organisation.url, "62.0", *secrets) as asking:
            yield asking, organisation


def changed(organisation: Salesforce, change: Callable[[dict[str, Any]], object]) -> None:
    """Let every page of a query be otherwise."""
    answer = organisation._answer

    def changing(request: Request) -> Response:
        whole = answer(request)
        page = json.loads(whole.body)
        if "records" in page:
            change(page)
        return Response(whole.status, json.dumps(page).encode(), whole.headers)

    organisation.peer.answer = changing


def in_circles(page: dict[str, Any]) -> None:
    if "nextRecordsUrl" in page:
        page["nextRecordsUrl"] = page["nextRecordsUrl"].rsplit("-", 1)[0] + "-20"


def twice(page: dict[str, Any]) -> None:
    if len(page["records"]) == 5:
        page["records"] = page["records"][:4] + page["records"][:1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda page: page.pop("nextRecordsUrl", None),
            "the query, which is not done, does not tell its nextRec",
        ),
        (lambda page: page.pop("done"), "does not tell its done"),
        (lambda page: page.update(totalSize=46), "has 46 records, 45 of them came"),
        (in_circles, "goes round in circles, at .*-20"),
        (twice, "has 45 records, 44 different ones came"),
    ],
    ids=["no next address", "no done", "one is missing", "the same page again", "one comes twice"],
)
def test_an_answer_that_is_not_whole_is_none(
    client: tuple[Client, Salesforce], change: Callable[[dict[str, Any]], object], said: str
) -> None:
    asking, organisation = client
    changed(organisation, change)
    with pytest.raises(SourceError, match=said):
        list(asking.query("SELECT Id FROM Lead"))


def test_a_bulk_job_whose_pages_are_fewer_or_other_than_it_says_is_none(
    client: tuple[Client, Salesforce],
) -> None:
    asking, organisation = client
    assert [len(page) for page in asking.bulk_query("SELECT Id FROM Lead")] == [20, 20, 5]
    answer = organisation._answer

    def told(change: dict[str, str], found: int = 45) -> None:
        def telling(request: Request) -> Response:
            whole = answer(request)
            if request.path.endswith("/results"):
                return Response(whole.status, whole.body, {**whole.headers, **change})
            if b"JobComplete" in whole.body:
                return as_json({**json.loads(whole.body), "numberRecordsProcessed": found})
            return whole

        organisation.peer.answer = telling

    for change, found, said in (
        ({}, 46, "the query job has 46 records, 45 of them came"),
        ({"Sforce-Locator": "null"}, 45, "the query job has 45 records, 20 of them came"),
        ({"Sforce-Locator": "20"}, 45, "goes round in circles, at 20"),
        ({"Sforce-NumberOfRecords": "21"}, 45, "the query job's page has 21 records, 20 of them came"),
    ):
        told(change, found)
        with pytest.raises(SourceError, match=said):
            list(asking.bulk_query("SELECT Id FROM Lead"))
        assert organisation._jobs == {}


def test_bytes_of_a_bulk_job_that_are_no_letters_stop_nothing(client: tuple[Client, Salesforce]) -> None:
    asking, organisation = client
    answer = organisation._answer

    def damaging(request: Request) -> Response:
        whole = answer(request)
        return Response(whole.status, whole.body.replace(b"00Q5f", b"00Q5\xff"), whole.headers)

    organisation.peer.answer = damaging
    records = [record for page in asking.bulk_query("SELECT Id FROM Lead") for record in page]
    assert len(records) == 45
    assert {str(record["Id"])[:5] for record in records} == {"00Q5\ufffd"}


def test_delivered_records_are_held_against_the_number_that_is_said(lake: Lake) -> None:
    declared = lake.declaration
    source = declared.source("salesforce_leads")
    counted = replace(source, options={**source.options, "completeWhen": {"count": "_COUNT"}})
    folder = lake.folder / "landing" / source.folder(dt.date(2026, 1, 5))
    folder.mkdir(parents=True)
    (folder / "leads.json").write_text(json.dumps(lead(1, "2026-01-05T08:00:00")) + "\n", encoding="utf-8")
    (folder / "_COUNT").write_text("2", encoding="utf-8")
    context = lake.context(JOB, "2026-01-05")
    contract = declared.contract(context.job.outputs[0])
    extraction = Extraction(context, counted, context.environment.connector(source), contract, None)
    awaited = pytest.raises(LandingIncompleteError, match=r"the day has 1 rows, and by .*_COUNT it has 2")
    with read_record_files(extraction) as delivery, awaited:
        land(context, source, contract, delivery)


def test_a_record_that_comes_twice_in_bulk_stands_for_one_that_is_missing(sales: Sales) -> None:
    sales.put(*some(25, "2026-01-05"))
    answer = sales.organisation._answer

    def twice_in_bulk(request: Request) -> Response:
        whole = answer(request)
        if not request.path.endswith("/results") or whole.headers["Sforce-Locator"] != "null":
            return whole
        first = Request(request.method, request.path, {**request.query, "locator": "0"}, request.headers, b"")
        head, *records = answer(first).body.split(b'"\n"')
        body = b'"\n"'.join([head, *records[:4], records[0]]) + b'"\n'
        return Response(whole.status, body, whole.headers)

    sales.organisation.peer.answer = twice_in_bulk
    with pytest.raises(SourceError, match="of 25 records of Lead 20 are different ones"):
        sales.run("2026-01-05", 1)
    assert not (sales.lake.folder / "bronze" / TABLE).exists()


def test_a_wrong_secret_is_refused_and_none_reaches_a_log(
    sales: Sales, caplog: pytest.LogCaptureFixture
) -> None:
    sales.put(*some(2, "2026-01-05"))
    with caplog.at_level("DEBUG", "dataplat"):
        sales.run("2026-01-05")
    secret = "s3same-0pen"
    sales.secrets["dataplat-local/salesforce"] = json.dumps({"clientId": "dataplat", "clientSecret": secret})
    with pytest.raises(SourceError, match=r"refuses the login \(400\): invalid_client") as refused:
        sales.run("2026-01-05")
    sales.secrets["dataplat-local/salesforce"] = json.dumps({"clientId": "dataplat"})
    with pytest.raises(SecretError, match='has no "clientSecret"'):
        sales.run("2026-01-05")
    said = caplog.text + str(refused.value)
    assert not [word for word in (secret, sales.organisation.client_secret, "00D!") if word in said]


def test_a_salesforce_that_is_not_there_is_told(sales: Sales, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.common.salesforce._CONNECTS", 0)
    url = sales.organisation.url
    sales.organisation.peer.__exit__()
    try:
        with pytest.raises(SourceError, match="cannot log in to Salesforce"):
            sales.run("2026-01-05")
    finally:
        sales.organisation.peer = type(sales.organisation.peer)(sales.organisation._answer)
        sales.organisation.peer.__enter__()
    assert url != sales.organisation.url


@pytest.mark.parametrize("times", [1, pytest.param(2, marks=pytest.mark.heavy)])
def test_delivered_records_do_as_well_and_what_is_none_is_quarantined_as_a_whole(
    lake: Lake, times: int
) -> None:
    folder = lake.folder / "landing" / "salesforce" / "leads" / "2026-01-05"
    folder.mkdir(parents=True)
    records = [
        {"attributes": {"type": "Lead"}, **record, "IsDeleted": number == 1}
        for number, record in enumerate(some(20, "2026-01-05"))
    ]
    records.append({**records[0], "Id": "00Q5f0000000099EAA", "CreatedDate": "05/01/2026"})
    lines = [json.dumps(record) for record in records]
    (folder / "leads.jsonl").write_text(
        "\n".join([*lines[:2], '{"Id": "00Q', "", "[1, 2]", *lines[2:]]) + "\n"
    )
    for _ in range(times):
        (result,) = run(lake.context(JOB, "2026-01-05")).outputs
        assert (result.rows_written, result.unmapped) == (20, {})
        assert result.reasons == {"malformed": 2, "type:created_date": 1}
        rows = {int(row["id"][5:-3]): row for row in lake.rows(TABLE)}
        assert {key: row["is_deleted"] for key, row in rows.items()} == {
            key: key == 2 for key in range(1, 21)
        }
        assert rows[2]["system_modstamp"].isoformat()[:19] == "2026-01-05T10:00:01"
    raw = [row["_raw"].get("_record") for row in lake.rows(f"{TABLE}__quarantine")]
    assert sorted(filter(None, raw)) == ["[1, 2]", '{"Id": "00Q']


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("Id", "id"),
        ("SystemModstamp", "system_modstamp"),
        ("ConvertedContactId__c", "converted_contact_id__c"),
        ("ns__VATNumber__c", "ns__vatnumber__c"),
    ],
)
def test_names_become_those_of_a_table(name: str, column: str) -> None:
    assert table_name(name) == column
