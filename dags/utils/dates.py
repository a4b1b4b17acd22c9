"""Which date a run of a DAG is for."""

from __future__ import annotations

from datetime import date, datetime, time, timezone
from typing import Any

# When a day's pipeline begins, in UTC.
DAILY_AT = time(2, 0)


def scheduled(day: date) -> datetime:
    """The logical date of a day's scheduled run."""
    return datetime.combine(day, DAILY_AT, tzinfo=timezone.utc)


def run_date(dag_run: Any) -> str:
    """
    The logical date that a run's jobs are for, `YYYY-MM-DD`: the one that somebody asked for, else that of the
    schedule, else, for a run that new data has started, the day on which it came.
    """
    asked = (dag_run.conf or {}).get("date")
    if asked:
        return str(asked)
    moment = dag_run.logical_date or dag_run.run_after
    return str(moment.strftime("%Y-%m-%d"))
