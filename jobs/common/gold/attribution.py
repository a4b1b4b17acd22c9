"""Who is credited with a sale: the sessions on the site that went before it, by five models. Pure.

A conversion is an order with revenue, or an opportunity that was won. Its touches are the sessions of the account's
contacts that began in the window before it, and the session in which the order was bought. What no session went before
is credited to nothing (`channel` is `none`), so that the credit of each model comes to the revenue, to the cent.

- first, last: all of it to the one touch;
- linear: the same to each;
- time_decay: half as much for every seven days between the session and the conversion;
- position_based: 40 % to the first, 40 % to the last, 20 % in equal parts between; half and half where there are two.

Weights are whole numbers and so are cents: the credit of a touch is what all up to it come to, rounded, less what those
before it do.
"""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

MODELS = ("first", "last", "linear", "time_decay", "position_based")
ORDER, OPPORTUNITY = "order", "opportunity"
WINDOW_DAYS = {ORDER: 30, OPPORTUNITY: 90}
HALF_LIFE_DAYS = 7
DECAY_UNIT = 1_000_000  # the weight of a touch on the day itself
NONE = "none"
_CONVERSION = ("conversion_type", "conversion_id")


def sessions(events: DataFrame) -> DataFrame:
    """One row for each session: when it began, who it was if known, and what had brought them, by its first event."""
    first = F.min_by(
        F.struct("occurred_at", "utm_source", "utm_medium", "utm_campaign"),
        F.struct("occurred_at", "event_id"),
    )
    grouped = events.groupBy("session_id").agg(
        first.alias("_first"),
        F.max("user_id").alias("contact_id"),
        F.array_sort(F.collect_set("order_id")).alias("order_ids"),
    )
    return grouped.select(
        "session_id",
        F.col("_first.occurred_at").alias("touched_at"),
        "contact_id",
        "order_ids",
        F.coalesce("_first.utm_source", F.lit("direct")).alias("channel"),
        F.col("_first.utm_medium").alias("medium"),
        F.col("_first.utm_campaign").alias("campaign"),
    )


def order_conversions(facts: DataFrame, customers: DataFrame) -> DataFrame:
    """Orders with revenue."""
    return (
        facts.where("revenue_eur > 0")
        .join(customers.select("customer_id", "account_id"), "customer_id", "left")
        .select(
            F.lit(ORDER).alias("conversion_type"),
            F.col("order_id").alias("conversion_id"),
            "account_id",
            F.col("ordered_at").alias("converted_at"),
            F.col("order_date").alias("conversion_date"),
            "revenue_eur",
        )
    )


def won_conversions(rated: DataFrame) -> DataFrame:
    """Opportunities that were won, in euro; they are won in the last moment of the day on which they closed."""
    end = F.expr("timestamp(date_add(close_date, 1)) - interval 1 microsecond")
    return rated.where(F.col("amount_eur") > 0).select(
        F.lit(OPPORTUNITY).alias("conversion_type"),
        F.col("opportunity_id").alias("conversion_id"),
        "account_id",
        end.alias("converted_at"),
        F.col("close_date").alias("conversion_date"),
        F.col("amount_eur").alias("revenue_eur"),
    )


def touches(conversions: DataFrame, visits: DataFrame, contacts: DataFrame) -> DataFrame:
    """A row for each session that went before each conversion, in their order (`position`, of `touches`)."""
    visit = visits.select(
        "session_id", "touched_at", "channel", "medium", "campaign", "contact_id", "order_ids"
    )
    of_account = visit.join(
        contacts.select("contact_id", F.col("account_id").alias("_account")), "contact_id"
    ).drop("contact_id", "order_ids")
    days = reduce(
        lambda rest, kind: F.when(F.col("conversion_type") == kind, WINDOW_DAYS[kind]).otherwise(rest),
        WINDOW_DAYS,
        F.lit(0),
    )
    age = F.unix_micros("converted_at") - F.unix_micros("touched_at")
    by_account = conversions.join(of_account, F.col("account_id") == F.col("_account")).where(
        (age >= 0) & (age <= days.cast("bigint") * 86_400_000_000)
    )
    bought = visit.select("*", F.explode("order_ids").alias("_order")).drop("contact_id", "order_ids")
    by_purchase = conversions.join(
        bought,
        (F.col("conversion_type") == ORDER) & (F.col("conversion_id") == F.col("_order")),
    )
    # A session may be both; and by another clock, it may have begun after the order that was made in it.
    both = by_account.drop("_account").unionByName(by_purchase.drop("_order"))
    once = both.dropDuplicates([*_CONVERSION, "session_id"])
    line = Window.partitionBy(*_CONVERSION)
    return once.withColumn("touches", F.count("*").over(line)).withColumn(
        "position", F.row_number().over(line.orderBy("touched_at", "session_id"))
    )


