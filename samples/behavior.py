"""What visitors do on the shop's site, as Redshift has it: sessions with the campaign that brought them."""

from __future__ import annotations

import datetime as dt
from typing import Dict, List

from chance import Draw, Row
from feed import Feed, put, weight
from shop import Shop

CAMPAIGNS = [
    ("google", "cpc", "spring_pilot"),
    ("google", "cpc", "brand"),
    ("linkedin", "paid_social", "abm_q1"),
    ("newsletter", "email", "january_offers"),
    ("partner_portal", "referral", ""),
    ("", "", ""),
    ("", "", ""),
]
PAGES = ["/", "/products", "/products/pilot", "/pricing", "/support", "/about"]
SESSIONS = 25


def events_feed() -> Feed:
    """Columns and defects of the events."""
    return Feed(
        title="redshift behavior_events",
        key="event_id",
        header=[
            "event_id",
            "session_id",
            "visitor_id",
            "user_id",
            "event_name",
            "page_path",
            "utm_source",
            "utm_medium",
            "utm_campaign",
            "device",
            "country",
            "order_id",
            "occurred_at",
            "loaded_at",
        ],
        breaking={
            "required:session_id": put("session_id", ""),
            "enum:event_name": put("event_name", "rage_click"),
            "enum:device": put("device", "fridge"),
            "pattern:user_id": put("user_id", "42"),
            "type:occurred_at": put("occurred_at", "1767600000"),
        },
        defects={
            4: {"enum:event_name": 1},
            5: {"duplicate:event_id": 2, "required:session_id": 1},
            12: {"pattern:user_id": 2},
            18: {"type:occurred_at": 1},
            23: {"duplicate:event_id": 1, "enum:device": 1},
            30: {"required:session_id": 2, "type:occurred_at": 1},
        },
    )


class Web:
    """The site's visitors."""

    def __init__(self) -> None:
        self.feeds = [events_feed()]
        self._issued = 0
        self._late: List[Row] = []

    def deliver(self, day: dt.date, contacts: Dict[str, Row], shop: Shop) -> Dict[str, bytes]:
        """The day's files, by their paths. An order that was placed on the web that day is a purchase of a session."""
        draw, date = Draw("behavior", day.isoformat()), day.isoformat()
        people, web = list(contacts), [row for row in shop.placed if row["channel"] == "web"]
        good, self._late = self._late, []
        buying = [
            web[index] for index in draw.distinct(min(len(web), SESSIONS * weight(day) // 250), len(web))
        ]
        for number in range(SESSIONS * weight(day) // 100):
            order = buying[number] if number < len(buying) else None
            good += self._session(draw, day, number, people, order)
        # The last session of a Friday is loaded a day late: the next day's file has it.
        if day.weekday() == 4:
            last = good[-1]["session_id"]
            self._late = [row for row in good if row["session_id"] == last]
            good = [row for row in good if row["session_id"] != last]
            for row in self._late:
                row["loaded_at"] = f"{(day + dt.timedelta(days=1)).isoformat()}T03:00:00Z"
        rows = self.feeds[0].mixed(draw, day, good, lambda: self._session(draw, day, 99, people, None)[0])
        return {f"redshift/behavior_events/{date}/behavior_events.csv": self.feeds[0].as_csv(rows)}

    def _session(self, draw: Draw, day: dt.date, number: int, people: List[str], order: object) -> List[Row]:
        source, medium, campaign = draw.one_of(CAMPAIGNS)
        known = order is not None or draw.percent(40)
        user = draw.one_of(people) if known else ""
        names = ["page_view"] * draw.between(1, 5)
        if order is not None:
            names += ["add_to_cart", "checkout", "purchase"]
        elif draw.percent(15):
            names += ["add_to_cart"]
        elif draw.percent(10):
            names += ["sign_up"]
        start = dt.datetime.combine(day, dt.time(draw.between(6, 20), draw.below(60)))
        shared = {
            "session_id": f"S{day:%Y%m%d}-{number:03d}",
            "visitor_id": f"V{draw.between(1, 4000):05d}",
            "user_id": user,
            "utm_source": source,
            "utm_medium": medium,
            "utm_campaign": campaign,
            "device": draw.one_of(["desktop", "desktop", "mobile", "tablet"]),
            "country": draw.one_of(["DE", "FR", "GB", "US", "PL", "SE", "NL"]),
        }
        rows: List[Row] = []
        for step, name in enumerate(names):
            self._issued += 1
            at = start + dt.timedelta(seconds=step * draw.between(5, 90))
            rows.append(
                {
                    **shared,
                    "event_id": str(self._issued),
                    "event_name": name,
                    "page_path": draw.one_of(PAGES),
                    "order_id": order["order_id"] if name == "purchase" and isinstance(order, dict) else "",
                    "occurred_at": f"{at:%Y-%m-%dT%H:%M:%S}Z",
                    "loaded_at": f"{at + dt.timedelta(minutes=draw.between(1, 9)):%Y-%m-%dT%H:%M:%S}Z",
                }
            )
        return rows
