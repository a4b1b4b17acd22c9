#!/usr/bin/env python3
"""Write the samples of every system and the counts in `samples/README.md`: the same bytes on every machine.

    python samples/generate.py             # writes beside this file
    python samples/generate.py --out DIR   # writes elsewhere (the tests compare)

Only the standard library is used, and of `random` only `Random.random()`, the one method whose sequence
Python promises to keep; amounts are whole numbers, so that no C library's rounding shows.

What is wrong with a day's file is not left to chance: `DEFECTS` below, and in the module of each other system, is the
whole of it. The CRM is here; the others follow it: their customers are its accounts, their users its contacts.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, List, Tuple

import behavior
import leads
import rates
import shop
from chance import DAYS, Draw, Row


@dataclass(frozen=True)
class Day:
    """What is wrong (or merely awkward) with one day's file. Every broken row has exactly one defect."""

    # Of the file: a reader has to cope, no row is rejected.
    bom: bool = False
    crlf: bool = False
    extra_column: str | None = None
    reordered: bool = False
    # Of a row that is fine: a quoted field with a line break in it.
    newlines: int = 0
    # Of a row that has to be rejected.
    duplicates: int = 0  # surplus rows: a key that comes three times counts two
    bad_dates: int = 0
    missing: int = 0
    unknown_enum: int = 0
    negative: int = 0
    too_many_fields: int = 0

    @property
    def rejected(self) -> int:
        return (
            self.duplicates
            + self.bad_dates
            + self.missing
            + self.unknown_enum
            + self.negative
            + self.too_many_fields
        )


DEFECTS: Dict[str, Dict[int, Day]] = {
    "accounts": {
        2: Day(bom=True),
        5: Day(newlines=2, duplicates=1, bad_dates=1, missing=1),
        7: Day(crlf=True),
        8: Day(unknown_enum=1),
        9: Day(newlines=3),
        12: Day(bom=True, crlf=True, newlines=1),
        14: Day(extra_column="region_code"),
        16: Day(duplicates=2),
        20: Day(missing=1, bad_dates=1),
        21: Day(extra_column="region_code", unknown_enum=1),
        24: Day(duplicates=1),
        27: Day(unknown_enum=1, missing=1),
        30: Day(crlf=True, newlines=2, bad_dates=1),
    },
    "contacts": {
        3: Day(crlf=True),
        5: Day(bom=True, duplicates=2, missing=2, bad_dates=1),
        6: Day(newlines=2),
        9: Day(extra_column="linkedin_url"),
        13: Day(bad_dates=2),
        15: Day(too_many_fields=1),
        19: Day(reordered=True, unknown_enum=1),
        22: Day(bom=True, crlf=True, newlines=1, missing=1),
        26: Day(duplicates=3),
        29: Day(unknown_enum=2, bad_dates=1),
    },
    "opportunities": {
        1: Day(duplicates=2, missing=1),
        5: Day(crlf=True, newlines=3, duplicates=1, unknown_enum=1),
        8: Day(bad_dates=3),
        12: Day(bom=True, negative=2),
        16: Day(newlines=4, missing=2),
        19: Day(unknown_enum=2, negative=1),
        22: Day(extra_column="campaign"),
        23: Day(extra_column="campaign", bad_dates=1, missing=1),
        27: Day(duplicates=4),
        31: Day(bom=True, crlf=True, newlines=2, bad_dates=1),
    },
}

# Rows in all, defects included, and how they spread over the month: the first day is the initial load.
TOTAL_ROWS = {"accounts": 1000, "contacts": 3000, "opportunities": 5000}
INITIAL_SHARE = 20  # percent
WEEKEND_WEIGHT, WEEKDAY_WEIGHT = 4, 10
CHANGED_SHARE = {
    "accounts": 6,
    "contacts": 5,
    "opportunities": 10,
}  # percent of a day that was delivered before

