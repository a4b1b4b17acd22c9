"""Lineage: what the listener shows is merged, events are as OpenLineage says, and nothing of it fails a run."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import attr
import pytest
from conftest import Lake
from openlineage.client import facet_v2
from openlineage.client.event_v2 import Job as TheirJob
from openlineage.client.event_v2 import Run as TheirRun
from openlineage.client.event_v2 import RunEvent, RunState
from openlineage.client.serde import Serde

from jobs.common.context import RunContext
from jobs.common.errors import GateError, QualityError
from jobs.common.lineage import events
from jobs.common.lineage.emission import Emission
from jobs.common.lineage.events import Run, Told, disagreements
from jobs.common.lineage.observed import canonical, observed_of
from jobs.common.lineage.settings import LineageSettings
from jobs.common.result import ColumnsTaken, DatasetResult, JobResult
from jobs.ingest import salesforce_to_bronze
from jobs.transform import bronze_to_silver_merge as to_silver

NOW = dt.datetime(2026, 1, 6, 5, 0, tzinfo=dt.timezone.utc)


def facet_class(schema: str) -> type:
    """OpenLineage's own class for a facet, by the name of its schema."""
    name = schema.rsplit("/", 1)[-1]
    for module in vars(facet_v2).values():
        found = getattr(module, name, None)
        if isinstance(found, type):
            return found
    raise AssertionError(f"OpenLineage has no facet {name}")


def parts(facet: dict[str, Any]) -> Iterator[tuple[type, list[dict[str, Any]]]]:
    """What is within a facet, with OpenLineage's class for it."""
    if isinstance(facet.get("fields"), list):
        yield facet_v2.schema_dataset.SchemaDatasetFacetFields, facet["fields"]
    if isinstance(facet.get("fields"), dict):
        columns = facet_v2.column_lineage_dataset
        yield columns.Fields, list(facet["fields"].values())
        inputs = [one for field in facet["fields"].values() for one in field["inputFields"]]
        yield columns.InputField, inputs
        yield columns.Transformation, [kind for one in inputs for kind in one["transformations"]]
    yield facet_v2.data_quality_assertions_dataset.Assertion, facet.get("assertions") or []


def valid(event: dict[str, Any]) -> dict[str, Any]:
    """Hold an event against OpenLineage's client: each facet is one that it has, in the version that it has, with what
    that must have and nothing else; the whole is an event that it would send.
    """
    datasets = [*event["inputs"], *event["outputs"]]
    facets = [*event["run"]["facets"].items(), *event["job"]["facets"].items()]
    for dataset in datasets:
        for kind in ("facets", "inputFacets", "outputFacets"):
            facets += list(dataset.get(kind, {}).items())
    assert facets
    for name, facet in facets:
        if name.startswith("dataplat_"):
            assert {"_producer", "_schemaURL"} < facet.keys()
            continue
        target = facet_class(facet["_schemaURL"])
        assert facet["_schemaURL"] == target._get_schema(), name
        own = {key: value for key, value in facet.items() if not key.startswith("_")}
        attributes = {field.name: field for field in attr.fields(target)}
        assert own.keys() <= attributes.keys(), (name, own.keys())
        target(**own)  # raises where something is missing
        for part, values in parts(own):
            for value in values:
                part(**value)
    sent = RunEvent(
        eventTime=event["eventTime"],
        producer=event["producer"],
        run=TheirRun(runId=event["run"]["runId"]),
        job=TheirJob(namespace=event["job"]["namespace"], name=event["job"]["name"]),
        eventType=RunState[event["eventType"]],
    )
    json.loads(Serde.to_json(sent))
    UUID(event["run"]["runId"])
    return event


