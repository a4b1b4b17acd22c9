"""The queries of gold, asked of the oracle's tables by DuckDB: that each answers, and some by hand.

That Athena's dialect is kept to, and that they answer over the tables that the jobs write, is for the heavy tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest
from conftest import PROJECT

PLACE = r"\{\{(\w+)(?::\w+)?\}\}"  # of a parameter, which may say its type
SALES = """
create table sales_fact as select *, cast(strftime(ordered_at, '%Y-%m-%d') as date) as order_date,
  cast(if(order_status in ('cancelled', 'returned'), 0, amount_eur) as decimal(18,2)) as revenue_eur
from (values
  ('c1', 'ORD-1', timestamp '2026-01-02 10:00:00', 'delivered', 'web', cast(100.00 as decimal(18,2))),
  ('c1', 'ORD-2', timestamp '2026-01-20 10:00:00', 'placed', 'phone', 50.50),
  ('c2', 'ORD-3', timestamp '2026-02-01 10:00:00', 'cancelled', 'web', 70.00),
  ('c2', 'ORD-4', timestamp '2026-01-05 10:00:00', 'paid', 'web', 849.50)
) as t(customer_key, order_id, ordered_at, order_status, channel, amount_eur);
create table customer_dimension as select * from (values
  ('c1', 'CUS-1', 'One', 'DE', 'small', 'retail', true),
  ('c2', 'CUS-2', 'Two', 'FR', 'enterprise', 'energy', null)
) as t(customer_key, customer_id, customer_name, country, segment, industry, account_is_active);
create table customer_dimension_scd2 as select *, valid_to is null as is_current from (values
  ('c1', 'CUS-1', 'One', 'small', 'DE', 'EUR', cast(1000 as decimal(18,2)), true,
   timestamp '2026-01-03', timestamp '2026-01-10'),
  ('c1', 'CUS-1', 'One', 'mid_market', 'DE', 'EUR', 60000, true, timestamp '2026-01-10', null),
  ('c2', 'CUS-2', 'Two', 'enterprise', 'FR', 'EUR', null, true, timestamp '2026-01-01', null)
) as t(customer_key, customer_id, customer_name, segment, country, currency, credit_limit, is_active,
       valid_from, valid_to);
create table marketing_attribution as select * from (values
  ('order', 'ORD-1', 'last', 1, 2, 'google', 'cpc', 'brand', cast(100.00 as decimal(18,2)),
   cast(0.00 as decimal(18,2))),
  ('order', 'ORD-1', 'last', 2, 2, 'direct', null, null, 100.00, 100.00),
  ('order', 'ORD-1', 'linear', 1, 2, 'google', 'cpc', 'brand', 100.00, 50.00),
  ('order', 'ORD-1', 'linear', 2, 2, 'direct', null, null, 100.00, 50.00),
  ('order', 'ORD-2', 'last', 0, 0, 'none', null, null, 50.50, 50.50),
  ('order', 'ORD-2', 'linear', 0, 0, 'none', null, null, 50.50, 50.50)
) as t(conversion_type, conversion_id, model, position, touches, channel, medium, campaign, revenue_eur, credit_eur);
create table sales_fact__quarantine as select * from (values
  (map {'currency': 'USD', 'order_id': 'ORD-8'}, ['unrated:currency'], date '2026-01-01'),
  (map {'currency': 'USD', 'order_id': 'ORD-9'}, ['unrated:currency'], date '2025-12-31')
) as t(_raw, _reasons, order_date);
"""

# By query: what it is given, and what it has to answer, as text.
ANSWERS = {
    "revenue_by_month": [("2026-01-01", 3, "1000.00", "0.00", 0), ("2026-02-01", 1, "0.00", "70.00", 1)],
    "revenue_by_segment_and_country": [
        ("enterprise", "FR", 1, 1, "849.50", "849.5"),
        ("small", "DE", 1, 2, "150.50", "75.25"),
    ],
    "top_customers": [
        ("CUS-2", "Two", "FR", "energy", 2, "849.50", "84.95", "2026-02-01"),
        ("CUS-1", "One", "DE", "retail", 2, "150.50", "15.05", "2026-01-20"),
    ],
    # ORD-1 is from before the first known state of its customer.
    "revenue_by_segment_when_ordered": [
        ("enterprise", "prepaid", 2, "849.50"),
        ("mid_market", "from 50,000", 1, "50.50"),
        ("small", "below 50,000", 1, "100.00"),
    ],
    "customer_history": [
        ("2026-01-03 00:00:00", "2026-01-10 00:00:00", False, "One", "small", "DE", "EUR", "1000.00", True),
        ("2026-01-10 00:00:00", None, True, "One", "mid_market", "DE", "EUR", "60000.00", True),
    ],
    "customers_at_risk": [("CUS-1", "One", "small", True, "2026-01-20", "150.50")],
    "cancelled_orders_by_channel": [
        ("phone", 1, 0, 0, "0.0", "0.00"),
        ("web", 3, 1, 0, "33.3", "70.00"),
    ],
    "marketing_channels_by_model": [
        ("none", "0.00", "50.50", "50.50", "0.00", "0.00"),
        ("direct", "0.00", "100.00", "50.00", "0.00", "0.00"),
        ("google", "0.00", "0.00", "50.00", "0.00", "0.00"),
    ],
    "campaigns_by_credit": [
        ("order", "direct", None, None, 1, "50.00"),
        ("order", "google", "cpc", "brand", 1, "50.00"),
    ],
    "sessions_before_a_sale": [("order", 0, 1, "50.50", "50.5"), ("order", 2, 1, "100.00", "100.0")],
    "orders_without_rate": [("USD", "unrated:currency", 2, "2025-12-31", "2026-01-01")],
}
VALUES = {
    "from": "2026-01-01",
    "to": "2026-01-31",
    "since": "2026-01-01",
    "customer": "CUS-1",
    "type": "order",
    "model": "linear",
}


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(SALES)
        yield connection


def sql_of(name: str) -> str:
    return (PROJECT / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def plain(value: object) -> object:
    if isinstance(value, (bool, int)) or value is None:
        return value
    return str(round(value, 2) if isinstance(value, float) else value)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_query_answers_what_it_says(database: duckdb.DuckDBPyConnection, name: str) -> None:
    values = {**VALUES, **({"since": "2026-02-01"} if name == "customers_at_risk" else {})}
    sql = re.sub(PLACE, lambda found: f"'{values[found[1]]}'", sql_of(name))
    rows = [tuple(plain(value) for value in row) for row in database.execute(sql).fetchall()]
    assert rows == [tuple(plain(value) for value in row) for row in ANSWERS[name]]


def test_every_query_says_what_it_answers_and_what_it_wants() -> None:
    names = sorted(file.stem for file in (PROJECT / "queries").glob("*.sql"))
    assert len(names) >= 10
    for name in names:
        text = sql_of(name)
        lines = [line for line in text.splitlines() if line.startswith("--")]
        assert text.startswith("-- "), name
        assert set(re.findall(PLACE, text)) == set(re.findall(r"--param (\w+)=", lines[0])), name
    of_gold = {name for name in names if "-- layer: gold" in sql_of(name)}
    assert of_gold == set(ANSWERS)


def test_money_is_never_a_floating_number(database: duckdb.DuckDBPyConnection) -> None:
    total = database.execute(sql_of("revenue_by_month")).fetchall()
    assert all(isinstance(row[2], Decimal) for row in total)
