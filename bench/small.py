"""A day of a few rows into bronze, and a few changed rows into a silver table, each beside what Spark and Delta take
for it when nobody looks at the rows. In turn, in one session with a laptop's settings; prints pairs of seconds as JSON.

Usage: python bench/small.py [--pairs N]
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.append(str(PROJECT))

from merge import ROOM, contract, orders, textbook  # noqa: E402
from pyspark.sql import DataFrame, SparkSession  # noqa: E402
from pyspark.sql import functions as F  # noqa: E402
from pyspark.sql.types import StructType  # noqa: E402

from jobs.common.context import RunContext, Storage  # noqa: E402
from jobs.common.contract import spark_schema  # noqa: E402
from jobs.common.declaration import Declaration  # noqa: E402
from jobs.common.find_declaration import find_declaration  # noqa: E402
from jobs.common.ingest import ingest  # noqa: E402
from jobs.common.session import spark_session  # noqa: E402
from jobs.common.write import merge  # noqa: E402

DAY = dt.date(2026, 1, 6)
_UNCOUNTED = 3
"""Pairs in which Java compiles what the others run."""
JOB = "crm_accounts"
DAYS, ROWS_A_DAY = 5, 50  # of the silver table, of which half of a day changes


class Ingest:
    """The samples of a day, again and again into the same partition."""

    title = "a day of {rows} rows into bronze / spark.read.csv(schema), replacing its partition by Delta"

    def __init__(self, spark: SparkSession, declaration: Declaration, folder: Path) -> None:
        self._declaration, self._folder = declaration, folder
        job = declaration.job(JOB)
        self._context = RunContext(
            spark, declaration, declaration.environment, Storage({}, folder.as_uri()), job, DAY, "bench"
        )
        self._source, self._contract = (
            declaration.source(job.sources[0]),
            declaration.contract(job.outputs[0]),
        )
        self._delivered = folder / "landing" / self._source.folder(DAY)
        shutil.copytree(PROJECT / "samples" / self._source.folder(DAY), self._delivered)
        (file,) = self._delivered.iterdir()
        with file.open(encoding="utf-8") as lines:
            self._header = next(lines).strip().split(",")
            self.title = self.title.format(rows=sum(1 for _ in lines))

    def ours(self) -> None:
        (output,) = ingest(self._context).outputs
        if output.rows_quarantined or not output.rows_written:
            raise SystemExit(f"not every row is sound: {output}")

    def bare(self) -> None:
        of_table = spark_schema(self._contract)
        schema = StructType([of_table[name] for name in self._header])
        options = {name: str(value) for name, value in self._source.options.items()}
        (
            self._context.spark.read.options(**options)
            .csv(self._delivered.as_uri(), schema=schema)
            .withColumn("ingest_date", F.lit(DAY))
            .write.format("delta")
            .partitionBy("ingest_date")
            .mode("overwrite")
            .option("replaceWhere", f"ingest_date = '{DAY}'")
            .save((self._folder / "bare").as_uri())
        )


class Merge:
    """Changes of the last day and some new rows, each time with a newer version."""

    title = f"a merge of {ROWS_A_DAY} rows / the MERGE of Delta's documentation"

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self._spark = spark
        self._uris = {name: (folder / "merge" / name).as_uri() for name in ("ours", "bare")}
        self._contract = contract()
        self._version = 0
        for uri in self._uris.values():
            self._rows(0, DAYS * ROWS_A_DAY).write.format("delta").partitionBy("order_date").save(uri)

    def _rows(self, first: int, count: int) -> DataFrame:
        number = F.col("id")
        place = (number / ROWS_A_DAY).cast("int") * ROOM + number % ROWS_A_DAY
        rows = self._spark.range(first, first + count, 1, 1)
        return orders(rows.select(place.cast("bigint").alias("id")), self._version)

    def _changes(self) -> DataFrame:
        self._version += 1
        return self._rows(DAYS * ROWS_A_DAY - ROWS_A_DAY // 2, ROWS_A_DAY)

    def ours(self) -> None:
        merge(self._changes(), self._uris["ours"], self._contract, {})

    def bare(self) -> None:
        textbook(self._changes(), self._uris["bare"])


def seconds(work: Callable[[], None]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def main() -> None:
    """Print what was measured as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=9)
    options = parser.parse_args()
    declaration = find_declaration("local", script=Path(__file__))
    with tempfile.TemporaryDirectory(prefix="dataplat-bench-") as name:
        folder = Path(name)
        spark = spark_session("bench", declaration.platform, folder.as_uri())
        measured = []
        for compared in (Ingest(spark, declaration, folder), Merge(spark, folder)):
            pairs = [
                {"a": seconds(compared.ours), "b": seconds(compared.bare)}
                for _ in range(_UNCOUNTED + options.pairs)
            ]
            measured.append({"title": compared.title, "pairs": pairs[_UNCOUNTED:]})
        print(json.dumps(measured))
        spark.stop()


if __name__ == "__main__":
    main()
