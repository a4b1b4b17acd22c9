"""The fact table of sales out of orders and rates. Pure."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.common.gold.keys import surrogate_key
from jobs.common.gold.rates import RATE, in_reporting_currency, rejected, with_rates

NO_REVENUE = ("cancelled", "returned")


def sales(orders: DataFrame, rates: DataFrame, came_from: str) -> tuple[DataFrame, DataFrame]:
    """One row for each order, in euro, and the orders that cannot be: those whose currency has no rate by their day."""
    rated = with_rates(orders, rates, "order_date", "currency")
    amount = in_reporting_currency("order_total")
    facts = rated.where(F.col(RATE).isNotNull()).select(
        surrogate_key("order_id").alias("sales_key"),
        surrogate_key("customer_id").alias("customer_key"),
        "order_id",
        "customer_id",
        "order_status",
        "channel",
        "line_count",
        "currency",
        "order_total",
        "rate",
        "rate_date",
        amount.alias("amount_eur"),
        F.when(F.col("order_status").isin(*NO_REVENUE), F.lit(0).cast("decimal(18,2)"))
        .otherwise(amount)
        .alias("revenue_eur"),
        "ordered_at",
        "updated_at",
        "order_date",
    )
    return facts, rejected(rated, orders.columns, came_from, "order_date")