HEADERS = {
    "accounts": [
        "account_id",
        "account_name",
        "industry",
        "country",
        "billing_address",
        "annual_revenue",
        "employees",
        "is_active",
        "created_at",
        "updated_at",
    ],
    "contacts": [
        "contact_id",
        "account_id",
        "first_name",
        "last_name",
        "email",
        "phone",
        "job_title",
        "department",
        "marketing_consent",
        "created_at",
        "updated_at",
    ],
    "opportunities": [
        "opportunity_id",
        "account_id",
        "primary_contact_id",
        "opportunity_name",
        "stage",
        "amount",
        "currency",
        "probability",
        "close_date",
        "lead_source",
        "next_step",
        "created_at",
        "updated_at",
    ],
}
KEY_PREFIXES = {"accounts": "ACC", "contacts": "CON", "opportunities": "OPP"}
KEYS = {"accounts": "account_id", "contacts": "contact_id", "opportunities": "opportunity_id"}

# For each country: dialling code, currency, street form, towns, given names, family names, legal forms.
COUNTRIES: Dict[str, Tuple[str, str, str, List[str], List[str], List[str], List[str]]] = {
    "DE": (
        "49",
        "EUR",
        "{street}straße {n}, {post} {town}",
        ["Berlin", "Hamburg", "München", "Köln", "Leipzig", "Nürnberg"],
        ["Anna", "Jürgen", "Katrin", "Lukas", "Sabine", "Thomas", "Ulrike", "Jörg"],
        ["Müller", "Schmidt", "Weber", "Schröder", "Krüger", "Vogel", "Großmann", "Becker"],
        ["GmbH", "AG", "GmbH & Co. KG", "SE"],
    ),
    "FR": (
        "33",
        "EUR",
        "{n} rue {street}, {post} {town}",
        ["Paris", "Lyon", "Nantes", "Orléans", "Besançon"],
        ["Chloé", "Julien", "Hélène", "François", "Manon", "Rémi"],
        ["Martin", "Bernard", "Lefèvre", "Garnier", "Benoît", "Dubois"],
        ["SA", "SAS", "SARL"],
    ),
    "GB": (
        "44",
        "GBP",
        "{n} {street} Street, {town} {post}",
        ["London", "Leeds", "Bristol", "Glasgow", "Cardiff"],
        ["Olivia", "Harry", "Amelia", "George", "Isla", "Callum"],
        ["Smith", "Jones", "O'Connor", "Taylor", "MacLeod", "Evans"],
        ["Ltd", "plc", "LLP"],
    ),
    "US": (
        "1",
        "USD",
        "{n} {street} Avenue, {town} {post}",
        ["Boston", "Austin", "Denver", "Portland", "Chicago"],
        ["Emma", "Liam", "Sofia", "Noah", "Grace", "Ethan"],
        ["Johnson", "Williams", "Garcia", "Nguyen", "Brown", "Lee"],
        ["Inc.", "LLC", "Corp."],
    ),
    "PL": (
        "48",
        "PLN",
        "ul. {street} {n}, {post} {town}",
        ["Warszawa", "Kraków", "Gdańsk", "Łódź", "Poznań"],
        ["Agnieszka", "Łukasz", "Małgorzata", "Paweł", "Zofia"],
        ["Nowak", "Wiśniewski", "Wójcik", "Kamiński", "Zieliński"],
        ["Sp. z o.o.", "S.A."],
    ),
    "SE": (
        "46",
        "SEK",
        "{street}gatan {n}, {post} {town}",
        ["Stockholm", "Göteborg", "Malmö", "Västerås"],
        ["Astrid", "Björn", "Elsa", "Åke", "Maja"],
        ["Andersson", "Lindqvist", "Nyström", "Sjöberg", "Öberg"],
        ["AB"],
    ),
    "NL": (
        "31",
        "EUR",
        "{street}laan {n}, {post} {town}",
        ["Amsterdam", "Utrecht", "Rotterdam", "Eindhoven"],
        ["Daan", "Sanne", "Bram", "Fleur", "Joris"],
        ["de Vries", "Jansen", "van den Berg", "Bakker", "Visser"],
        ["B.V.", "N.V."],
    ),
}
COUNTRY_DRAW = ["DE"] * 6 + ["FR"] * 4 + ["GB"] * 3 + ["US"] * 3 + ["PL"] * 2 + ["SE"] + ["NL"] * 2
STREETS = ["Linden", "Station", "Garden", "Mill", "Church", "River", "Market", "Castle"]
INDUSTRIES = [
    "manufacturing",
    "retail",
    "finance",
    "healthcare",
    "technology",
    "energy",
    "public",
    "other",
    "",
]
TRADES = {
    "manufacturing": ["Maschinenbau", "Precision", "Tooling", "Components"],
    "retail": ["Stores", "Mode", "Markets", "Trading"],
    "finance": ["Capital", "Partners", "Insurance", "Treasury"],
    "healthcare": ["Klinik", "Pharma", "Diagnostics", "Care"],
    "technology": ["Software", "Systems", "Robotics", "Cloud"],
    "energy": ["Solar", "Wind", "Grid", "Hydro"],
    "public": ["Stadtwerke", "Transit", "Archive", "Services"],
    "other": ["Holding", "Logistics", "Studio", "Foods"],
    "": ["Group", "International", "Ventures", "Works"],
}
DEPARTMENTS = [
    "executive",
    "finance",
    "it",
    "marketing",
    "operations",
    "procurement",
    "sales",
    "other",
    "",
]
TITLES = {
    "executive": ["Managing Director", "CFO", "COO"],
    "finance": ["Head of Finance", "Controller", "Accountant"],
    "it": ["IT Manager", "Enterprise Architect", "System Administrator"],
    "marketing": ["Marketing Manager", "Brand Lead"],
    "operations": ["Plant Manager", "Head of Operations", "Shift Lead"],
    "procurement": ["Buyer", "Head of Procurement"],
    "sales": ["Sales Manager", "Key Account Manager"],
    "other": ["Assistant", "Consultant, external"],
    "": [""],
}
STAGES = ["prospecting", "qualification", "proposal", "negotiation", "closed_won", "closed_lost"]
PROBABILITY = {
    "prospecting": 10,
    "qualification": 25,
    "proposal": 50,
    "negotiation": 75,
    "closed_won": 100,
    "closed_lost": 0,
}
OPEN_STAGES = STAGES[:4]
LEADS = ["web", "referral", "event", "partner", "outbound", "other", ""]
PRODUCTS = ["Pilot", "Renewal", "Expansion", "Licences", "Support contract", "Roll-out", 'The "big one"']
NEXT_STEPS = ["Send the offer", "Call back on Monday, 10:00", 'Wait for "legal"', "Demo on site", ""]
BAD_DATES = ["2026-02-30T10:00:00Z", "31.01.2026", "0000-00-00", "2026-13-05T08:00:00Z", "yesterday"]
BAD_DAYS = ["2026-02-30", "31.03.2026", "0000-00-00", "2026-13-05", "next quarter"]
UNKNOWN = {
    "accounts": ("industry", "aerospace"),
    "contacts": ("department", "legal"),
    "opportunities": ("stage", "verbal_commitment"),
}
REQUIRED = {
    "accounts": ["account_name", "country", "account_id"],
    "contacts": ["last_name", "account_id", "contact_id"],
    "opportunities": ["account_id", "currency", "opportunity_name"],
}


