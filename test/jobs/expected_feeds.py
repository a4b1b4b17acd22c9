"""What each row of the samples besides the CRM's is by its contract, worked out with `csv`, `json` and plain Python."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path

from expected import SAMPLES, parses

Row = dict[str, str]


def moment(text: str) -> bool:
    return parses("updated_at", text)


def money(text: str) -> bool:
    """Whether it is a decimal(18,2), as text says one."""
    try:
        return bool(re.fullmatch(r"-?\d+(\.\d{1,2})?", text)) and abs(Decimal(text)) < Decimal(10) ** 16
    except InvalidOperation:
        return False


def order(row: Row) -> list[str]:
    reasons = [f"required:{name}" for name in ("order_id", "customer_id") if not row[name]]
    if row["order_status"] not in ["placed", "paid", "shipped", "delivered", "cancelled", "returned"]:
        reasons.append("enum:order_status")
    if not money(row["order_total"]):
        reasons.append("type:order_total")
    elif Decimal(row["order_total"]) < 0:
        reasons.append("minimum:order_total")
    if not re.fullmatch("[A-Z]{3}", row["currency"]):
        reasons.append("pattern:currency")
    if int(row["line_count"]) <= 0:
        reasons.append("exclusiveMinimum:line_count")
    return reasons + [f"type:{name}" for name in ("ordered_at", "updated_at") if not moment(row[name])]


def customer(row: Row) -> list[str]:
    reasons = [f"required:{name}" for name in ("customer_id", "account_id") if not row[name]]
    if row["segment"] not in ("enterprise", "mid_market", "small"):
        reasons.append("enum:segment")
    if not re.fullmatch("[A-Z]{3}", row["currency"]):
        reasons.append("pattern:currency")
    if row["credit_limit"]:
        if not money(row["credit_limit"]):
            reasons.append("type:credit_limit")
        elif Decimal(row["credit_limit"]) < 0:
            reasons.append("minimum:credit_limit")
    return reasons + [f"type:{name}" for name in ("created_at", "updated_at") if not moment(row[name])]


def event(row: Row) -> list[str]:
    reasons = [f"required:{name}" for name in ("event_id", "session_id") if not row[name]]
    if row["event_name"] not in ["page_view", "sign_up", "add_to_cart", "checkout", "purchase"]:
        reasons.append("enum:event_name")
    if row["device"] not in ("desktop", "mobile", "tablet"):
        reasons.append("enum:device")
    if row["user_id"] and not re.fullmatch("CON-[0-9]{6}", row["user_id"]):
        reasons.append("pattern:user_id")
    return reasons + [f"type:{name}" for name in ("occurred_at", "loaded_at") if not moment(row[name])]


def message(row: Row) -> list[str]:
    reasons = [f"required:{name}" for name in ("event_id", "order_id") if not row[name]]
    if row["event_type"] not in [
        f"order_{status}" for status in ["placed", "paid", "shipped", "delivered", "cancelled", "returned"]
    ]:
        reasons.append("enum:event_type")
    if not money(row["order_total"]):
        reasons.append("type:order_total")
    return reasons + [f"type:{name}" for name in ("occurred_at",) if not moment(row[name])]


def lead(row: Row) -> list[str]:
    reasons = [
        f"required:{table}" for name, table in (("Id", "id"), ("LastName", "last_name")) if not row[name]
    ]
    if row["Status"] == "Ghosted":
        reasons.append("enum:status")
    known = r"2026-01-\d\dT\d\d:\d\d:\d\d\.000\+0000"
    times = {"CreatedDate": "created_date", "SystemModstamp": "system_modstamp"}
    return reasons + [f"type:{table}" for name, table in times.items() if not re.fullmatch(known, row[name])]


def rate(row: Row) -> list[str]:
    if not re.fullmatch(r"\d+\.\d+", row["rate"]):
        return ["type:rate"]
    return [] if Decimal(row["rate"]) > 0 else ["exclusiveMinimum:rate"]


FEEDS = {
    "snowflake customers": (customer, "customer_id", "snowflake/customers/{}/customers.csv"),
    "snowflake orders": (order, "order_id", "snowflake/orders/{}/orders.csv"),
    "kafka orders": (message, "event_id", "kafka/orders/{}/orders.jsonl"),
    "redshift behavior_events": (event, "event_id", "redshift/behavior_events/{}/behavior_events.csv"),
    "fx": (rate, "", "fx/{}/eurofxref-daily.xml"),
    "salesforce leads": (lead, "Id", "salesforce/leads/{}/leads.jsonl"),
}


def rows_of(feed: str, date: str) -> list[Row | None]:
    """A day's rows as delivered; None for one that can't be read."""
    file = SAMPLES / FEEDS[feed][2].format(date)
    if not file.exists():
        return []
    if file.suffix == ".csv":
        with file.open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))
    if file.suffix == ".xml":
        return [{"rate": text} for text in re.findall(r"rate='([^']*)'", file.read_text(encoding="utf-8"))]
    documents = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    if feed == "kafka orders":
        documents = [_value(document["value"]) for document in documents]
    return [
        None if document is None else {name: str(value or "") for name, value in document.items()}
        for document in documents
    ]


def _value(text: str) -> dict[str, object] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def sound_rows(feed: str, date: str) -> tuple[dict[str, Row], Counter[str]]:
    """A day's rows that keep the contract, by key, and the reasons of the others."""
    breaks, key, _ = FEEDS[feed]
    sound: dict[str, Row] = {}
    reasons: Counter[str] = Counter()
    for number, row in enumerate(rows_of(feed, date)):
        found = ["malformed"] if row is None else breaks(row)
        reasons.update(found)
        if row is None or found:
            continue
        name = row[key] if key else str(number)
        if name in sound:
            reasons[f"duplicate:{key.lower()}"] += 1
        sound[name] = row
    return sound, reasons


def files() -> list[Path]:
    """Every file of the feeds."""
    return sorted(
        path
        for feed in ("snowflake", "kafka", "redshift", "fx", "salesforce")
        for path in (SAMPLES / feed).rglob("*")
        if path.is_file()
    )


def changed_rows(
    feed: str, dates: list[str], run_before: str | None, time: str, lookback_minutes: int
) -> set[tuple[str, ...]]:
    """What a run over the last of `dates` finds in a database that took these days one after another, where the last
    run was of `run_before`: the newest state of each key, as far as it changed after that run's newest change less the
    lookback.
    """
    state: dict[str, Row] = {}
    newest = ""
    for date in dates:
        state.update(sound_rows(feed, date)[0])
        if date == run_before:
            newest = max(row[time] for row in state.values())
    if newest:
        after = dt.datetime.strptime(newest, "%Y-%m-%dT%H:%M:%SZ") - dt.timedelta(minutes=lookback_minutes)
        newest = f"{after:%Y-%m-%dT%H:%M:%SZ}"
    return {tuple(row.values()) for row in state.values() if row[time] > newest}
