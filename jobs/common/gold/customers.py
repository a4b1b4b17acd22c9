"""The dimension of customers, as they stand and as they were. Pure."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.common.gold.keys import surrogate_key
from jobs.common.history import CONFIRMED, IS_CURRENT, VALID_FROM, VALID_TO, Timeline

HISTORY = Timeline(
    key=("customer_id",),
    at="updated_at",
    told="ingest_date",
    state=(
        "account_id",
        "customer_name",
        "country",
        "segment",
        "currency",
        "credit_limit",
        "is_active",
        "created_at",
    ),
)


def customers(shop: DataFrame, accounts: DataFrame) -> DataFrame:
    """One row for each customer of the shop, with what the CRM knows of the account."""
    account = accounts.select(
        "account_id",
        "account_name",
        "industry",
        "employees",
        "annual_revenue",
        F.col("is_active").alias("account_is_active"),
    )
    return shop.join(account, "account_id", "left").select(
        surrogate_key("customer_id").alias("customer_key"),
        "customer_id",
        "account_id",
        "customer_name",
        "country",
        "segment",
        "currency",
        "credit_limit",
        "is_active",
        F.to_date("created_at").alias("customer_since"),
        "account_name",
        "industry",
        "employees",
        "annual_revenue",
        "account_is_active",
        "updated_at",
    )


def with_keys(versions: DataFrame) -> DataFrame:
    """Versions of customers as the table has them."""
    moment = F.unix_micros(VALID_FROM)
    return versions.withColumn("_moment", moment).select(
        surrogate_key("customer_id", "_moment").alias("customer_version_key"),
        surrogate_key("customer_id").alias("customer_key"),
        "customer_id",
        *HISTORY.state,
        VALID_FROM,
        VALID_TO,
        IS_CURRENT,
        CONFIRMED,
        HISTORY.told,
    )
