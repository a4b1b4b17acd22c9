"""Merges the same 50,000 changed rows into a table of 1 million rows and into one of 10 million, of about 300 bytes
each, in 100 partitions by day of which the changes concern 3; beside it the MERGE of the textbook. Prints JSON.

Keys rise with time within a day, as orders' do, and a day's changes are its last rows: updates of those that both
tables have, and new ones. Before each merge its table is set back to what it was.

Usage: python bench/merge.py [--pairs N] [--million ROWS]
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.append(str(Path(__file__).resolve().parents[1]))

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.common.contract import Contract, contract_of
from jobs.common.delta_log import state_of
from jobs.common.find_declaration import find_declaration
from jobs.common.session import spark_session
from jobs.common.write import merge

DAYS, CHANGED_DAYS, CHANGES = 100, 3, 50_000
ROOM = 1_000_000  # keys of a day
ROWS_A_FILE = 20_000
_UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def contract() -> Contract:
    text = {"type": "string", "description": "x"}
    return contract_of(
        {
            "$id": "orders_silver",
            "properties": {
                "order_id": text,
                "version": {"type": "integer", "description": "x"},
                "payload": text,
                "order_date": {**text, "format": "date"},
            },
            "required": ["order_id", "version", "order_date"],
            "x-dataplat": {
                "layer": "silver",
                "table": "orders",
                "primaryKey": ["order_id"],
                "partitionedBy": ["order_date"],
                "write": "merge",
                "merge": {"orderedBy": ["version"]},
            },
        }
    )


def orders(numbers: DataFrame, version: int) -> DataFrame:
    """Rows of about 300 bytes that no codec makes much of, by the column `id`: a day and a place in it."""
    day = (F.col("id") / ROOM).cast("int")
    seed = F.concat_ws("-", "id", F.lit(version))
    return numbers.select(
        F.format_string("ORD-%012d", "id").alias("order_id"),
        F.lit(version).cast("bigint").alias("version"),
        F.substring(
            F.concat(*(F.base64(F.sha2(F.concat(seed, F.lit(part)), 512)) for part in "ab")), 1, 260
        ).alias("payload"),
        F.date_add(F.lit("2026-01-01").cast("date"), day).alias("order_date"),
    )


def build(spark: SparkSession, uri: str, rows: int) -> None:
    """A table in which every day's rows end with the same key, a task a day."""
    a_day = rows // DAYS
    place = F.col("id") % a_day + (ROOM // 10 - a_day)
    numbers = spark.range(0, rows, 1, DAYS).select(
        ((F.col("id") / a_day).cast("int") * ROOM + place).cast("bigint").alias("id")
    )
    (
        orders(numbers, 1)
        .write.format("delta")
        .partitionBy("order_date")
        .option("maxRecordsPerFile", ROWS_A_FILE)
        .save(uri)
    )


def changes(spark: SparkSession, least: int) -> DataFrame:
    """The changed rows: of each of the last days all that the smaller table has of it, and new ones behind them."""
    a_day = CHANGES // CHANGED_DAYS + 1
    first = ROOM // 10 - least // DAYS
    number = F.col("id")
    day = (number % CHANGED_DAYS).cast("bigint") + (DAYS - CHANGED_DAYS)
    place = (number / CHANGED_DAYS).cast("bigint") + first
    numbers = spark.range(0, CHANGES, 1, 2).select((day * ROOM + place).cast("bigint").alias("id"))
    if a_day < least // DAYS:
        raise ValueError("the smaller table has more rows a day than change")
    return orders(numbers, 2)


class Scans:
    """What Spark says that its scans of a table read: files, and their size."""

    def __init__(self, spark: SparkSession) -> None:
        self._store: Any = spark._jsparkSession.sharedState().statusStore()
        self._from = self._store.executionsList().size()

    def of(self, uri: str) -> list[tuple[int, float]]:
        """Files and bytes of each scan since this was made."""
        found = []
        folder = urlsplit(uri).path.rstrip("/")  # Spark writes file: with one slash or three
        executions = self._store.executionsList()
        for place in range(self._from, executions.size()):
            number = executions.apply(place).executionId()
            values = self._store.executionMetrics(number)
            nodes = self._store.planGraph(number).allNodes()
            for node in (nodes.apply(one) for one in range(nodes.size())):
                description = str(node.desc())
                if not str(node.name()).startswith("Scan parquet") or folder not in description:
                    continue
                if "_delta_log" in description:
                    continue
                metrics = {}
                for one in (node.metrics().apply(index) for index in range(node.metrics().size())):
                    value = values.get(one.accumulatorId())
                    if value.isDefined():
                        metrics[str(one.name())] = str(value.get())
                if "number of files read" in metrics:
                    size = re.findall(r"([\d.]+) (\w+)", metrics.get("size of files read", "0 B"))[0]
                    files = int(metrics["number of files read"].replace(",", ""))
                    found.append((files, float(size[0]) * _UNITS[size[1]]))
        return found


def textbook(rows: DataFrame, uri: str) -> None:
    (
        DeltaTable.forPath(rows.sparkSession, uri)
        .alias("there")
        .merge(rows.alias("new"), "there.order_id = new.order_id")
        .whenMatchedUpdateAll("new.version >= there.version")
        .whenNotMatchedInsertAll()
        .execute()
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--million", type=int, default=1_000_000)
    options = parser.parse_args()
    project = Path(__file__).resolve().parents[1]
    declaration = find_declaration("local", project / "config" / "environments" / "local.yaml")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).as_uri()
        spark = spark_session("bench", declaration.platform, lake_root=root)
        spark.sparkContext.setLogLevel("ERROR")
        small, large = f"{root}/small", f"{root}/large"
        build(spark, small, options.million)
        build(spark, large, 10 * options.million)
        rows = changes(spark, options.million).persist()
        rows.count()
        declared = contract()
        files = [len(spark.read.format("delta").load(uri).inputFiles()) for uri in (small, large)]

        def timed(uri: str, how: str) -> tuple[float, list[tuple[int, float]]]:
            scans, began = Scans(spark), time.monotonic()
            if how == "ours":
                merge(rows, uri, declared, {})
            else:
                textbook(rows, uri)
            return time.monotonic() - began, scans.of(uri)

        def set_back(uri: str) -> None:
            if state_of(spark, uri).version > 0:
                DeltaTable.forPath(spark, uri).restoreToVersion(0)

        pairs = []
        read: dict[str, list[tuple[int, float]]] = {}
        for _ in range(options.pairs + 1):
            pair = {}
            for name, uri in (("large", large), ("small", small)):
                pair[name], read[name] = timed(uri, "ours")
                said = DeltaTable.forPath(spark, uri).history(1).collect()[0]["operationMetrics"]
                set_back(uri)
            pairs.append(pair)
        seconds, read["textbook"] = timed(large, "textbook")
        told = {
            name: said[name]
            for name in ("numTargetRowsUpdated", "numTargetRowsInserted", "numTargetFilesRemoved")
        }
        print(
            json.dumps(
                {
                    "pairs": pairs[1:],
                    "textbookSeconds": seconds,
                    "files": dict(zip(("small", "large"), files)),
                    "filesOfAScan": {name: max(files for files, _ in scans) for name, scans in read.items()},
                    "bytes": {name: sum(size for _, size in scans) for name, scans in read.items()},
                    "scans": {name: len(scans) for name, scans in read.items()},
                    "merge": told,
                }
            )
        )
        spark.stop()


if __name__ == "__main__":
    main()
