"""Credits what was sold to the sessions on the site that went before it, by five models.

python jobs/analytics/build_marketing_attribution.py --env local --date 2026-01-05

The models and what counts as a touch are described in jobs/common/gold/attribution.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the package is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from pyspark.sql import functions as F

from jobs.common.build import build_dates
from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.gold.attribution import credited, order_conversions, sessions, touches, won_conversions
from jobs.common.gold.rates import in_reporting_currency, rejected, with_rates
from jobs.common.read.table import table_of
from jobs.common.result import JobResult

JOB = "marketing_attribution"
WON = "crm_opportunities_silver"


def run(context: RunContext) -> JobResult:
    """Bring the table up to what silver and the facts say."""
    inputs = [table_of(context, dataset) for dataset in context.job.inputs]
    of = {table.contract.id: table.frame for table in inputs}
    won = of[WON].where("stage = 'closed_won' and amount is not null")
    rated = with_rates(won, of["fx_rates_silver"], "close_date", "currency")
    rated = rated.withColumn("amount_eur", in_reporting_currency("amount"))
    conversions = order_conversions(of["sales_fact_gold"], of["snowflake_customers_silver"]).unionByName(
        won_conversions(rated)
    )
    touched = touches(conversions, sessions(of["redshift_behavior_events_silver"]), of["crm_contacts_silver"])
    refused = rejected(
        rated.withColumn("conversion_date", F.col("close_date")), won.columns, WON, "conversion_date"
    )
    return build_dates(context, inputs, credited(conversions, touched), refused)


if __name__ == "__main__":
    main(JOB, run, __file__)
