"""Contracts against everything that has to agree with them: the samples' rows, the tables that the jobs write, and the
Glue tables of the synthesized stack. Rows are held to the JSON documents by plain Python, without the jobs' code.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import PROJECT, Sampled
from expected import DATES
from test_samples import readme_rows

from jobs.common.contract import spark_schema
from jobs.ingest import (
    crm_accounts_ingest,
    crm_contacts_ingest,
    crm_opportunities_ingest,
    fx_rates_ingest,
    kafka_orders_stream,
    redshift_behavior_ingest,
    salesforce_to_bronze,
    snowflake_to_bronze,
)

SAMPLES = PROJECT / "samples"
SCHEMAS = PROJECT / "config" / "schemas"
Row = dict[str, Any]

# By dataset: the page's table, and a day's file.
FEEDS = {
    "crm_accounts_bronze": ("accounts", "crm/accounts/{}/accounts.csv"),
    "crm_contacts_bronze": ("contacts", "crm/contacts/{}/contacts.csv"),
    "crm_opportunities_bronze": ("opportunities", "crm/opportunities/{}/opportunities.csv"),
    "snowflake_customers_bronze": ("snowflake customers", "snowflake/customers/{}/customers.csv"),
    "snowflake_orders_bronze": ("snowflake orders", "snowflake/orders/{}/orders.csv"),
    "kafka_orders_bronze": ("kafka orders", "kafka/orders/{}/orders.jsonl"),
    "redshift_behavior_events_bronze": (
        "redshift behavior_events",
        "redshift/behavior_events/{}/behavior_events.csv",
    ),
    "fx_rates_bronze": ("fx", "fx/{}/eurofxref-daily.xml"),
    "salesforce_leads_bronze": ("salesforce leads", "salesforce/leads/{}/leads.jsonl"),
}
CRM_DEFECTS = ("duplicate", "type", "required", "enum", "minimum", "malformed")  # in the page's order
JOBS = {
    crm_accounts_ingest: ["crm_accounts_bronze"],
    crm_contacts_ingest: ["crm_contacts_bronze"],
    crm_opportunities_ingest: ["crm_opportunities_bronze"],
    snowflake_to_bronze: ["snowflake_orders_bronze", "snowflake_customers_bronze"],
    redshift_behavior_ingest: ["redshift_behavior_events_bronze"],
    fx_rates_ingest: ["fx_rates_bronze"],
    salesforce_to_bronze: ["salesforce_leads_bronze"],
    kafka_orders_stream: ["kafka_orders_bronze"],
}


def document_of(dataset: str) -> dict[str, Any]:
    return json.loads((SCHEMAS / f"{dataset}.json").read_text(encoding="utf-8"))


def delivered(file: Path) -> list[Row | None]:
    """A file's rows by the names of columns, None for what can't be read as one."""
    if not file.exists():
        return []
    if file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as lines:
            header, *rows = csv.reader(lines)
        return [dict(zip(header, row)) if len(row) == len(header) else None for row in rows]
    if file.suffix == ".xml":
        return [
            {
                "rate_date": day.get("time"),
                "base_currency": "EUR",
                "quote_currency": one.get("currency"),
                "rate": one.get("rate"),
            }
            for day in ElementTree.parse(file).getroot().iter()
            if day.get("time")
            for one in day
        ]
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    if "kafka" in file.parts:
        return [_message(line["value"]) for line in lines]
    return [
        {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower(): value for name, value in line.items()}
        for line in lines
    ]


def _message(text: str | None) -> Row | None:
    try:
        value = json.loads(text or "", parse_float=Decimal)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def value_of(value: Any, schema: dict[str, Any]) -> Any:
    """A delivered value as the schema's type has it, ValueError where it is none of it."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if isinstance(value, str) and "string" not in kinds:
        value = value.strip()
    if "boolean" in kinds:
        return {"true": True, "false": False}[str(value).lower()]
    if "integer" in kinds:
        return int(str(value))
    if "number" in kinds:
        number = Decimal(str(value))
        exact = re.fullmatch(r"decimal\((\d+), ?(\d+)\)", schema.get("x-dataplat", {}).get("type", ""))
        if exact:
            if "e" in str(value).lower():
                raise ValueError(value)  # in no spelling of an exact number
            precision, scale = int(exact[1]), int(exact[2])
            if number != round(number, scale) or abs(number) >= Decimal(10) ** (precision - scale):
                raise ValueError(value)
        return number
    text = str(value)
    if schema.get("format") == "date":
        dt.date.fromisoformat(text)
    if schema.get("format") == "date-time":
        offset = re.sub(r"([+-]\d\d):?(\d\d)$", r"\1:\2", text.replace("Z", "+00:00"))
        if dt.datetime.fromisoformat(offset).tzinfo is None:
            raise ValueError(value)
    return text


