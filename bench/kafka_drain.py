"""A topic into bronze by the job, beside a bare stream that parses the same messages into the same columns.

python bench/kafka_drain.py --messages 400000 --pairs 2   (in turn, in one session; prints seconds of both)
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path += [str(PROJECT), str(PROJECT / "test" / "jobs")]

from peers.kafka_broker import KafkaBroker  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql import functions as F  # noqa: E402
from pyspark.sql.types import StructType  # noqa: E402

from jobs.common.context import RunContext, Storage  # noqa: E402
from jobs.common.contract import spark_schema  # noqa: E402
from jobs.common.declaration import Connector, Declaration  # noqa: E402
from jobs.common.find_declaration import find_declaration  # noqa: E402
from jobs.common.session import spark_session  # noqa: E402
from jobs.common.stream import _MESSAGES_A_BATCH  # noqa: E402
from jobs.ingest.kafka_orders_stream import JOB, run  # noqa: E402

DATASET, TOPIC, PARTITIONS = "kafka_orders_bronze", "orders", 4


def produce(broker: KafkaBroker, messages: int) -> None:
    """Sound events, each once."""
    broker.create_topic(TOPIC, PARTITIONS)
    for begin in range(0, messages, 50_000):
        broker.produce(
            TOPIC,
            [
                (
                    f"ORD-{number:06d}",
                    json.dumps(
                        {
                            "event_id": f"EVT-{number:06d}",
                            "event_type": "order_placed",
                            "order_id": f"ORD-{number:06d}",
                            "customer_id": f"CUS-{number % 1000:06d}",
                            "currency": "EUR",
                            "order_total": f"{number % 100_000 / 100:.2f}",
                            "occurred_at": f"2026-01-05T{number % 24:02d}:{number % 60:02d}:00Z",
                        }
                    ).encode(),
                )
                for number in range(begin, min(begin + 50_000, messages))
            ],
        )


def ours(spark: SparkSession, declaration: Declaration, broker: KafkaBroker, lake: Path) -> tuple[float, int]:
    """Seconds of the job into a lake of its own, and the rows that it wrote."""
    settings = {"bootstrapServers": broker.bootstrap_servers}
    environment = declaration.environment
    connectors = {**environment.connectors, "kafka": Connector("kafka", "kafka", settings=settings)}
    context = RunContext(
        spark=spark,
        declaration=declaration,
        environment=dataclasses.replace(environment, connectors=connectors),
        storage=Storage({}, lake.as_uri()),
        job=declaration.job(JOB),
        date=dt.date(2026, 1, 5),
        run_id="bench",
    )
    began = time.monotonic()
    (output,) = run(context).outputs
    return time.monotonic() - began, output.rows_written


def bare(spark: SparkSession, declaration: Declaration, broker: KafkaBroker, lake: Path) -> tuple[float, int]:
    """The same of Spark alone: whatever a message holds, and whatever becomes of it."""
    contract = declaration.contract(DATASET)
    schema = spark_schema(contract)
    fields = StructType([schema[column.name] for column in contract.source_columns])
    began = time.monotonic()
    (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", broker.bootstrap_servers)
        .option("subscribe", TOPIC)
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", str(_MESSAGES_A_BATCH))
        .load()
        .withColumn("event", F.from_json(F.decode("value", "UTF-8"), fields))
        .select("event.*", "topic", "partition", "offset", "timestamp", F.to_date("timestamp").alias("day"))
        .writeStream.format("delta")
        .partitionBy("day")
        .option("checkpointLocation", str(lake / "checkpoint"))
        .trigger(availableNow=True)
        .start((lake / "table").as_uri())
        .awaitTermination()
    )
    seconds = time.monotonic() - began
    return seconds, spark.read.format("delta").load((lake / "table").as_uri()).count()


def main() -> None:
    """Print what was measured as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--pairs", type=int, default=2)
    options = parser.parse_args()
    declaration = find_declaration("local", script=Path(__file__))
    folder = Path(tempfile.mkdtemp(prefix="dataplat-bench-"))
    broker = KafkaBroker(folder / "kafka").start()
    pairs = []
    try:
        produce(broker, options.messages)
        spark = spark_session("bench", declaration.platform, folder.as_uri())
        for number in range(options.pairs + 2):
            a, written = ours(spark, declaration, broker, folder / f"ours-{number}")
            b, there = bare(spark, declaration, broker, folder / f"bare-{number}")
            if (written, there) != (options.messages, options.messages):
                raise SystemExit(f"of {options.messages} messages {written} and {there} were written")
            if number > 1:  # in the first pair, and still in the second, Java compiles what all of them run
                pairs.append({"a": a, "b": b})
            print(f"{a:.1f} s and {b:.1f} s", file=sys.stderr)
        spark.stop()
    finally:
        broker.kill()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps({"messages": options.messages, "pairs": pairs}))


if __name__ == "__main__":
    main()
