"""What DAGs ask EMR Serverless beside starting runs."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.hooks.emr import EmrServerlessHook

from utils.declaration import platform
from utils.spark_job import ACTIVE


def active_runs() -> list[dict[str, Any]]:
    """The runs that have not ended."""
    declared = platform()
    hook = EmrServerlessHook(aws_conn_id=None, region_name=declared.region)
    pages = hook.conn.get_paginator("list_job_runs").paginate(
        applicationId=declared.application_id, states=ACTIVE
    )
    return [run for page in pages for run in page["jobRuns"]]
