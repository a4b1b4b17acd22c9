"""Builds the fact table of sales: orders of the shop in euro, by the rate of the day.

python jobs/analytics/build_sales_fact_table.py --env local --date 2026-01-05

Of the orders, only days are computed in which silver changed since the table was written, or to which another rate
applies by now; and of these only those that come out differently are written.
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the package is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

import datetime as dt

from pyspark.sql import functions as F

from jobs.common.build import FULL_REFRESH, build_arguments, build_dates
from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.gold.rates import RATE, RATE_DATE, with_rates
from jobs.common.gold.sales import sales
from jobs.common.read.table import Table, positions_read, table_of
from jobs.common.result import JobResult

JOB = "sales_fact"
ORDERS, RATES, FACT = "snowflake_orders_silver", "fx_rates_silver", "sales_fact_gold"


def run(context: RunContext) -> JobResult:
    """Bring the table up to what silver says."""
    orders, rates = table_of(context, ORDERS), table_of(context, RATES)
    days = _days(context, orders, rates)
    rows = orders.frame if days is None else orders.frame.where(F.col("order_date").isin(days))
    facts, rejected = sales(rows, rates.frame, ORDERS)
    return build_dates(context, (orders, rates), facts, rejected, days)


def _days(context: RunContext, orders: Table, rates: Table) -> list[dt.date] | None:
    """The days to compute; None: all."""
    contract = context.declaration.contract(FACT)
    uri, quarantine = context.storage.table(contract), context.storage.quarantine(contract)
    known = positions_read(context.spark, uri)
    if context.arguments.get(FULL_REFRESH) or not {ORDERS, RATES} <= set(known):
        return None
    changed = orders.partitions_since(known[ORDERS])
    if changed is None:
        return None
    days = {dt.date.fromisoformat(day) for day in changed}
    if rates.position != known[RATES]:
        used = (
            context.spark.read.format("delta")
            .load(uri)
            .select("order_date", "currency", F.struct(RATE, RATE_DATE).alias("used"))
            .distinct()
        )
        without = (
            context.spark.read.format("delta")
            .load(quarantine)
            .select("order_date", F.col("_raw")["currency"].alias("currency"))
            .distinct()
        )
        asked = used.unionByName(without, allowMissingColumns=True)
        by_now = with_rates(asked, rates.frame, "order_date", "currency")
        other = by_now.where(F.col(RATE).isNotNull() & ~F.struct(RATE, RATE_DATE).eqNullSafe(F.col("used")))
        days |= {row[0] for row in other.select("order_date").distinct().collect()}
    return sorted(days)


if __name__ == "__main__":
    main(JOB, run, __file__, more=build_arguments)
