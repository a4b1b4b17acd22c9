"""The shop: customers and orders in Snowflake, and the same orders as a stream of messages in Kafka.

A customer is an account of the CRM that has begun to buy. An order changes over the days after it was placed; each
change is a row of that day in Snowflake and a message in Kafka.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Dict, List, Optional

from chance import DAYS, Draw, Row
from feed import Feed, put, weight

CURRENCIES = {"DE": "EUR", "FR": "EUR", "NL": "EUR", "GB": "GBP", "US": "USD", "PL": "PLN", "SE": "SEK"}
NEXT_STATUS = {
    "placed": ["paid", "paid", "cancelled"],
    "paid": ["shipped"],
    "shipped": ["delivered", "delivered", "returned"],
}
INITIAL_ORDERS, DAILY_ORDERS, DAILY_CHANGES = 120, 30, 20
PARTITIONS = 3


def customers_feed() -> Feed:
    """Columns and defects of the customers."""
    return Feed(
        title="snowflake customers",
        key="customer_id",
        header=[
            "customer_id",
            "account_id",
            "customer_name",
            "country",
            "segment",
            "currency",
            "credit_limit",
            "is_active",
            "created_at",
            "updated_at",
        ],
        breaking={
            "required:account_id": put("account_id", ""),
            "pattern:currency": put("currency", "eur"),
            "enum:segment": put("segment", "gigantic"),
            "minimum:credit_limit": put("credit_limit", "-100.00"),
            "type:credit_limit": put("credit_limit", "1e5"),
            "type:created_at": put("created_at", "2026-01-05 10:00"),
        },
        defects={
            1: {"duplicate:customer_id": 2, "pattern:currency": 1},
            9: {"required:account_id": 1},
            15: {"enum:segment": 1},
            21: {"type:credit_limit": 1},
            28: {"minimum:credit_limit": 1},
        },
    )


def orders_feed() -> Feed:
    """Columns and defects of the orders."""
    return Feed(
        title="snowflake orders",
        key="order_id",
        header=[
            "order_id",
            "customer_id",
            "order_status",
            "channel",
            "currency",
            "order_total",
            "line_count",
            "ordered_at",
            "updated_at",
        ],
        breaking={
            "required:customer_id": put("customer_id", ""),
            "enum:order_status": put("order_status", "lost_in_transit"),
            "minimum:order_total": put("order_total", "-12.00"),
            "type:order_total": put("order_total", "12345678901234567.00"),
            "pattern:currency": put("currency", "EURO"),
            "type:ordered_at": put("ordered_at", "2026-02-30T10:00:00Z"),
            "exclusiveMinimum:line_count": put("line_count", "0"),
        },
        defects={
            3: {"duplicate:order_id": 1},
            5: {"enum:order_status": 1, "required:customer_id": 1},
            8: {"minimum:order_total": 2},
            14: {"duplicate:order_id": 2, "type:ordered_at": 1},
            19: {"type:order_total": 1},
            22: {"pattern:currency": 1, "exclusiveMinimum:line_count": 1},
            29: {"required:customer_id": 2, "duplicate:order_id": 1},
        },
    )


def messages_feed() -> Feed:
    """Defects of the messages: text that is no JSON object of an event, and events that break their contract."""
    return Feed(
        title="kafka orders",
        key="event_id",
        header=[],
        breaking={
            "enum:event_type": put("event_type", "order_teleported"),
            "required:order_id": put("order_id", ""),
            "type:occurred_at": put("occurred_at", "yesterday"),
            "type:order_total": put("order_total", "12,50"),
        },
        defects={
            2: {"malformed": 1},
            5: {"malformed": 2, "enum:event_type": 1, "duplicate:event_id": 1},
            7: {"required:order_id": 1},
            13: {"malformed": 3},
            16: {"type:order_total": 1, "duplicate:event_id": 2},
            20: {"type:occurred_at": 1, "malformed": 1},
            27: {"duplicate:event_id": 1, "enum:event_type": 1},
        },
    )


MALFORMED = ['{"event_id": "EVT-', "order placed", "[1, 2]", "", '"just a text"']


class Shop:
    """Customers and orders as they stand, by their keys in the order of their creation."""

    def __init__(self) -> None:
        self.customers: Dict[str, Row] = {}
        self.orders: Dict[str, Row] = {}
        self.placed: List[Row] = []
        """The orders that were placed on the day delivered last."""
        self.feeds = [customers_feed(), orders_feed(), messages_feed()]
        self._with_account: Dict[str, str] = {}
        self._issued = {"CUS": 0, "ORD": 0, "EVT": 0}
        self._offsets = [0] * PARTITIONS

    def deliver(self, day: dt.date, accounts: Dict[str, Row]) -> Dict[str, bytes]:
        """The day's files, by their paths."""
        customers, orders, messages = self.feeds
        date = day.isoformat()
        files = {
            f"snowflake/customers/{date}/customers.csv": customers.as_csv(self._customers(day, accounts))
        }
        changes = self._changes(day)
        draw = Draw("orders-broken", date)
        rows = orders.mixed(draw, day, changes, lambda: self._order(draw, day))
        files[f"snowflake/orders/{date}/orders.csv"] = orders.as_csv(rows)
        files[f"kafka/orders/{date}/orders.jsonl"] = self._messages(messages, day, changes)
        return files

    def _key(self, prefix: str) -> str:
        self._issued[prefix] += 1
        return f"{prefix}-{self._issued[prefix]:06d}"

    def _customers(self, day: dt.date, accounts: Dict[str, Row]) -> List[Row]:
        draw = Draw("customers", day.isoformat())
        good: List[Row] = []
        if day != DAYS[0]:
            known = list(self.customers)
            for index in draw.distinct(weight(day) // 40, len(known)):
                row = dict(self.customers[known[index]], updated_at=draw.moment(day))
                row["credit_limit"] = f"{draw.between(1, 80) * 2500}.00"
                good.append(row)
        for account in accounts.values():
            if account["account_id"] not in self._with_account and draw.percent(25):
                good.append(self._customer(draw, day, account))
        sample = list(accounts.values())
        rows = self.feeds[0].mixed(
            draw, day, good, lambda: self._customer(draw, day, draw.one_of(sample), sound=False)
        )
        self.customers.update({row["customer_id"]: row for row in good})
        return rows

    def _customer(self, draw: Draw, day: dt.date, account: Row, sound: bool = True) -> Row:
        moment = draw.moment(day)
        row = {
            "customer_id": self._key("CUS"),
            "account_id": account["account_id"],
            "customer_name": account["account_name"],
            "country": account["country"],
            "segment": draw.one_of(["enterprise", "mid_market", "small", "small"]),
            "currency": CURRENCIES[account["country"]],
            "credit_limit": "" if draw.percent(20) else f"{draw.between(1, 80) * 2500}.00",
            "is_active": "true",
            "created_at": moment,
            "updated_at": moment,
        }
        if sound:
            self._with_account[account["account_id"]] = row["customer_id"]
        return row

    def _order(self, draw: Draw, day: dt.date) -> Row:
        customer = self.customers[draw.one_of(list(self.customers))]
        moment = draw.moment(day)
        return {
            "order_id": self._key("ORD"),
            "customer_id": customer["customer_id"],
            "order_status": "placed",
            "channel": draw.one_of(["web", "web", "web", "phone", "partner"]),
            "currency": customer["currency"],
            "order_total": f"{draw.between(10, 9000)}.{draw.below(20) * 5:02d}",
            "line_count": str(draw.between(1, 12)),
            "ordered_at": moment,
            "updated_at": moment,
        }

    def _changes(self, day: dt.date) -> List[Row]:
        """The day's sound rows: orders that went on, and new ones. An order changes at most once a day."""
        draw = Draw("orders", day.isoformat())
        moving = [row for row in self.orders.values() if row["order_status"] in NEXT_STATUS]
        changed = [
            moving[index]
            for index in draw.distinct(min(DAILY_CHANGES * weight(day) // 100, len(moving)), len(moving))
        ]
        rows = [
            dict(row, order_status=draw.one_of(NEXT_STATUS[row["order_status"]]), updated_at=draw.moment(day))
            for row in changed
        ]
        count = INITIAL_ORDERS if day == DAYS[0] else DAILY_ORDERS * weight(day) // 100
        self.placed = [self._order(draw, day) for _ in range(count)]
        rows += self.placed
        self.orders.update({row["order_id"]: row for row in rows})
        return rows

    def _messages(self, feed: Feed, day: dt.date, changes: List[Row]) -> bytes:
        draw = Draw("messages", day.isoformat())
        events = [self._event(row) for row in sorted(changes, key=lambda row: row["updated_at"])]
        plan = dict(feed.defects.get(day.day, {}))
        malformed = plan.pop("malformed", 0)
        quiet = Feed(feed.title, feed.key, [], feed.breaking, {day.day: plan})
        rows = quiet.mixed(draw, day, events, lambda: self._event(draw.one_of(changes)))
        values: List[Optional[Row]] = list(rows)
        for _ in range(malformed):
            values.insert(draw.below(len(values) + 1), None)
        feed.count(day, len(values), feed.defects.get(day.day, {}))
        lines = []
        for index, event in enumerate(values):
            key = event["order_id"] if event is not None else ""
            partition = int(key[-6:] or index) % PARTITIONS
            value = (
                MALFORMED[index % len(MALFORMED)]
                if event is None
                else json.dumps(body(event), ensure_ascii=False)
            )
            lines.append(
                {
                    "topic": "orders",
                    "partition": partition,
                    "offset": self._offsets[partition],
                    "timestamp": (event or {}).get("occurred_at")
                    if event and event["occurred_at"].endswith("Z")
                    else f"{day.isoformat()}T12:00:00Z",
                    "key": key or None,
                    "value": value,
                }
            )
            self._offsets[partition] += 1
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()

    def _event(self, order: Row) -> Row:
        return {
            "event_id": self._key("EVT"),
            "event_type": f"order_{order['order_status']}",
            "order_id": order["order_id"],
            "customer_id": order["customer_id"],
            "currency": order["currency"],
            "order_total": order["order_total"],
            "occurred_at": order["updated_at"],
        }


def body(event: Row) -> Dict[str, object]:
    """An event as its message says it: what is empty is null."""
    return {name: value or None for name, value in event.items()}
