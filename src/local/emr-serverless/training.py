"""Does what jobs do, so that Java loads the classes that jobs load and compiles what they go through.

python training.py <folder> [<an object in S3>]     writes, merges and reads a small Delta table in the folder
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from delta.tables import DeltaTable
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F


def train(folder: str, s3_object: str | None) -> Iterator[None]:
    """Step by step; who stops in between has stopped Spark."""
    spark = SparkSession.builder.getOrCreate()
    try:
        yield
        spark.range(200).selectExpr("id", "cast(id as string) name").write.mode("overwrite").option(
            "header", True
        ).csv(f"{folder}/csv")
        yield
        schema = "id bigint, name string, _corrupt_record string"
        rows = (
            spark.read.schema(schema)
            .option("header", True)
            .option("multiLine", True)
            .csv(f"{folder}/csv")
            .drop("_corrupt_record")
            .withColumn("day", F.to_date(F.lit("2026-01-01")))
        )
        newest = Window.partitionBy("id").orderBy(F.col("name").desc())
        rows = rows.withColumn("rank", F.row_number().over(newest)).where("rank = 1").drop("rank")
        rows.write.format("delta").partitionBy("day").save(f"{folder}/table")
        yield
        table = DeltaTable.forPath(spark, f"{folder}/table")
        matches = table.alias("t").merge(rows.limit(10).alias("s"), "t.id = s.id")
        matches.whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()
        yield
        rows.write.format("delta").mode("overwrite").option("replaceWhere", "day = '2026-01-01'").save(
            f"{folder}/table"
        )
        yield
        spark.read.format("delta").load(f"{folder}/table").groupBy("day").agg(F.count("*")).collect()
        yield
        spark.createDataFrame([(1, "a")], "id int, name string").count()
        if s3_object:
            spark.read.text(s3_object).count()
    finally:
        spark.stop()


if __name__ == "__main__":
    for _ in train(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None):
        pass
