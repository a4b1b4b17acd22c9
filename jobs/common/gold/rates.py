"""Amounts in the reporting currency, by the rate of the day or the last one known on it. Pure."""

from __future__ import annotations

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

REPORTING = "EUR"
RATE, RATE_DATE = "rate", "rate_date"
UNKNOWN, UNRATED = "unknown:currency", "unrated:currency"
_DAY, _CURRENCY, _FOUND, _ASKED, _KNOWN = "_day", "_currency", "_found", "_asked", "_known"


def with_rates(frame: DataFrame, rates: DataFrame, day: str, currency: str) -> DataFrame:
    """Add `rate` (units of the currency for one of the reporting currency) and `rate_date`, the day it is of; both are
    null where no rate was known by then. `_known` says whether the currency has a rate of any day.

    The days and currencies that are asked for are few, however many rows ask: the rates are looked up for those, and
    joined to the rows by broadcast.
    """
    asked = frame.select(F.col(day).alias(_DAY), F.col(currency).alias(_CURRENCY)).distinct()
    line = (
        rates.select(
            F.col("rate_date").alias(_DAY),
            F.col("quote_currency").alias(_CURRENCY),
            F.struct("rate", "rate_date").alias(_FOUND),
            F.lit(False).alias(_ASKED),
        )
        .unionByName(asked.withColumn(_ASKED, F.lit(True)), allowMissingColumns=True)
        .withColumn(_KNOWN, F.max(F.col(_FOUND).isNotNull()).over(Window.partitionBy(_CURRENCY)))
        .withColumn(
            _FOUND,
            F.last(_FOUND, ignorenulls=True).over(
                # A day's own rate comes before the question for it.
                Window.partitionBy(_CURRENCY).orderBy(_DAY, _ASKED).rowsBetween(Window.unboundedPreceding, 0)
            ),
        )
        .where(_ASKED)
    )
    own = F.col(currency) == F.lit(REPORTING)
    rate, rate_date = F.col(f"{_FOUND}.rate"), F.col(f"{_FOUND}.rate_date")
    joined = frame.join(
        F.broadcast(line.drop(_ASKED)),
        (F.col(day) == F.col(_DAY)) & (F.col(currency) == F.col(_CURRENCY)),
        "left",
    )
    return joined.select(
        *(frame[name] for name in frame.columns),
        F.when(own, F.lit(1).cast("decimal(18,8)")).otherwise(rate).alias(RATE),
        F.when(own, F.col(day)).otherwise(rate_date).alias(RATE_DATE),
        (own | F.coalesce(F.col(_KNOWN), F.lit(False))).alias(_KNOWN),
    )


def in_reporting_currency(amount: str) -> Expression:
    """The amount of a row with its rate, to the cent, halves away from zero."""
    return F.round(F.col(amount).cast("decimal(18,2)") / F.col(RATE), 2).cast("decimal(18,2)")


def no_rate() -> Expression:
    """Why a row has no rate: nobody ever had one of its currency, or none had been fixed by its day."""
    return F.when(F.col(RATE).isNotNull(), F.array().cast("array<string>")).otherwise(
        F.array(F.when(F.col(_KNOWN), F.lit(UNRATED)).otherwise(F.lit(UNKNOWN)))
    )


def rejected(frame: DataFrame, names: list[str], came_from: str, partition: str) -> DataFrame:
    """Rows without a rate as quarantine has them: what they said, why they are there, and where they came from."""
    pairs = [part for name in names for part in (F.lit(name), F.col(name).cast("string"))]
    return frame.where(F.col(RATE).isNull()).select(
        F.create_map(*pairs).alias("_raw"),
        no_rate().alias("_reasons"),
        F.lit(came_from).alias("_source_file"),
        F.col(partition),
    )