@dataclass
class World:
    """The good records that have been delivered so far, by key, in the order of their first delivery."""

    accounts: Dict[str, Row] = field(default_factory=dict)
    contacts: Dict[str, Row] = field(default_factory=dict)
    opportunities: Dict[str, Row] = field(default_factory=dict)
    contacts_of: Dict[str, List[str]] = field(default_factory=dict)
    issued: Dict[str, int] = field(default_factory=dict)

    def pool(self, dataset: str) -> Dict[str, Row]:
        return {"accounts": self.accounts, "contacts": self.contacts, "opportunities": self.opportunities}[
            dataset
        ]

    def next_key(self, dataset: str) -> str:
        self.issued[dataset] = self.issued.get(dataset, 0) + 1
        return f"{KEY_PREFIXES[dataset]}-{self.issued[dataset]:06d}"


def ascii_of(text: str) -> str:
    text = text.replace("ß", "ss").replace("Ł", "L").replace("ł", "l")
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalnum())


def times(draw: Draw, day: dt.date, initial: bool) -> Tuple[str, str]:
    """When a record was created and last changed: on the day itself, or before it in the initial load."""
    if not initial:
        moment = draw.moment(day)
        return moment, moment
    created = day - dt.timedelta(days=draw.between(30, 900))
    changed = created + dt.timedelta(days=draw.below((day - created).days))
    return draw.moment(created), draw.moment(changed + dt.timedelta(days=1))


