"""Deliveries that do not come as contracts spell them, landed by the jobs as they are: the declaration says it all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from conftest import DAY, Lake
from platforms import bearing, delivering

from jobs.common.declaration import Declaration
from jobs.ingest import (
    crm_accounts_ingest,
    crm_contacts_ingest,
    crm_opportunities_ingest,
    snowflake_to_bronze,
)


def declaring(
    lake: Lake, source: str, options: Mapping[str, object], parse: Mapping[str, Mapping[str, Any]]
) -> Declaration:
    """The declaration with other options of a source, and its dataset's columns with what they say of how they come."""
    config = lake.folder / "config"
    shutil.copytree(lake.declaration.root, config)
    file = config / "schemas" / f"{source}_bronze.json"
    contract = json.loads(file.read_text(encoding="utf-8"))
    for name, how in parse.items():
        contract["properties"][name].setdefault("x-dataplat", {})["parse"] = how
    file.write_text(json.dumps(contract), encoding="utf-8")
    # Half of so few rows is not much.
    changed = bearing(
        delivering(lake.declaration, source, options=options), f"{source}_bronze", quarantine={}
    )
    return replace(changed, root=config)


def reasons(lake: Lake, table: str) -> dict[str, list[str]]:
    """Of each row in quarantine by the first of its values that were delivered."""
    return {next(iter(row["_raw"].values())): row["_reasons"] for row in lake.rows(f"{table}__quarantine")}


def test_an_extract_as_warehouses_load_it(lake: Lake) -> None:
    """Times without a zone, TRUE and FALSE, and empty strings for what is missing; another name for one column."""
    lake.deliver(
        "accounts",
        DAY,
        b"account_id,account_name,industry,country_code,is_active,created_at,updated_at,annual_revenue\n"
        b'ACC-000001,"Acme, Inc.",retail,US,TRUE,2019-11-11 17:23:34,2026-01-05 00:15:00,1500000.00\n'
        b'ACC-000002,Globex,"",DE,FALSE,2019-07-11 17:23:34.125,2026-01-05 08:00:00,""\n'
        b'ACC-000003,Initech,"",US,TRUE,"",2026-01-05 08:00:00,\n'
        b"ACC-000004,Hooli,energy,US,TRUE,2019-11-31 17:23:34,2026-01-05T08:00:00Z,\n",
    )
    zone = {"timezone": "America/New_York"}
    declaration = declaring(
        lake,
        "crm_accounts",
        {},
        {"created_at": zone, "updated_at": zone, "country": {"from": "country_code"}},
    )
    result = crm_accounts_ingest.run(lake.context("crm_accounts", DAY, declaration=declaration))
    columns = ["account_id", "industry", "country", "is_active", "created_at", "updated_at", "annual_revenue"]
    # New York is five hours behind UTC in winter, four in summer.
    assert lake.texts("crm_accounts", DAY, columns) == {
        ("ACC-000001", "retail", "US", "true", "2019-11-11T22:23:34Z", "2026-01-05T05:15:00Z", "1500000.00"),
        ("ACC-000002", "", "DE", "false", "2019-07-11T21:23:34Z", "2026-01-05T13:00:00Z", ""),
    }
    assert reasons(lake, "crm_accounts") == {
        "ACC-000003": ["required:created_at"],
        "ACC-000004": ["type:created_at"],
    }
    assert (result.rows_read, result.rows_written) == (4, 2)


def test_an_export_of_a_german_spreadsheet(lake: Lake) -> None:
    """Windows-1252 with semicolons, two lines above the header, a comment, days and numbers as Germans write them."""
    at = "05.01.2026 09:00"
    lines = [
        "Umsätze Vertrieb;Stand 05.01.2026",
        "",
        "opportunity_id;account_id;opportunity_name;stage;amount;currency;probability;close_date;created_at;updated_at",
        f'OPP-000001;ACC-000001;"Rohre; 5"" Zoll";proposal;1.234,50;EUR;60;31.01.2026;{at};{at}:30',
        f"OPP-000002;ACC-000002;Müller & Söhne – Straße €;closed_won;99,9;EUR;;01.07.2026;01.07.2025 09:00;{at}",
        "# OPP-000009;wird nicht mehr geführt",
        f"OPP-000003;ACC-000003;Löwen;proposal;1,234.50;EUR;60;31.02.2026;{at};{at}",
        f"OPP-000004;ACC-000003;Bären;proposal;k.A.;EUR;60;k.A.;{at};{at}",
        "",
    ]
    lake.deliver("opportunities", DAY, "\r\n".join(lines).encode("cp1252"))
    local = {"formats": ["dd.MM.yyyy HH:mm[:ss]"], "timezone": "Europe/Berlin"}
    declaration = declaring(
        lake,
        "crm_opportunities",
        {"encoding": "windows-1252", "delimiter": ";", "skipRows": 2, "comment": "#", "nulls": ["k.A."]},
        {
            "amount": {"decimal": ",", "grouping": "."},
            "close_date": {"formats": ["dd.MM.yyyy"]},
            "created_at": local,
            "updated_at": local,
        },
    )
    crm_opportunities_ingest.run(lake.context("crm_opportunities", DAY, declaration=declaration))
    columns = ["opportunity_id", "opportunity_name", "amount", "close_date", "created_at", "updated_at"]
    assert lake.texts("crm_opportunities", DAY, columns) == {
        (
            "OPP-000001",
            'Rohre; 5" Zoll',
            "1234.50",
            "2026-01-31",
            "2026-01-05T08:00:00Z",
            "2026-01-05T08:00:30Z",
        ),
        (
            "OPP-000002",
            "Müller & Söhne – Straße €",
            "99.90",
            "2026-07-01",
            "2025-07-01T07:00:00Z",
            "2026-01-05T08:00:00Z",
        ),
    }
    assert reasons(lake, "crm_opportunities") == {
        "OPP-000003": ["type:amount", "type:close_date"],
        "OPP-000004": ["required:close_date"],
    }