def shown(kind: str, reads: list[str], writes: dict[str, dict[str, list[tuple[str, str]]]], rows: int) -> str:
    """A line as the listener writes it."""

    def named(path: str) -> dict[str, Any]:
        return {"namespace": "file", "name": path}

    outputs = [
        {
            **named(path),
            "facets": {
                "columnLineage": {
                    "fields": {
                        column: {
                            "inputFields": [
                                {
                                    **named(source),
                                    "field": name,
                                    "transformations": [
                                        {
                                            "type": "DIRECT",
                                            "subtype": "IDENTITY",
                                            "description": "",
                                            "masking": False,
                                        }
                                    ],
                                }
                                for source, name in sources
                            ]
                        }
                        for column, sources in columns.items()
                    }
                }
            },
            "outputFacets": {"outputStatistics": {"rowCount": rows, "size": 100, "fileCount": 1}},
        }
        for path, columns in writes.items()
    ]
    return json.dumps({"eventType": kind, "inputs": [named(path) for path in reads], "outputs": outputs})


def context_of(lake: Lake, **lineage: str) -> RunContext:
    context = lake.context("crm_accounts", "2026-01-05", run_id="r1")
    settings = LineageSettings(**lineage)
    return dataclasses.replace(
        context, environment=dataclasses.replace(context.environment, lineage=settings)
    )


def result_of(context: RunContext) -> JobResult:
    output = DatasetResult("crm_accounts_bronze", 33, 30, 3, {"required:account_name": 3})
    return JobResult("crm_accounts", "2026-01-05", context.run_id, (output,))


def origins(dataset: dict[str, Any]) -> dict[str, list[tuple[str, str, list[str]]]]:
    """By each column of an event's dataset where it came from: dataset, column, and how."""
    return {
        column: [
            (one["name"], one["field"], [kind["subtype"] for kind in one["transformations"]])
            for one in of["inputFields"]
        ]
        for column, of in dataset["facets"]["columnLineage"]["fields"].items()
    }


def kept(lake: Lake, job: str = "crm_accounts") -> dict[str, dict[str, Any]]:
    """The events in the logs bucket, by their kind."""
    folder = lake.folder / "logs" / "emr" / job / "lineage" / "2026-01-05"
    found = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))]
    return {event["eventType"]: event for event in found}


@pytest.mark.parametrize(
    ("uri", "form"),
    [
        ("s3a://bucket/a/b/", "s3://bucket/a/b"),
        ("s3://bucket/a", "s3://bucket/a"),
        ("file:/a/b", "file:///a/b"),
        ("file:///a/b/", "file:///a/b"),
        ("file/a/b", "file:///a/b"),
    ],
)
def test_an_uri_has_one_form(uri: str, form: str) -> None:
    assert canonical(uri) == form


def test_all_queries_of_a_run_are_merged_by_dataset_and_a_torn_line_is_passed_over() -> None:
    lines = [
        shown("START", ["/l/x.csv"], {"/b/t": {"a": [("/l/x.csv", "a")]}}, 7),
        shown("COMPLETE", ["/l/x.csv"], {"/b/t": {"a": [("/l/x.csv", "a")]}}, 7),
        shown("COMPLETE", ["/l/y.csv"], {"/b/t": {"a": [("/l/y.csv", "a")], "b": [("/l/y.csv", "c")]}}, 5),
        '{"eventType": "COMPL',
    ]
    found = observed_of(lines)
    assert list(found.reads) == ["file:///l/x.csv", "file:///l/y.csv"]
    (written,) = found.writes.values()
    assert {name: list(sources) for name, sources in written.columns.items()} == {
        "a": [("file:///l/x.csv", "a"), ("file:///l/y.csv", "a")],
        "b": [("file:///l/y.csv", "c")],
    }
    assert (written.rows, written.bytes, written.files) == (12, 200, 2)


def test_files_and_partitions_count_as_their_table_and_rows_without_a_plan_write_nothing() -> None:
    day = "/b/t/ingest_date=2026-01-05"
    without_a_plan = {"namespace": "file", "name": day}
    lines = [
        json.dumps({"eventType": "COMPLETE", "inputs": [without_a_plan], "outputs": [without_a_plan]}),
        shown(
            "COMPLETE", [f"{day}/1.parquet", "/b/t2"], {"/s/t/ingest_date=2026-01-05": {"a": [(day, "a")]}}, 3
        ),
    ]
    found = observed_of(lines, ["file:///b/t", "file:///s/t"])
    assert list(found.reads) == ["file:///b/t", "file:///b/t2"]
    assert {uri: written.rows for uri, written in found.writes.items()} == {"file:///s/t": 3}