def credited(conversions: DataFrame, touched: DataFrame) -> DataFrame:
    """The revenue of each conversion, shared out by each model among its touches."""
    weights = F.array(
        *(F.struct(F.lit(model).alias("model"), _weight(model).alias("weight")) for model in MODELS)
    )
    weighed = touched.select("*", F.explode(weights).alias("_share")).select(
        *touched.columns, "_share.model", F.col("_share.weight").alias("_weight")
    )
    line = Window.partitionBy(*_CONVERSION, "model")
    until = line.orderBy("position").rowsBetween(Window.unboundedPreceding, 0)
    cents = F.expr("cast(revenue_eur * 100 as decimal(20,0))")
    summed = (
        weighed.withColumn("_cents", cents)
        .withColumn("_all", F.sum("_weight").over(line))
        .withColumn("_up_to", F.sum("_weight").over(until))
    )
    before = F.col("_up_to") - F.col("_weight")
    shared = summed.withColumn("_before", before).withColumn(
        "credit_eur",
        F.expr(f"cast(({_rounded('_up_to')} - {_rounded('_before')}) as decimal(20,0)) / 100").cast(
            "decimal(18,2)"
        ),
    )
    nothing = conversions.join(touched.select(*_CONVERSION).distinct(), [*_CONVERSION], "left_anti")
    empty = {"session_id": "string", "touched_at": "timestamp", "medium": "string", "campaign": "string"}
    without = nothing.select(
        *conversions.columns,
        *(F.lit(None).cast(kind).alias(name) for name, kind in empty.items()),
        F.lit(NONE).alias("channel"),
        F.lit(0).alias("position"),
        F.lit(0).cast("bigint").alias("touches"),
        F.explode(F.array(*map(F.lit, MODELS))).alias("model"),
        F.col("revenue_eur").alias("credit_eur"),
    )
    columns = [
        *_CONVERSION,
        "model",
        "position",
        "touches",
        "account_id",
        "session_id",
        "channel",
        "medium",
        "campaign",
        "touched_at",
        "converted_at",
        "revenue_eur",
        "credit_eur",
        "conversion_date",
    ]
    return shared.select(*columns).unionByName(without.select(*columns))


def _rounded(weight: str) -> str:
    """The share of the cents that a sum of weights has, half a cent rounded up: in whole numbers, so exactly."""
    return f"((2 * _cents * cast({weight} as decimal(15,0)) + _all) div (2 * cast(_all as decimal(15,0))))"


def _weight(model: str) -> Expression:
    position, count = F.col("position"), F.col("touches")
    first, last = position == 1, position == count
    if model == "first":
        chosen = first.cast("bigint")
    elif model == "last":
        chosen = last.cast("bigint")
    elif model == "linear":
        chosen = F.lit(1)
    elif model == "time_decay":
        days = F.greatest(F.datediff("converted_at", "touched_at"), F.lit(0))
        chosen = F.greatest(
            F.round(F.lit(DECAY_UNIT) * F.pow(F.lit(2.0), -days / HALF_LIFE_DAYS)), F.lit(1.0)
        )
    else:
        middle = count - 2
        chosen = F.when(count <= 2, 1).when(first | last, middle * 40).otherwise(20)
    return chosen.cast("bigint")