@pytest.mark.heavy
def test_a_tab_file_without_a_header_as_a_database_dumps_it(lake: Lake) -> None:
    """No quotes mean anything, `\\N` is what is missing, and yes and no are figures; two files for one day."""
    rows = [
        ("CON-000001", "ACC-000001", 'Ann "Ace"', "Lee", "\\N", "1", "1767600000", "1767600000"),
        ("CON-000002", "ACC-000001", "\\N", 'O"Neil', "\\N", "0", "1767600001", "1767600001"),
        ("CON-000003", "ACC-000001", "Eve", "\\N", "\\N", "2", "1767600000", "1767600000"),
    ]
    text = "".join("\t".join(row) + "\n" for row in rows)
    lake.deliver("contacts", DAY, text.encode(), "a.tsv")
    short = "CON-000004\tACC-000001\n"
    lake.deliver(
        "contacts",
        DAY,
        short.encode() + text[: text.index("\n") + 1].replace("1\t", "5\t", 1).encode(),
        "b.tsv",
    )
    columns = [
        "contact_id",
        "account_id",
        "first_name",
        "last_name",
        "email",
        "consent",
        "created_at",
        "updated_at",
    ]
    epoch = {"formats": ["epoch"]}
    declaration = declaring(
        lake,
        "crm_contacts",
        {"delimiter": "\t", "quote": "", "header": False, "columns": columns, "nulls": ["\\N"]},
        {
            "marketing_consent": {"from": "consent", "true": ["1"], "false": ["0"]},
            "created_at": epoch,
            "updated_at": epoch,
        },
    )
    result = crm_contacts_ingest.run(lake.context("crm_contacts", DAY, declaration=declaration))
    told = ["contact_id", "first_name", "last_name", "email", "marketing_consent", "created_at"]
    assert lake.texts("crm_contacts", DAY, told) == {
        ("CON-000001", 'Ann "Ace"', "Lee", "", "true", "2026-01-05T08:00:00Z"),
        ("CON-000002", "", 'O"Neil', "", "false", "2026-01-05T08:00:01Z"),
        ("CON-000005", 'Ann "Ace"', "Lee", "", "true", "2026-01-05T08:00:00Z"),
    }
    assert reasons(lake, "crm_contacts") == {
        "CON-000003": ["required:last_name", "type:marketing_consent"],
        short.rstrip(): ["malformed"],
    }
    assert (result.rows_read, result.rows_written) == (5, 3)


def test_marks_that_a_warehouse_unloads_for_what_is_missing(lake: Lake) -> None:
    folder = lake.folder / "landing" / "snowflake"
    header = "customer_id,account_id,customer_name,country,segment,currency,credit_limit,is_active"
    at = "2026-01-02T08:00:00Z,2026-01-05T09:00:00Z"
    files = {
        "customers": f"{header},created_at,updated_at\nCUS-000001,ACC-000001,Kunde 1,DE,small,EUR,\\N,true,{at}\n"
        f"CUS-000002,ACC-000001,\\N,DE,small,EUR,10.00,true,{at}\n",
        "orders": "order_id,customer_id,order_status,channel,currency,order_total,line_count,ordered_at,updated_at\n"
        "ORD-000001,CUS-000001,paid,web,EUR,10.00,1,2026-01-05T08:00:00Z,2026-01-05T09:00:00Z\n",
    }
    for name, text in files.items():
        (folder / name / DAY).mkdir(parents=True)
        (folder / name / DAY / f"{name}.csv").write_text(text, encoding="utf-8")
    declaration = declaring(lake, "snowflake_customers", {"nulls": ["\\N"]}, {})
    snowflake_to_bronze.run(lake.context("snowflake_to_bronze", DAY, declaration=declaration))
    assert [(row["customer_id"], row["credit_limit"]) for row in lake.rows("snowflake_customers")] == [
        ("CUS-000001", None)
    ]
    (row,) = lake.rows("snowflake_customers__quarantine")
    assert (row["_reasons"], row["_raw"]["customer_name"]) == (["required:customer_name"], "\\N")