def test_an_event_is_as_openlineage_says_with_the_columns_that_the_plans_show(lake: Lake) -> None:
    context = context_of(lake)
    csv = f"{lake.folder}/landing/crm/accounts/2026-01-05/accounts.csv"
    table = f"{lake.folder}/bronze/crm_accounts"
    lines = [shown("COMPLETE", [csv], {table: {"account_id": [(csv, "account_id")]}}, 30)]
    run = Run(context, NOW, observed_of(lines))
    told = Told(result_of(context).outputs)
    event = valid(events.event(run, "COMPLETE", NOW, told))
    assert event["eventTime"] == "2026-01-06T05:00:00.000Z"
    assert event["run"]["facets"]["nominalTime"]["nominalStartTime"] == "2026-01-05T00:00:00.000Z"
    (read,), (written,) = event["inputs"], event["outputs"]
    assert read["name"] == f"{lake.folder}/landing/crm/accounts"  # a source, not one of its files
    assert written["name"] == table
    assert written["outputFacets"]["outputStatistics"]["rowCount"] == 30
    assert written["outputFacets"]["outputStatistics"]["size"] == 100
    fields = written["facets"]["schema"]["fields"]
    assert [field["name"] for field in fields][:2] == ["account_id", "account_name"]
    (source,) = written["facets"]["columnLineage"]["fields"]["account_id"]["inputFields"]
    assert (source["name"], source["field"]) == (read["name"], "account_id")
    assert disagreements(run) == []


def test_a_text_file_is_read_as_lines_and_its_columns_are_what_the_reader_knows(lake: Lake) -> None:
    context = context_of(lake)
    landing = f"{lake.folder}/landing/crm/accounts"
    csv, table = f"{landing}/2026-01-05/accounts.csv", f"{lake.folder}/bronze/crm_accounts"
    columns = {
        "account_id": [(csv, "value")],
        "country": [("/elsewhere/reference", "code")],
        "_source_file": [(csv, "_metadata")],
        "_unmapped": [(csv, "value")],
    }
    beside = {"_raw": [(csv, "value")], "_reasons": [(csv, "value")], "_source_file": [(csv, "_metadata")]}
    lines = [shown("COMPLETE", [csv], {table: columns, f"{table}__quarantine": beside}, 30)]
    run = Run(context, NOW, observed_of(lines))
    taken = ColumnsTaken("crm_accounts", {"account_id": "Account No.", "account_name": "value"})
    (output,) = result_of(context).outputs
    output = dataclasses.replace(output, taken=taken, unmapped={"region": 7})
    event = valid(events.event(run, "COMPLETE", NOW, Told((output,))))
    assert origins(event["outputs"][0]) == {
        "account_id": [(landing, "Account No.", ["IDENTITY"])],
        "account_name": [(landing, "value", ["TRANSFORMATION"])],  # the plan has nothing of it
        "country": [("/elsewhere/reference", "code", ["IDENTITY"])],
        "_unmapped": [(landing, "region", ["IDENTITY"])],
    }
    assert {name: [field for _, field, _ in of] for name, of in origins(event["outputs"][1]).items()} == {
        "_raw": ["Account No.", "value", "region"],
        "_reasons": ["Account No.", "value"],
    }
    failed = valid(events.event(run, "FAIL", NOW, Told(error="QualityError: too many")))
    assert all("columnLineage" not in one["facets"] for one in failed["outputs"])


LEADS = {
    "id": "Id",
    "first_name": "FirstName",
    "last_name": "LastName",
    "company": "Company",
    "email": "Email",
    "status": "Status",
    "lead_source": "LeadSource",
    "converted_contact_id__c": "ConvertedContactId__c",
    "is_deleted": "IsDeleted",
    "created_date": "CreatedDate",
    "system_modstamp": "SystemModstamp",
}
"""What Salesforce calls the columns of leads."""


