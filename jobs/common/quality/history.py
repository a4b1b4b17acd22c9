"""The table `dq_results`: what was found on each date, written by the checks and read by those of later dates."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass

from delta.tables import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.common.contract import Contract, spark_schema
from jobs.common.quality.outcome import Outcome

RESULTS = "dq_results_gold"


@dataclass(frozen=True)
class Day:
    """What is known of a dataset on an earlier date."""

    date: dt.date
    rows: int
    bins: Mapping[str, tuple[int, ...]]
    """By the expectation."""


def earlier_days(spark: SparkSession, uri: str, dataset: str, date: dt.date, most: int) -> tuple[Day, ...]:
    """What was found of a dataset on the dates before, so many days back."""
    if most == 0 or not DeltaTable.isDeltaTable(spark, uri):
        return ()
    first = date - dt.timedelta(days=most)
    rows = (
        spark.read.format("delta")
        .load(uri)
        .where((F.col("dataset") == dataset) & (F.col("check_date") >= first) & (F.col("check_date") < date))
        .select("check_date", "rows_checked", "expectation", "bins")
        .collect()
    )
    found: dict[dt.date, tuple[int, dict[str, tuple[int, ...]]]] = {}
    for row in rows:
        _, bins = found.setdefault(row["check_date"], (row["rows_checked"], {}))
        if row["bins"] is not None:
            bins[row["expectation"]] = tuple(row["bins"])
    return tuple(Day(day, count, bins) for day, (count, bins) in sorted(found.items()))


def write_results(
    spark: SparkSession,
    uri: str,
    contract: Contract,
    dataset: Contract,
    date: dt.date,
    outcomes: tuple[Outcome, ...],
    commit: Mapping[str, object],
) -> None:
    """Replace what was found of a dataset on a date, in one commit. Other datasets' results are in other partitions, so
    that they can be written at the same time.
    """
    rows = [
        {
            "check_date": date,
            "dataset": dataset.id,
            "expectation": one.expectation.id,
            "layer": dataset.layer,
            "kind": one.expectation.kind,
            "column_names": ",".join(one.expectation.columns) or None,
            "severity": one.expectation.severity,
            "origin": one.expectation.origin,
            "status": one.status,
            "rows_checked": one.rows,
            "rows_broken": one.broken,
            "observed": None if one.observed is None else float(one.observed),
            "threshold": one.threshold,
            "found": one.told,
            "bins": None if one.bins is None else list(one.bins),
        }
        for one in outcomes
    ]
    schema = spark_schema(contract)
    frame = spark.createDataFrame([tuple(row[name] for name in schema.names) for row in rows], schema)
    (
        frame.coalesce(1)
        .write.format("delta")
        .mode("overwrite")
        .partitionBy(*contract.partitioned_by)
        .option("replaceWhere", f"check_date = DATE'{date.isoformat()}' AND dataset = '{dataset.id}'")
        .option("mergeSchema", "true")
        .option("userMetadata", json.dumps(commit))
        .save(uri)
    )
