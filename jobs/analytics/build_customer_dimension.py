"""Builds the dimension of customers: each as it stands, with what the CRM knows of the account.

python jobs/analytics/build_customer_dimension.py --env local --date 2026-01-05
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the package is two folders up; on a cluster it comes with --py-files, which goes first.
sys.path.append(str(Path(__file__).resolve().parent / ".." / ".."))

from jobs.common.build import build_rows
from jobs.common.cli import main
from jobs.common.context import RunContext
from jobs.common.gold.customers import customers
from jobs.common.read.table import table_of
from jobs.common.result import JobResult

JOB = "customer_dimension"


def run(context: RunContext) -> JobResult:
    """Bring the table up to what silver says."""
    shop, accounts = table_of(context, "snowflake_customers_silver"), table_of(context, "crm_accounts_silver")
    return build_rows(context, (shop, accounts), customers(shop.frame, accounts.frame))


if __name__ == "__main__":
    main(JOB, run, __file__)