def test_a_run_tells_which_columns_of_its_source_or_its_bronze_became_which(lake: Lake) -> None:
    lake.deliver_samples("salesforce/leads/2026-01-05")
    taken = {}
    for job, script in {
        "salesforce_to_bronze": salesforce_to_bronze,
        "salesforce_to_silver": to_silver,
    }.items():
        context = lake.context(job, "2026-01-05")
        sends = dataclasses.replace(context.environment, lineage=LineageSettings(transport="file"))
        Emission(dataclasses.replace(context, environment=sends)).completed(script.run(context))
        (output,) = valid(kept(lake, job)["COMPLETE"])["outputs"]
        taken[job] = {
            column: [(dataset.removeprefix(f"{lake.folder}/"), field) for dataset, field, _ in of]
            for column, of in origins(output).items()
        }
    assert taken["salesforce_to_bronze"] == {
        column: [("landing/salesforce/leads", field)] for column, field in LEADS.items()
    }
    silver = lake.declaration.contract("salesforce_leads_silver")
    assert taken["salesforce_to_silver"] == {
        column.name: [("bronze/salesforce_leads", column.date_of or column.name)] for column in silver.columns
    }


def test_of_a_key_whose_newest_row_is_chosen_the_plan_has_each_column_come_from_all(lake: Lake) -> None:
    context = lake.context("fx_rates_to_silver", "2026-01-05")
    bronze, silver = f"{lake.folder}/bronze/fx_rates", f"{lake.folder}/silver/fx_rates"
    of_all = [(bronze, "currency"), (bronze, "rate"), (silver, "rate")]
    run = Run(
        context,
        NOW,
        observed_of([shown("COMPLETE", [bronze, silver], {silver: {"currency": of_all, "rate": of_all}}, 9)]),
    )
    taken = ColumnsTaken("fx_rates_bronze", {"currency": "currency", "rate": "rate"})
    output = DatasetResult("fx_rates_silver", 9, 9, 0, {}, taken=taken)
    event = valid(events.event(run, "COMPLETE", NOW, Told((output,))))
    assert origins(event["outputs"][0]) == {
        "currency": [(bronze, "currency", ["IDENTITY"])],
        "rate": [(bronze, "rate", ["IDENTITY"])],
    }


def test_a_start_and_an_end_are_of_one_run_and_two_runs_are_two(lake: Lake) -> None:
    context = context_of(lake)
    start = valid(events.event(Run(context, NOW), "START", NOW))
    end = valid(events.event(Run(context, NOW), "FAIL", NOW, Told(error="QualityError: too many")))
    other = events.event(Run(dataclasses.replace(context, run_id="r2"), NOW), "START", NOW)
    assert start["run"]["runId"] == end["run"]["runId"] != other["run"]["runId"]
    assert end["run"]["facets"]["errorMessage"]["message"] == "QualityError: too many"
    assert "columnLineage" not in end["outputs"][0]["facets"]


def test_a_check_tells_each_expectation_of_each_dataset(lake: Lake) -> None:
    context = lake.context("dq_check_bronze", "2026-01-05")
    check = {
        "dataset": "fx_rates_bronze",
        "rows": 31,
        "met": ["nulls:currency"],
        "failed": [{"expectation": "freshness:rate_date", "severity": "error"}],
    }
    event = valid(
        events.event(Run(context, NOW), "FAIL", NOW, Told(checks=(check,), error="the gate is closed"))
    )
    (checked,) = [one for one in event["inputs"] if one.get("inputFacets")]
    assert checked["name"].endswith("/bronze/fx_rates")
    assert checked["inputFacets"]["dataQualityMetrics"]["rowCount"] == 31
    told = checked["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert {one["assertion"]: one["success"] for one in told} == {
        "nulls:currency": True,
        "freshness:rate_date": False,
    }
    assert len(event["inputs"]) > 5  # all that it reads, checked or not


