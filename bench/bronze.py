"""A large file of orders into bronze, beside what Spark takes for it when nobody looks at the rows.

python bench/bronze.py --rows 5000000 --pairs 2            (in turn, in one session; prints seconds of both)
python bench/bronze.py --rows 5000000 --pairs 2 --german   (times, amounts and semicolons as a German program has them)
python bench/bronze.py --rows 20000000 --alone             (ours, once; prints the most memory that its JVM holds)
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.append(str(PROJECT))

from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql.types import StructType  # noqa: E402

from jobs.common.context import RunContext, Storage  # noqa: E402
from jobs.common.contract import Contract, Parse, spark_schema  # noqa: E402
from jobs.common.declaration import Declaration, Source  # noqa: E402
from jobs.common.find_declaration import find_declaration  # noqa: E402
from jobs.common.ingest import ingest  # noqa: E402
from jobs.common.session import spark_session  # noqa: E402

DAY = dt.date(2026, 1, 5)
_UNCOUNTED = 2
"""Pairs in which Java compiles what the others run."""
SOURCE, DATASET = "snowflake_orders", "snowflake_orders_bronze"
HEADER = "order_id,customer_id,order_status,channel,currency,order_total,line_count,ordered_at,updated_at\n"
STATUSES = ["placed", "paid", "shipped", "delivered", "cancelled", "returned"]


GERMAN_TIME = "dd.MM.yyyy HH:mm:ss"
BERLIN = "Europe/Berlin"
PARSES = {
    "order_total": Parse(decimal=",", grouping="."),
    "ordered_at": Parse(formats=(GERMAN_TIME,), timezone=BERLIN),
    "updated_at": Parse(formats=(GERMAN_TIME,), timezone=BERLIN),
}


class German(Declaration):
    """The project's declaration, but for the source and its contract, which declare how a German program writes."""

    def contract(self, dataset: str) -> Contract:
        contract = super().contract(dataset)
        if dataset != DATASET:
            return contract
        columns = (
            dataclasses.replace(one, parse=PARSES.get(one.name, one.parse)) for one in contract.columns
        )
        return dataclasses.replace(contract, columns=tuple(columns))

    def source(self, source: str) -> Source:
        declared = super().source(source)
        if source != SOURCE:
            return declared
        return dataclasses.replace(declared, options={**declared.options, "delimiter": ";"})


def deliver(landing: Path, rows: int, declaration: Declaration, german: bool) -> Path:
    """One file of sound orders, some 95 bytes a row."""
    folder = landing / declaration.source(SOURCE).folder(DAY)
    folder.mkdir(parents=True)
    columns = {column.name: column for column in declaration.contract(DATASET).columns}
    statuses, channels = (list(columns[name].rules["enum"]) for name in ("order_status", "channel"))
    mark, day, zone = (";", "05.01.2026 ", "") if german else (",", "2026-01-05T", "Z")

    def amount(hundredths: int) -> str:
        return f"{hundredths // 100},{hundredths % 100:02d}" if german else f"{hundredths / 100:.2f}"

    def row(number: int) -> str:
        fields = (
            f"ORD-{number:09d}",
            f"CUS-{number * 7919 % 1_000_000:06d}",
            statuses[number % len(statuses)],
            channels[number % len(channels)],
            "EUR",
            amount(number * 37 % 100_000),
            str(number % 9 + 1),
            f"{day}{number % 24:02d}:{number % 60:02d}:00{zone}",
            f"{day}23:{number % 60:02d}:{number % 59:02d}{zone}",
        )
        return mark.join(fields) + "\n"

    with (folder / "orders.csv").open("w", encoding="utf-8") as file:
        file.write(HEADER.replace(",", mark))
        file.writelines(map(row, range(rows)))
    return folder / "orders.csv"


class Watch:
    """Seconds of a piece of work, and of the processors' time that the JVM takes for it: that depends less on what else
    the machine does.
    """

    def __init__(self, spark: SparkSession) -> None:
        self._pid = spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid()
        self._began, self._cpu = time.monotonic(), self._processors()

    def read(self) -> tuple[float, float]:
        """Both, since it was made."""
        return time.monotonic() - self._began, self._processors() - self._cpu

    def _processors(self) -> float:
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ours(spark: SparkSession, declaration: Declaration, lake: Path) -> tuple[float, float]:
    """What the job takes, whose other input is left out."""
    job = dataclasses.replace(declaration.job("snowflake_to_bronze"), sources=(SOURCE,), outputs=(DATASET,))
    storage = Storage({}, lake.as_uri())
    context = RunContext(spark, declaration, declaration.environment, storage, job, DAY, "bench")
    watch = Watch(spark)
    (output,) = ingest(context).outputs
    taken = watch.read()
    if output.rows_quarantined or not output.rows_written:
        raise SystemExit(f"not every row is sound: {output}")
    return taken


def bare(
    spark: SparkSession, declaration: Declaration, file: Path, table: Path, german: bool
) -> tuple[float, float]:
    """What Spark alone takes, with the same schema and its own options for how the file is written."""
    of_table = spark_schema(declaration.contract(DATASET))
    schema = StructType([of_table[name] for name in HEADER.strip().split(",")])
    watch = Watch(spark)
    options = {"sep": ";", "locale": "de-DE", "timestampFormat": GERMAN_TIME, "timeZone": BERLIN}
    rows = spark.read.options(**options if german else {}).csv(file.as_uri(), schema=schema, header=True)
    rows.write.format("delta").mode("overwrite").save(table.as_uri())
    return watch.read()


class PeakMemory:
    """The most memory of its own that the driver's process holds while a piece of work is done, in megabytes. Files
    that it has mapped, such as blocks that Spark has put on the disk, are the system's to take back.
    """

    def __init__(self, spark: SparkSession) -> None:
        self.megabytes = 0
        self._status = Path(f"/proc/{spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid()}/status")
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._watching.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watching.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            found = re.search(r"RssAnon:\s+(\d+)", self._status.read_text())
            self.megabytes = max(self.megabytes, int(found[1]) // 1024 if found else 0)


def main() -> None:
    """Print what was measured as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--german", action="store_true")
    options = parser.parse_args()
    declaration = find_declaration("local", script=Path(__file__))
    if options.german:
        declaration = German(declaration.root, declaration.platform)
    folder = Path(tempfile.mkdtemp(prefix="dataplat-bench-"))
    try:
        file = deliver(folder / "landing", options.rows, declaration, options.german)
        spark = spark_session("bench", declaration.platform, folder.as_uri())
        pairs = []
        memory = PeakMemory(spark)
        if options.alone:
            with memory:
                ours(spark, declaration, folder)
        else:
            for number in range(_UNCOUNTED + options.pairs):
                a, of_a = ours(spark, declaration, folder)
                b, of_b = bare(spark, declaration, file, folder / "bare", options.german)
                if number >= _UNCOUNTED:
                    pairs.append({"a": a, "b": b})
                told = f"{a:.1f} s and {b:.1f} s, of the processors {of_a:.1f} s and {of_b:.1f} s"
                print(told, file=sys.stderr, flush=True)
        print(json.dumps({"rows": options.rows, "pairs": pairs, "megabytes": memory.megabytes}))
        spark.stop()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