def broken(row: Row, document: dict[str, Any]) -> list[str]:
    """Each rule that a row breaks."""
    found = []
    for name, schema in document["properties"].items():
        if schema.get("x-dataplat", {}).get("origin") == "platform":
            continue
        raw = row.get(name)
        if raw is None or not str(raw).strip():
            if "null" not in schema["type"] and name in document["required"]:
                found.append(f"required:{name}")
            continue
        try:
            value = value_of(raw, schema)
        except (ValueError, KeyError, ArithmeticError):
            found.append(f"type:{name}")
            continue
        rules = {
            "pattern": lambda limit, value=value: re.search(limit, value) is not None,
            "enum": lambda limit, value=value: value in limit,
            "minLength": lambda limit, value=value: len(value) >= limit,
            "maxLength": lambda limit, value=value: len(value) <= limit,
            "minimum": lambda limit, value=value: value >= limit,
            "maximum": lambda limit, value=value: value <= limit,
            "exclusiveMinimum": lambda limit, value=value: value > limit,
            "exclusiveMaximum": lambda limit, value=value: value < limit,
        }
        found += [
            f"{rule}:{name}" for rule, keeps in rules.items() if rule in schema and not keeps(schema[rule])
        ]
    return found


def reasons_of(dataset: str, date: str) -> tuple[int, Counter[str]]:
    """How many rows a day has, and what is wrong with them."""
    document = document_of(dataset)
    rows = delivered(SAMPLES / FEEDS[dataset][1].format(date))
    key = document["x-dataplat"]["primaryKey"]
    reasons: Counter[str] = Counter()
    keys: set[tuple[Any, ...]] = set()
    for row in rows:
        found = ["malformed"] if row is None else broken(row, document)
        reasons.update(found)
        if row is None or found:
            continue
        of_row = tuple(row[name] for name in key)
        if of_row in keys:
            reasons[f"duplicate:{','.join(key)}"] += 1
        keys.add(of_row)
    return len(rows), reasons


def test_every_contract_of_bronze_has_samples_and_a_job() -> None:
    contracts = {file.stem for file in SCHEMAS.glob("*_bronze.json")}
    assert contracts == set(FEEDS) == {dataset for datasets in JOBS.values() for dataset in datasets}


@pytest.mark.parametrize("dataset", list(FEEDS))
def test_every_row_of_the_samples_keeps_its_contract_but_for_the_defects_on_the_page(dataset: str) -> None:
    table = FEEDS[dataset][0]
    for cells in readme_rows(table)[:-1]:
        rows, reasons = reasons_of(dataset, cells[0])
        assert (rows, sum(reasons.values())) == (int(cells[1]), int(cells[2])), cells[0]
        if dataset.startswith("crm_"):
            kinds = Counter(dict.fromkeys(CRM_DEFECTS, 0))
            kinds.update(reason.split(":")[0] for reason in reasons.elements())
            assert [str(count) for count in kinds.values()] == cells[4:10], cells[0]
        else:
            told = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
            assert told == cells[4], cells[0]
    assert [cells[0] for cells in readme_rows(table)[:-1]] == DATES


