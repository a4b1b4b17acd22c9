"""Rows of a table that is about to be written."""

from __future__ import annotations

from pyspark.sql import DataFrame


def detached(frame: DataFrame) -> DataFrame:
    """The frame's rows, without what they are made of. After a write Spark plans anew whatever it holds that was read
    from the table, which takes longer than a merge of few rows; these rows it lets be. Nor does a plan tell then which
    columns they come from: for a job that says so itself (`ColumnsTaken`).

    Should Spark lose some that it held it computes them again, from the table's files as they were.
    """
    spark = frame.sparkSession
    rows = frame._jdf.queryExecution().toRdd()
    # As Spark itself makes the frame of a stream's batch. Rows need not become Python's, nor Java's objects.
    made = spark._jsparkSession.internalCreateDataFrame(rows, frame._jdf.schema(), False)
    return DataFrame(made, spark)
