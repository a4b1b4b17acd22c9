"""Which promises on time were broken between two moments: a run that is late or takes too long, each told of once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone

from utils.declaration import Job


@dataclass(frozen=True)
class Deadline:
    job: Job
    date: str
    at: datetime


def deadlines(jobs: Iterable[Job], begin: datetime, end: datetime) -> list[Deadline]:
    """
    The times of day by which jobs were to be done, after `begin` and up to `end`. Each falls between two checks exactly
    once, so that a run which never finishes is told of, and told of once.
    """
    found = []
    day = begin.astimezone(timezone.utc).date()
    while day <= end.astimezone(timezone.utc).date():
        for job in jobs:
            if job.complete_by is None:
                continue
            at = datetime.combine(day, time.fromisoformat(job.complete_by), tzinfo=timezone.utc)
            if begin < at <= end:
                found.append(Deadline(job, day.isoformat(), at))
        day += timedelta(days=1)
    return found


def overdue(job: Job, started: datetime, begin: datetime, end: datetime) -> bool:
    """Whether a run that still goes has passed its longest duration after `begin` and up to `end`."""
    if job.sla_minutes is None:
        return False
    return begin < started + timedelta(minutes=job.sla_minutes) <= end
