"""Card holders as last delivered, each once and without their names.

python jobs/transform/members_silver.py --env local --date 2026-01-05
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the project is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from pyspark.sql import functions as F

from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.result import DatasetResult, JobResult
from jobs.common.write import merge


def run(context: RunContext) -> JobResult:
    """Carry what was delivered for one day."""
    bronze, silver = (context.declaration.contract(name) for name in ("members_bronze", "members_silver"))
    delivered = context.spark.read.format("delta").load(context.storage.table(bronze))
    members = delivered.where(F.col("ingest_date") == F.lit(context.date)).select(
        "member_id", "shop_id", "wants_offers", "updated_at"
    )
    rows = members.count()
    commit = {"job": context.job.id, "date": context.date.isoformat(), "runId": context.run_id}
    merge(members, context.storage.table(silver), silver.primary_key, silver.watermark, [], commit)
    output = DatasetResult(silver.table, rows, rows, 0, {})
    return JobResult(context.job.id, context.date.isoformat(), context.run_id, (output,))


if __name__ == "__main__":
    main("members_silver", run, __file__)
