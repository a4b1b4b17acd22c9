"""What Spark really ran: the physical plans of what a piece of code had it execute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.sql import SparkSession

_PATIENCE = 120_000  # milliseconds; a machine may be busy with much else


@contextmanager
def executed(spark: SparkSession) -> Iterator[list[str]]:
    """A list that holds, once the block is left, the final plan of each query that ran in it, the first one first.

    Spark tells its store of queries behind the queries' backs, and the store forgets the oldest beyond a thousand. So
    both ends wait until everything is told, and queries are known by their ids: how many the store holds says nothing.
    """
    before = [execution.executionId() for execution in _newest_first(spark)][:1]
    plans: list[str] = []
    mode = spark.conf.get("spark.sql.ui.explainMode")
    spark.conf.set("spark.sql.ui.explainMode", "formatted")  # node by node, which takes Spark longer
    try:
        yield plans
    finally:
        spark.conf.set("spark.sql.ui.explainMode", mode)
    for execution in _newest_first(spark):
        if [execution.executionId()] <= before:
            break
        plans.insert(0, execution.physicalPlanDescription())


def _newest_first(spark: SparkSession) -> Iterator[Any]:
    """The queries that the store holds, by their ids."""
    spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty(_PATIENCE)
    jvm: Any = spark
    executions = jvm._jsparkSession.sharedState().statusStore().executionsList()
    return (executions.apply(place) for place in range(executions.size() - 1, -1, -1))


def scans(plans: list[str]) -> list[str]:
    """What plans say of every read of a table's files; a log of Delta's that is read besides is none."""
    return [
        node
        for plan in plans
        for node in plan.split("\n\n")
        if "\nReadSchema: " in node and "protocol" not in node and "_delta_log" not in node
    ]


def table_scans(plans: list[str]) -> list[str]:
    """The schema of every read of a table's files."""
    return [node.split("ReadSchema: ")[1].splitlines()[0] for node in scans(plans)]
