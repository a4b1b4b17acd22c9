"""Times everything that is expected of the shop's orders, held against a day of so many, beside plain scans of them.

python bench/quality.py ROWS DIRECTORY prints a JSON object of seconds. A scan reads every column of every row and does
nothing with it. The expectations are those of the contract and of `dq_thresholds.yaml`, the reference to customers too.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent / ".."))

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.common.find_declaration import find_declaration
from jobs.common.quality.expectation import expectations_of
from jobs.common.quality.suite import Question, Target, hold
from jobs.common.session import spark_session

DAY = dt.date(2026, 1, 5)
CUSTOMERS = 100_000
ROUNDS = 3


def orders(spark: SparkSession, rows: int) -> DataFrame:
    """So many orders of a day, each of some 300 bytes as text."""
    number = F.col("id")

    def one_of(*values: str) -> Column:
        place = F.pmod(F.xxhash64(number, F.lit(values[0])), F.lit(len(values)))
        return F.element_at(F.array(*map(F.lit, values)), (place + 1).cast("int"))

    at = F.timestamp_seconds(F.lit(1_767_571_200) + F.pmod(F.xxhash64(number), F.lit(86_400)))
    noise = F.sha2(number.cast("string"), 256)
    return spark.range(rows).select(
        F.format_string("ORD-%09d", number).alias("order_id"),
        F.format_string("CUS-%06d", F.pmod(F.xxhash64(number), F.lit(CUSTOMERS))).alias("customer_id"),
        one_of("placed", "paid", "shipped", "delivered", "cancelled", "returned").alias("order_status"),
        one_of("web", "phone", "partner").alias("channel"),
        one_of("EUR", "USD", "GBP").alias("currency"),
        (F.pmod(F.xxhash64(number), F.lit(100_000)) / 100).cast("decimal(18,2)").alias("order_total"),
        (F.pmod(number, F.lit(9)) + 1).alias("line_count"),
        at.alias("ordered_at"),
        at.alias("updated_at"),
        F.concat(F.lit("s3://landing/snowflake/orders/2026-01-05/"), noise).alias("_source_file"),
        F.create_map(F.lit("note"), noise).alias("_unmapped"),
        F.lit(DAY).alias("ingest_date"),
    )


def main(rows: int, directory: Path) -> None:
    declaration = find_declaration("local", script=Path(__file__))
    spark = spark_session("bench", declaration.platform, directory.as_uri())
    spark.sparkContext.setLogLevel("ERROR")
    uris = {name: (directory / name).as_uri() for name in ("orders", "customers")}
    orders(spark, rows).write.format("delta").partitionBy("ingest_date").save(uris["orders"])
    customers = spark.range(CUSTOMERS).select(F.format_string("CUS-%06d", "id").alias("customer_id"))
    customers.write.format("delta").save(uris["customers"])
    contract = declaration.contract("snowflake_orders_bronze")
    expected = expectations_of(contract, declaration.quality(contract.id))
    targets = {"snowflake_customers_bronze": Target(uris["customers"], ("customer_id",), "")}
    question = Question(contract, DAY, expected, targets, ())
    seconds: dict[str, list[float]] = {"suite": [], "scan": []}
    for turn in range(ROUNDS + 1):
        for name in seconds:
            frame = spark.read.format("delta").load(uris["orders"])
            begun = time.monotonic()
            if name == "scan":
                frame.write.format("noop").mode("overwrite").save()
            else:
                broken = [one.sentence() for one in hold(frame, question).outcomes if one.failed]
                if broken:
                    raise AssertionError(f"rows that were made to be sound break {broken}")
            if turn > 0:  # the first pair warms up, and imports Great Expectations
                seconds[name].append(round(time.monotonic() - begun, 2))
    print(json.dumps({"rows": rows, "expectations": len(expected), **seconds}))
    spark.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
