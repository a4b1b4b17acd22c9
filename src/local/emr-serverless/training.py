"""Loads the classes that jobs load, so that Java can keep them in an archive for the next driver.

Writes, merges and reads a small Delta table in the folder that is the first argument; reads the object in S3 that is
the second one, if there is one.
"""

import sys

from delta.tables import DeltaTable
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

folder, s3_object = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
spark = SparkSession.builder.getOrCreate()
spark.range(200).selectExpr("id", "cast(id as string) name").write.mode("overwrite").option(
    "header", True
).csv(f"{folder}/csv")
schema = "id bigint, name string, _corrupt_record string"
rows = spark.read.schema(schema).option("header", True).option("multiLine", True).csv(f"{folder}/csv")
rows = rows.drop("_corrupt_record").withColumn("day", F.to_date(F.lit("2026-01-01")))
newest = Window.partitionBy("id").orderBy(F.col("name").desc())
rows = rows.withColumn("rank", F.row_number().over(newest)).where("rank = 1").drop("rank")
rows.write.format("delta").partitionBy("day").save(f"{folder}/table")
table = DeltaTable.forPath(spark, f"{folder}/table")
matches = table.alias("t").merge(rows.limit(10).alias("s"), "t.id = s.id")
matches.whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()
rows.write.format("delta").mode("overwrite").option("replaceWhere", "day = '2026-01-01'").save(
    f"{folder}/table"
)
spark.read.format("delta").load(f"{folder}/table").groupBy("day").agg(F.count("*")).collect()
spark.createDataFrame([(1, "a")], "id int, name string").count()
if s3_object:
    spark.read.text(s3_object).count()
spark.stop()
