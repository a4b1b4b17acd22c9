"""Says on the topic of events what people want to know of a DAG."""

from __future__ import annotations

import json
import logging
from typing import Any

from airflow.providers.amazon.aws.hooks.sns import SnsHook

from utils.dates import run_date
from utils.declaration import platform

log = logging.getLogger(__name__)


def publish(subject: str, message: dict[str, Any]) -> None:
    """Publishes one message; what it is about is in it as JSON, for programs as for people."""
    declared = platform()
    SnsHook(aws_conn_id=None, region_name=declared.region).conn.publish(
        TopicArn=declared.topic_arn,
        # SNS takes at most 100 characters of subject.
        Subject=subject[:100],
        Message=json.dumps({"environment": declared.environment, **message}, indent=1),
    )


def announce_failure(context: Any) -> None:
    """Of a task that has failed for good. A message that cannot be sent does not make it worse."""
    task, dag_run = context["ti"], context["dag_run"]
    date = run_date(dag_run)
    try:
        publish(
            f"{task.dag_id}: {task.task_id} failed for {date}",
            {
                "kind": "task-failed",
                "dag": task.dag_id,
                "task": task.task_id,
                "run": dag_run.run_id,
                "date": date,
                "tries": task.try_number,
                "error": str(context.get("exception") or ""),
            },
        )
    except Exception:
        log.exception("the failure of %s could not be announced", task.task_id)