@pytest.mark.parametrize(
    "job",
    [
        pytest.param(
            job, marks=pytest.mark.heavy if job in (snowflake_to_bronze, redshift_behavior_ingest) else []
        )
        for job in JOBS
    ],
    ids=[job.JOB for job in JOBS],
)
def test_the_tables_that_a_job_writes_have_the_contracts_schema(
    sampled: Callable[..., Sampled], job: Any
) -> None:
    lake = sampled(job).lake
    for dataset in JOBS[job]:
        contract = lake.declaration.contract(dataset)
        written = lake.table(contract.table)
        wanted = spark_schema(contract)
        assert written.schema.simpleString() == wanted.simpleString()
        comments = {field.name: field.metadata.get("comment") for field in written.schema}
        assert comments == {
            name: schema["description"] for name, schema in document_of(dataset)["properties"].items()
        }
        assert lake.rows(contract.table)


def test_what_breaks_readers_of_a_table_is_told_from_what_does_not() -> None:
    text, number = {"type": ["string", "null"]}, {"type": "integer", "x-dataplat": {"type": "int"}}

    def of(columns: dict[str, Any], required: list[str], **extension: Any) -> dict[str, Any]:
        kept = {"table": "t", "layer": "bronze", "primaryKey": ["a"], "partitionedBy": [], **extension}
        return {"properties": columns, "required": required, "x-dataplat": kept}

    old = of({"a": text, "n": number}, ["n"])
    assert breaking(old, old) == []
    assert breaking(old, of({"n": {"type": "integer"}, "a": text, "b": text}, ["n"])) == []
    assert breaking(old, of({"a": text, "m": number}, ["m"])) == [
        "drops n",
        "adds m, which may not be missing",
    ]
    assert breaking(old, of({"a": number, "n": number}, ["n"])) == ["makes a int of string"]
    assert breaking(of({"n": {"type": "integer"}}, []), of({"n": number}, [])) == ["makes n int of bigint"]
    assert breaking(old, of({"a": text, "n": number}, ["n"], partitionedBy=["a"])) == [
        "changes partitionedBy"
    ]


@pytest.mark.parametrize("dataset", list(FEEDS))
def test_no_committed_version_of_a_contract_breaks_the_one_before(dataset: str) -> None:
    path = f"config/schemas/{dataset}.json"
    commits = git("log", "--reverse", "--format=%H", "--", path).split()
    versions = [(commit[:12], json.loads(git("show", f"{commit}:{path}"))) for commit in commits]
    versions.append(("the working tree", document_of(dataset)))
    for (_, old), (commit, new) in zip(versions, versions[1:]):
        assert breaking(old, new) == [], commit


def git(*words: str) -> str:
    """What git says; nothing where this is no clone, which has no earlier versions then."""
    if not (PROJECT / ".git").exists():
        return ""
    done = subprocess.run(
        ["git", *words], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def breaking(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What of a contract's new version readers and tables of the old one do not bear."""
    wider = {"int": "bigint", "smallint": "int", "float": "double"}
    before, after = old["properties"], new["properties"]
    found = [f"drops {name}" for name in before if name not in after]
    for name, schema in after.items():
        kind = glue_type(schema)
        if name not in before:
            if name in new["required"] and "null" not in schema["type"]:
                found.append(f"adds {name}, which may not be missing")
        elif kind not in (was := glue_type(before[name]), wider.get(was)):
            found.append(f"makes {name} {kind} of {was}")
    kept = ("table", "layer", "primaryKey", "partitionedBy")
    return found + [
        f"changes {name}" for name in kept if old["x-dataplat"].get(name) != new["x-dataplat"].get(name)
    ]


def glue_type(schema: dict[str, Any]) -> str:
    """The type of a column in Glue, by the decision on contracts."""
    named = schema.get("x-dataplat", {}).get("type")
    if named:
        return str(named).replace(" ", "")
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    (kind,) = [one for one in kinds if one != "null"]
    if kind == "object":
        return "map<string,string>"
    formats = {"date": "date", "date-time": "timestamp"}
    if kind == "string" and "format" in schema:
        return formats[schema["format"]]
    return {"string": "string", "integer": "bigint", "number": "double", "boolean": "boolean"}[kind]