def test_another_lineage_than_the_declared_one_is_told(lake: Lake) -> None:
    context = context_of(lake)
    csv = f"{lake.folder}/landing/crm/contacts/2026-01-05/contacts.csv"
    own = f"{lake.folder}/bronze/crm_accounts"
    writes: dict[str, Any] = {f"{lake.folder}/bronze/crm_contacts": {}, f"{own}__quarantine": {}}
    run = Run(context, NOW, observed_of([shown("COMPLETE", [csv, own], writes, 1)]))
    told = disagreements(run)
    assert [sentence.replace(str(lake.folder), "") for sentence in told] == [
        "lineage.yaml does not say that crm_accounts reads file:///landing/crm/contacts/2026-01-05/contacts.csv",
        "lineage.yaml does not say that crm_accounts writes file:///bronze/crm_contacts",
        "lineage.yaml says that crm_accounts writes crm_accounts_bronze, and no plan of the run did",
    ]
    event = valid(events.event(run, "COMPLETE", NOW, Told()))
    assert f"{lake.folder}/bronze/crm_contacts" in [one["name"] for one in event["outputs"]]


@contextmanager
def receiver(status: int = 201, wait: float = 0) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Something that takes events over HTTP."""
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(json.loads(body))
            time.sleep(wait)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v1/lineage", got
    finally:
        server.shutdown()
        server.server_close()


def test_a_receiver_gets_what_is_kept(lake: Lake) -> None:
    with receiver() as (url, got):
        emission = Emission(context_of(lake, transport="http", url=url))
        emission.started()
        emission.completed(result_of(context_of(lake)))
    assert [event["eventType"] for event in got] == ["START", "COMPLETE"]
    assert list(kept(lake).values()) == sorted(got, key=lambda event: str(event["eventType"]))
    for event in got:
        valid(event)


def test_files_alone_are_kept_and_without_a_setting_nothing_is(lake: Lake) -> None:
    Emission(context_of(lake)).started()
    assert kept(lake) == {}
    emission = Emission(context_of(lake, transport="file"))
    emission.started()
    emission.failed(QualityError("10 of 20 rows break the contract"))
    assert sorted(kept(lake)) == ["FAIL", "START"]
    assert kept(lake)["FAIL"]["run"]["facets"]["errorMessage"]["message"].startswith("QualityError: 10 of 20")


def test_a_gate_that_closes_tells_what_it_found(lake: Lake) -> None:
    context = dataclasses.replace(
        context_of(lake, transport="file"), job=lake.declaration.job("dq_check_bronze")
    )
    check = {"dataset": "fx_rates_bronze", "rows": 1, "met": [], "failed": []}
    Emission(context).failed(GateError("closed", {"checks": [check]}))
    (file,) = (lake.folder / "logs" / "emr" / "dq_check_bronze" / "lineage").rglob("*.fail.json")
    assert "dataQualityMetrics" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("status", [301, 403, 429, 500])
def test_a_receiver_that_refuses_fails_nothing_and_is_told_once_an_event(
    lake: Lake, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    with receiver(status) as (url, got):
        emission = Emission(context_of(lake, transport="http", url=url))
        emission.started()
        emission.completed(result_of(context_of(lake)))
    assert sorted(kept(lake)) == ["COMPLETE", "START"]
    assert [event["eventType"] for event in got] == ["START", "COMPLETE"]
    if status != 301:
        assert caplog.text.count("dataplat lineage emit sends it again") == 2


def test_a_receiver_that_is_gone_or_never_answers_costs_a_run_seconds_and_once(
    lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection and says nothing
        port = silent.getsockname()[1]
        began = time.monotonic()
        emission = Emission(context_of(lake, transport="http", url=f"http://127.0.0.1:{port}/"))
        emission.started()
        emission.completed(result_of(context_of(lake)))
        assert time.monotonic() - began < 10
    gone = Emission(context_of(lake, transport="http", url=f"http://127.0.0.1:{port}/"))
    gone.started()
    gone.completed(result_of(context_of(lake)))
    assert caplog.text.count("did not take the event") == 2  # once each
    assert sorted(kept(lake)) == ["COMPLETE", "START"]


def test_a_bucket_that_cannot_be_written_fails_nothing(
    lake: Lake, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (lake.folder / "logs").write_text("a file where the folder is to be", encoding="utf-8")
    with receiver() as (url, got):
        Emission(context_of(lake, transport="http", url=url)).started()
    assert len(got) == 1
    assert "could not be written" in caplog.text
