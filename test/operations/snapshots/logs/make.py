"""Makes the logs of this folder, and writes down what Spark itself says of the tables: which files it reads, and how
many rows they have. Run with what jobs run with, and DATAPLAT_SPARK_JARS: python make.py <folder>
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

out = Path(sys.argv[1]).resolve()
builder = SparkSession.builder.master("local[1]")
for key, value in {
    "spark.jars": os.environ["DATAPLAT_SPARK_JARS"],
    "spark.ui.enabled": "false",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.shuffle.partitions": "1",
    "spark.databricks.delta.snapshotPartitions": "1",
}.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
tables: dict[str, object] = {}


def rows(count: int, start: int = 0) -> DataFrame:
    """Rows of two kinds, whose names are no names of folders as they are."""
    kind = F.concat(F.lit("a b:"), (F.col("id") % 2).cast("string"))
    return spark.range(start, start + count, 1, 1).withColumn("kind", kind)


def create(name: str, **properties: str) -> str:
    """An empty table. Returns its name in SQL."""
    table = f"delta.`file:{out / name}`"
    wanted = ", ".join(f"'delta.{key.replace('_', '.')}' = '{value}'" for key, value in properties.items())
    spark.sql(f"create table {table} (id bigint, kind string) using delta tblproperties ({wanted})")
    return table


def append(name: str, frame: DataFrame, *partitions: str) -> None:
    """One more commit."""
    frame.write.format("delta").partitionBy(*partitions).mode("append").save(f"file:{out / name}")


def record(name: str) -> None:
    """What Spark says of a table."""
    path = out / name
    frame = spark.read.format("delta").load(f"file:{path}")
    read = {file.rsplit("/", 1)[1] for file in frame.inputFiles()}
    table = f"delta.`file:{path}`"
    tables[name] = {
        "version": spark.sql(f"describe history {table}").agg(F.max("version")).head()[0],
        "id": spark.sql(f"describe detail {table}").head()["id"],
        "rows": frame.count(),
        "dataFiles": sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.name in read),
        "vectors": sorted(file.name for file in path.glob("deletion_vector*")),
    }


# In partitions; its log goes back to its last checkpoint alone.
for turn in range(20):
    append("cleaned", rows(4, turn * 4), "kind")
spark.sql(f"delete from delta.`file:{out / 'cleaned'}` where id < 11")
append("cleaned", rows(4, 100), "kind")
record("cleaned")
for commit in (out / "cleaned" / "_delta_log").glob("*.json"):
    if int(commit.stem) < 20:
        commit.unlink()

vectors = create("vectors", enableDeletionVectors="true")
for turn in range(3):
    append("vectors", rows(50, turn * 50))
spark.sql(f"delete from {vectors} where id % 7 = 0")
spark.sql(f"delete from {vectors} where id = 20")
record("vectors")

spark.conf.set("spark.databricks.delta.checkpoint.partSize", "4")
for turn in range(12):
    append("parts", rows(2, turn * 2))
record("parts")
spark.conf.unset("spark.databricks.delta.checkpoint.partSize")

create("sidecars", checkpointPolicy="v2", checkpointInterval="5")
for turn in range(11):
    append("sidecars", rows(2, turn * 2))
record("sidecars")

# Checkpoints that do not say how many rows there are.
create("uncounted", checkpoint_writeStatsAsJson="false", checkpointInterval="5")
for turn in range(6):
    append("uncounted", rows(2, turn * 2))
record("uncounted")

for file in sorted(out.rglob("*"), reverse=True):
    kept = "_delta_log" in file.parts and file.suffix != ".crc" and file.name != "_last_checkpoint"
    if file.is_file() and not kept:
        file.unlink()
    elif file.is_dir() and not any(file.iterdir()):
        file.rmdir()
(out / "spark-says.json").write_text(json.dumps(tables, indent=2, sort_keys=True) + "\n", encoding="utf-8")