def new_account(draw: Draw, world: World, day: dt.date, initial: bool) -> Row:
    country = draw.one_of(COUNTRY_DRAW)
    _, _, form, towns, _, families, legal = COUNTRIES[country]
    industry = draw.one_of(INDUSTRIES)
    created, updated = times(draw, day, initial)
    name = f"{draw.one_of(families)} {draw.one_of(TRADES[industry])} {draw.one_of(legal)}"
    if draw.percent(3):
        name = f'"{name.split()[0]}" {name.split(" ", 1)[1]}'
    address = form.format(
        street=draw.one_of(STREETS),
        n=draw.between(1, 180),
        post=draw.between(10000, 99999),
        town=draw.one_of(towns),
    )
    return {
        "account_id": world.next_key("accounts"),
        "account_name": name,
        "industry": industry,
        "country": country,
        "billing_address": "" if draw.percent(5) else address,
        "annual_revenue": "" if draw.percent(10) else f"{draw.between(1, 9000) * 25000}.00",
        "employees": "" if draw.percent(8) else str(draw.between(1, 60) * draw.between(1, 60)),
        "is_active": "false" if draw.percent(4) else "true",
        "created_at": created,
        "updated_at": updated,
    }


def new_contact(draw: Draw, world: World, day: dt.date, initial: bool) -> Row:
    account = world.accounts[draw.one_of(list(world.accounts))]
    dial, _, _, _, given_names, families, _ = COUNTRIES[account["country"]]
    given, family = draw.one_of(given_names), draw.one_of(families)
    department = draw.one_of(DEPARTMENTS)
    company = ascii_of(account["account_name"].rsplit(" ", 1)[0])
    created, updated = times(draw, day, initial)
    return {
        "contact_id": world.next_key("contacts"),
        "account_id": account["account_id"],
        "first_name": "" if draw.percent(3) else given,
        "last_name": family,
        "email": "" if draw.percent(6) else f"{ascii_of(given)}.{ascii_of(family)}@{company}.example",
        "phone": ""
        if draw.percent(15)
        else f"+{dial} {draw.between(100, 999)} {draw.between(100000, 9999999)}",
        "job_title": draw.one_of(TITLES[department]),
        "department": department,
        "marketing_consent": "true" if draw.percent(60) else "false",
        "created_at": created,
        "updated_at": updated,
    }


def new_opportunity(draw: Draw, world: World, day: dt.date, initial: bool) -> Row:
    account = world.accounts[draw.one_of(list(world.accounts))]
    known = world.contacts_of.get(account["account_id"], [])
    stage = draw.one_of(STAGES if initial else OPEN_STAGES[:2])
    created, updated = times(draw, day, initial)
    closed = stage not in OPEN_STAGES
    close = dt.date.fromisoformat(updated[:10]) if closed else day + dt.timedelta(days=draw.between(10, 240))
    return {
        "opportunity_id": world.next_key("opportunities"),
        "account_id": account["account_id"],
        "primary_contact_id": draw.one_of(known) if known and not draw.percent(10) else "",
        "opportunity_name": f"{account['account_name'].split()[0].strip(chr(34))}: {draw.one_of(PRODUCTS)}",
        "stage": stage,
        "amount": "" if draw.percent(4) else f"{draw.between(1, 400) * draw.one_of([100, 250, 1000])}.00",
        "currency": COUNTRIES[account["country"]][1],
        "probability": str(PROBABILITY[stage]),
        "close_date": close.isoformat(),
        "lead_source": draw.one_of(LEADS),
        "next_step": "" if closed else draw.one_of(NEXT_STEPS),
        "created_at": created,
        "updated_at": updated,
    }


def changed(draw: Draw, dataset: str, before: Row, day: dt.date) -> Row:
    """The record as it is delivered again after a change on `day`."""
    row = {
        name: value.replace("\n", " ") for name, value in before.items()
    }  # so that DEFECTS counts all line breaks
    row["updated_at"] = draw.moment(day)
    if dataset == "accounts":
        row["employees"] = str(draw.between(1, 60) * draw.between(1, 60))
        if draw.percent(10):
            row["is_active"] = "false"
    elif dataset == "contacts":
        row["marketing_consent"] = "false" if row["marketing_consent"] == "true" else "true"
    elif row["stage"] in OPEN_STAGES:
        row["stage"] = STAGES[min(STAGES.index(row["stage"]) + 1 + draw.below(2), 5)]
        row["probability"] = str(PROBABILITY[row["stage"]])
        if row["stage"] not in OPEN_STAGES:
            row["close_date"], row["next_step"] = day.isoformat(), ""
    return row


