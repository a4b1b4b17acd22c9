"""Leads of Salesforce into bronze: delivered files, and the REST and Bulk 2.0 APIs as a peer speaks them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from conftest import Lake
from peers.http_peer import Request, Response
from peers.salesforce import Salesforce
from peers.secrets_manager import secrets_manager

from jobs.common.errors import SecretError, SourceError, SourceSchemaError
from jobs.common.read.salesforce import table_name
from jobs.common.result import DatasetResult
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
            "secret": "salesforce",
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
