"""What each sample row is by the README's rules, worked out with Python's `csv` module and nothing of the jobs."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
DATES = [f"2026-01-{day:02d}" for day in range(1, 32)]

KEYS = {"accounts": "account_id", "contacts": "contact_id", "opportunities": "opportunity_id"}
REQUIRED = {
    "accounts": ["account_id", "account_name", "country", "is_active", "created_at", "updated_at"],
    "contacts": ["contact_id", "account_id", "last_name", "marketing_consent", "created_at", "updated_at"],
    "opportunities": [
        "opportunity_id",
        "account_id",
        "opportunity_name",
        "stage",
        "currency",
        "close_date",
        "created_at",
        "updated_at",
    ],
}
ENUMS = {
    "accounts": {
        "industry": [
            "manufacturing",
            "retail",
            "finance",
            "healthcare",
            "technology",
            "energy",
            "public",
            "other",
        ],
    },
    "contacts": {
        "department": [
            "executive",
            "finance",
            "it",
            "marketing",
            "operations",
            "procurement",
            "sales",
            "other",
        ],
    },
    "opportunities": {
        "stage": ["prospecting", "qualification", "proposal", "negotiation", "closed_won", "closed_lost"],
        "lead_source": ["web", "referral", "event", "partner", "outbound", "other"],
    },
}
DATES_OF = {
    "accounts": ["created_at", "updated_at"],
    "contacts": ["created_at", "updated_at"],
    "opportunities": ["close_date", "created_at", "updated_at"],
}


@dataclass
class Expected:
    """The counts of one file."""

    rows: int = 0
    quarantine: int = 0
    duplicate: int = 0
    bad_date: int = 0
    missing: int = 0
    unknown_enum: int = 0
    negative: int = 0
    too_many_fields: int = 0
    newline: int = 0
    bom: bool = False
    crlf: bool = False
    extra: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    kept_keys: list[str] = field(default_factory=list)

    @property
    def bronze(self) -> int:
        return self.rows - self.quarantine


def file_of(dataset: str, date: str) -> Path:
    return SAMPLES / "crm" / dataset / date / f"{dataset}.csv"


def parses(column: str, text: str) -> bool:
    try:
        if column == "close_date":
            dt.datetime.strptime(text, "%Y-%m-%d")
        else:
            dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return False
    return True


def expected(dataset: str, date: str) -> Expected:
    """Count what one day's file holds."""
    content = file_of(dataset, date).read_bytes()
    counts = Expected(bom=content.startswith(b"\xef\xbb\xbf"))
    text = content.decode("utf-8-sig")
    counts.crlf = text.split("\n", 1)[0].endswith("\r")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    counts.rows = len(rows)
    keys: list[str] = []
    for fields in rows:
        if len(fields) != len(header):
            counts.too_many_fields += 1
            counts.reasons["malformed"] += 1
            continue
        row = dict(zip(header, fields))
        defects = defects_of(dataset, row)
        counts.reasons.update(defects)
        kinds = [defect.split(":")[0] for defect in defects]
        counts.missing += "required" in kinds
        counts.bad_date += "type" in kinds
        counts.unknown_enum += "enum" in kinds
        counts.negative += "minimum" in kinds
        counts.quarantine += bool(defects)
        counts.newline += any("\n" in value for value in fields) and not defects
        if not defects:
            keys.append(row[KEYS[dataset]])
    counts.kept_keys = sorted(set(keys))
    counts.duplicate = len(keys) - len(counts.kept_keys)
    if counts.duplicate:
        counts.reasons[f"duplicate:{KEYS[dataset]}"] = counts.duplicate
    counts.quarantine += counts.duplicate + counts.too_many_fields
    known = set(file_of(dataset, "2026-01-01").read_text(encoding="utf-8").splitlines()[0].split(","))
    counts.extra = [name for name in header if name not in known]
    return counts


def defects_of(dataset: str, row: dict[str, str]) -> list[str]:
    """The reasons for which a row has to be rejected, duplicates apart."""
    defects = [f"required:{name}" for name in REQUIRED[dataset] if not row[name]]
    defects += [f"type:{name}" for name in DATES_OF[dataset] if row[name] and not parses(name, row[name])]
    defects += [
        f"enum:{name}" for name, choices in ENUMS[dataset].items() if row[name] and row[name] not in choices
    ]
    if dataset == "opportunities" and row["amount"].startswith("-"):
        defects.append("minimum:amount")
    return defects
