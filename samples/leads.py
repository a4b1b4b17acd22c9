"""Leads as Salesforce's REST API answers them: one JSON record a line, deleted ones among them."""

from __future__ import annotations

import datetime as dt
import json
from typing import Dict, List

from chance import DAYS, Draw, Row
from feed import Feed, put, weight

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
INITIAL, DAILY = 60, 10


def leads_feed() -> Feed:
    """Columns and defects of the leads."""
    return Feed(
        title="salesforce leads",
        key="Id",
        header=[
            "Id",
            "FirstName",
            "LastName",
            "Company",
            "Email",
            "Status",
            "LeadSource",
            "ConvertedContactId__c",
            "IsDeleted",
            "CreatedDate",
            "SystemModstamp",
        ],
        breaking={
            "required:last_name": put("LastName", ""),
            "enum:status": put("Status", "Ghosted"),
            "type:created_date": put("CreatedDate", "05/01/2026"),
        },
        defects={
            6: {"required:last_name": 1},
            13: {"enum:status": 1, "duplicate:id": 1},
            22: {"type:created_date": 1},
        },
    )


class Leads:
    """Leads as they stand. One that is converted names the contact of the CRM that came of it."""

    def __init__(self) -> None:
        self.feeds = [leads_feed()]
        self.known: Dict[str, Row] = {}
        self._issued = 0

    def deliver(self, day: dt.date, contacts: Dict[str, Row]) -> Dict[str, bytes]:
        """The day's files, by their paths."""
        draw = Draw("leads", day.isoformat())
        people = list(contacts.values())
        good: List[Row] = []
        if day != DAYS[0]:
            alive = [row for row in self.known.values() if row["IsDeleted"] == "false"]
            for index in draw.distinct(DAILY * weight(day) // 200, len(alive)):
                good.append(self._moved(draw, day, alive[index], people))
        count = INITIAL if day == DAYS[0] else DAILY * weight(day) // 100
        good += [self._lead(draw, day) for _ in range(count)]
        self.known.update({row["Id"]: row for row in good})
        rows = self.feeds[0].mixed(draw, day, good, lambda: self._lead(draw, day))
        lines = (json.dumps(record(row), ensure_ascii=False) + "\n" for row in rows)
        return {f"salesforce/leads/{day.isoformat()}/leads.jsonl": "".join(lines).encode()}

    def _lead(self, draw: Draw, day: dt.date) -> Row:
        self._issued += 1
        moment = f"{draw.moment(day)[:-1]}.000+0000"
        family = draw.one_of(["Novák", "Rossi", "Silva", "Jensen", "Kowalski", "Dupont"])
        return {
            "Id": with_check(f"00Q5f{self._issued:010d}"),
            "FirstName": draw.one_of(["Eva", "Marco", "Inês", "Lars", "Jan", "Claire"]),
            "LastName": family,
            "Company": f"{family} {draw.one_of(['Logistics', 'Foods', 'Systems'])}",
            "Email": "" if draw.percent(10) else f"lead{self._issued}@company{draw.below(40)}.example",
            "Status": "Open - Not Contacted",
            "LeadSource": draw.one_of(["Web", "Phone Inquiry", "Partner Referral", "Purchased List", ""]),
            "ConvertedContactId__c": "",
            "IsDeleted": "false",
            "CreatedDate": moment,
            "SystemModstamp": moment,
        }

    def _moved(self, draw: Draw, day: dt.date, lead: Row, people: List[Row]) -> Row:
        row = dict(lead, SystemModstamp=f"{draw.moment(day)[:-1]}.000+0000")
        if draw.percent(20):
            row["IsDeleted"] = "true"
        elif draw.percent(40):
            row.update(Status="Closed - Converted", ConvertedContactId__c=draw.one_of(people)["contact_id"])
        else:
            row["Status"] = draw.one_of(["Working - Contacted", "Closed - Not Converted"])
        return row


def record(row: Row) -> Dict[str, object]:
    """A record as the API answers it."""
    url = f"/services/data/v62.0/sobjects/Lead/{row['Id']}"
    values: Dict[str, object] = {name: value or None for name, value in row.items()}
    return {"attributes": {"type": "Lead", "url": url}, **values, "IsDeleted": row["IsDeleted"] == "true"}


def with_check(identifier: str) -> str:
    """An id of 15 letters with the three that make it safe where case is not minded."""
    check = ""
    for start in (0, 5, 10):
        bits = sum(
            1 << place for place, letter in enumerate(identifier[start : start + 5]) if letter.isupper()
        )
        check += LETTERS[bits]
    return identifier + check