NEW: Dict[str, Callable[[Draw, World, dt.date, bool], Row]] = {
    "accounts": new_account,
    "contacts": new_contact,
    "opportunities": new_opportunity,
}


def rows_per_day(dataset: str) -> List[int]:
    """The month's rows spread over its days; what the division leaves goes to the first working days."""
    total = TOTAL_ROWS[dataset]
    initial = total * INITIAL_SHARE // 100
    weights = [WEEKEND_WEIGHT if day.weekday() >= 5 else WEEKDAY_WEIGHT for day in DAYS[1:]]
    counts = [(total - initial) * weight // sum(weights) for weight in weights]
    left = total - initial - sum(counts)
    for index, weight in enumerate(weights):
        if left and weight == WEEKDAY_WEIGHT:
            counts[index] += 1
            left -= 1
    assert left == 0, "more left over than there are working days"
    return [initial, *counts]


def with_line_break(dataset: str, row: Row) -> Row:
    if dataset == "accounts":
        return dict(row, billing_address=f"Attn: accounts payable\n{row['billing_address'] or 'PO box 7'}")
    if dataset == "contacts":
        return dict(row, job_title=f"{row['job_title'] or 'Consultant'}\n(interim)")
    return dict(row, next_step="Call the buyer\nthen send the offer")


def broken_rows(
    draw: Draw, dataset: str, plan: Day, fresh: Callable[[], Row], good: List[Row]
) -> List[List[str]]:
    """The day's rows that have to be rejected, as fields in the header's order."""
    header = HEADERS[dataset]
    date_column = "close_date" if dataset == "opportunities" else "created_at"
    bad_dates = BAD_DAYS if dataset == "opportunities" else BAD_DATES
    enum_column, enum_value = UNKNOWN[dataset]
    broken: List[Row] = []
    for index in range(plan.bad_dates):
        broken.append({**fresh(), date_column: bad_dates[(draw.below(5) + index) % 5]})
    for index in range(plan.missing):
        broken.append({**fresh(), REQUIRED[dataset][index % 3]: ""})
    for _ in range(plan.unknown_enum):
        broken.append({**fresh(), enum_column: enum_value})
    for _ in range(plan.negative):
        broken.append({**fresh(), "amount": f"-{draw.between(1, 90) * 100}.00"})
    # A key that comes again: first over one key, as exact copies; then over others, as an older version.
    plain = [row for row in good if not any("\n" in value for value in row.values())]
    victims = [plain[index] for index in draw.distinct(max(plan.duplicates - 1, 1), len(plain))]
    for index in range(plan.duplicates):
        if index < 2:
            broken.append(dict(victims[0]))
        else:
            victim = victims[index - 1]
            broken.append(dict(victim, updated_at=victim["updated_at"][:11] + "00:00:01Z"))
    fields = [[row[name] for name in header] for row in broken]
    for _ in range(plan.too_many_fields):
        row = fresh()
        fields.append([row[name] for name in header] + ["left over"])
    return fields


def extract(dataset: str, day: dt.date, count: int, world: World) -> bytes:
    """One day's file; the good records in it become known to the world."""
    draw = Draw(dataset, day.isoformat())
    plan = DEFECTS[dataset].get(day.day, Day())
    pool, key, header = world.pool(dataset), KEYS[dataset], HEADERS[dataset]
    initial = day == DAYS[0]

    def fresh() -> Row:
        return NEW[dataset](draw, world, day, initial)

    good_count = count - plan.rejected
    again = 0 if initial else good_count * CHANGED_SHARE[dataset] // 100
    known = list(pool)
    good = [changed(draw, dataset, pool[known[index]], day) for index in draw.distinct(again, len(known))]
    good += [fresh() for _ in range(good_count - again)]
    for index in draw.distinct(plan.newlines, len(good)):
        good[index] = with_line_break(dataset, good[index])

    fields = [[row[name] for name in header] for row in good]
    for broken in broken_rows(draw, dataset, plan, fresh, good):
        fields.insert(draw.below(len(fields) + 1), broken)

    for row in good:
        pool[row[key]] = row
        if dataset == "contacts":
            mates = world.contacts_of.setdefault(row["account_id"], [])
            if row[key] not in mates:
                mates.append(row[key])

    columns = list(header)
    if plan.extra_column:
        columns.insert(3, plan.extra_column)
        for line in fields:
            line.insert(3, f"{plan.extra_column[:2].upper()}-{draw.between(1, 9)}")
    if plan.reordered:
        columns.reverse()
        for line in fields:
            line.reverse()
    return encode([columns, *fields], plan)


def encode(table: List[List[str]], plan: Day) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n" if plan.crlf else "\n").writerows(table)
    return text.getvalue().encode("utf-8-sig" if plan.bom else "utf-8")


README_BEGIN, README_END = "<!-- counts: begin -->", "<!-- counts: end -->"
COLUMNS: List[Tuple[str, Callable[[dt.date, int, Day], object]]] = [
    ("Date", lambda day, rows, plan: day.isoformat()),
    ("Rows", lambda day, rows, plan: rows),
    ("Quarantine", lambda day, rows, plan: plan.rejected),
    ("Bronze", lambda day, rows, plan: rows - plan.rejected),
    ("Duplicate key", lambda day, rows, plan: plan.duplicates),
    ("Bad date", lambda day, rows, plan: plan.bad_dates),
    ("Missing value", lambda day, rows, plan: plan.missing),
    ("Unknown enum", lambda day, rows, plan: plan.unknown_enum),
    ("Negative amount", lambda day, rows, plan: plan.negative),
    ("Too many fields", lambda day, rows, plan: plan.too_many_fields),
    ("Quoted newline", lambda day, rows, plan: plan.newlines),
    ("File", lambda day, rows, plan: remarks(plan)),
]


def remarks(plan: Day) -> str:
    notes = ["BOM"] * plan.bom + ["CRLF"] * plan.crlf + ["columns reversed"] * plan.reordered
    return ", ".join(notes + ([f"extra column `{plan.extra_column}`"] if plan.extra_column else []))


def counts_page() -> str:
    """The tables of README.md: a line a day, a table a dataset, with totals."""
    lines: List[str] = []
    for dataset in HEADERS:
        lines += ["", f"### {dataset}", "", "| " + " | ".join(title for title, _ in COLUMNS) + " |"]
        lines.append("| --- |" + " ---: |" * (len(COLUMNS) - 2) + " --- |")
        totals = [0] * len(COLUMNS)
        for day, rows in zip(DAYS, rows_per_day(dataset)):
            plan = DEFECTS[dataset].get(day.day, Day())
            cells = [value(day, rows, plan) for _, value in COLUMNS]
            totals = [sum_ + (cell if isinstance(cell, int) else 0) for sum_, cell in zip(totals, cells)]
            lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
        lines.append("| all | " + " | ".join(str(total) for total in totals[1:-1]) + " | |")
    return "\n".join(lines) + "\n"


def write(out: Path, readme: str) -> None:
    """Write the folder of each system and `README.md` below `out`; `readme` is the page whose counts are replaced."""
    world, store, web, sales = World(), shop.Shop(), behavior.Web(), leads.Leads()
    files: Dict[str, bytes] = {}
    for day, *counts in zip(DAYS, *(rows_per_day(dataset) for dataset in HEADERS)):
        for dataset, count in zip(HEADERS, counts):
            files[f"crm/{dataset}/{day.isoformat()}/{dataset}.csv"] = extract(dataset, day, count, world)
        files.update(store.deliver(day, world.accounts))
        files.update(web.deliver(day, world.contacts, store))
        files.update(sales.deliver(day, world.contacts))
    files.update(rates.deliver())
    for path, content in files.items():
        file = out / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    counted = counts_page() + "".join(
        part.page() for part in [*store.feeds, *web.feeds, rates.FEED, *sales.feeds]
    )
    head, _, rest = readme.partition(README_BEGIN)
    _, _, tail = rest.partition(README_END)
    (out / "README.md").write_bytes(f"{head}{README_BEGIN}\n{counted}\n{README_END}{tail}".encode())


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Write the samples and their counts.")
    parser.add_argument("--out", type=Path, default=here, help="where to write (default: beside this file)")
    write(parser.parse_args().out, (here / "README.md").read_text(encoding="utf-8"))
