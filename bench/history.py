"""Times the history of a million customers, five states each: built anew, and updated by one percent of its rows.

python bench/history.py ROWS DIRECTORY prints a JSON object of seconds. Both write a whole history: the rebuild all of
it, the update the table as it then is.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent / ".."))

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.common.find_declaration import find_declaration
from jobs.common.gold.customers import HISTORY, with_keys
from jobs.common.session import spark_session
from jobs.common.write.scd2 import rebuild, scd2

STATES = 5


def changes(spark: SparkSession, customers: int, first: int, states: int, share: float = 1.0) -> DataFrame:
    """So many states of each customer, an hour apart; with a share, of that part of the customers, here and there."""
    keys = spark.range(customers).where(F.pmod(F.xxhash64("id"), F.lit(10_000)) < int(share * 10_000))
    told = keys.crossJoin(spark.range(first, first + states).withColumnRenamed("id", "state"))
    number = F.col("state")
    return told.select(
        F.format_string("CUS-%09d", "id").alias("customer_id"),
        F.format_string("ACC-%06d", F.pmod("id", F.lit(1_000_000))).alias("account_id"),
        F.concat(F.lit("Customer "), F.col("id")).alias("customer_name"),
        F.lit("DE").alias("country"),
        F.element_at(
            F.array(*map(F.lit, ("enterprise", "mid_market", "small"))), (1 + number % 3).cast("int")
        ).alias("segment"),
        F.lit("EUR").alias("currency"),
        (number * 1000 + F.pmod("id", F.lit(1000))).cast("decimal(18,2)").alias("credit_limit"),
        F.lit(True).alias("is_active"),
        F.timestamp_seconds(F.lit(1_700_000_000)).alias("created_at"),
        F.timestamp_seconds(F.lit(1_760_000_000) + number * 3600).alias("updated_at"),
        F.date_add(F.lit("2026-01-01").cast("date"), number.cast("int")).alias("ingest_date"),
    )


def main(rows: int, directory: Path) -> None:
    declaration = find_declaration("local", script=Path(__file__))
    spark = spark_session("bench", declaration.platform, directory.as_uri())
    spark.sparkContext.setLogLevel("ERROR")
    customers = rows // STATES
    bronze, late = f"{directory}/bronze", f"{directory}/late"
    changes(spark, customers, 0, STATES).write.parquet(bronze)
    # One percent of all rows, a row a customer: so many customers have one more state.
    changes(spark, customers, STATES, 1, share=STATES / 100).write.parquet(late)
    seconds: dict[str, list[float]] = {"rebuild": [], "update": []}
    changed = 0
    for turn in range(3):
        uri = f"{directory}/history-{turn}"
        for name in seconds:
            begun = time.monotonic()
            if name == "rebuild":
                rebuild(spark.read.parquet(bronze), uri, HISTORY, with_keys, {})
            else:
                changed = scd2(spark.read.parquet(late), uri, HISTORY, with_keys, {}).changes
            if turn > 0:  # the first pair warms up
                seconds[name].append(round(time.monotonic() - begun, 2))
    print(json.dumps({"rows": rows, "changes": changed, **seconds}))
    spark.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
