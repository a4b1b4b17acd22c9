"""Promises on time: each is broken in exactly one of the looks that follow each other."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

LOOK = timedelta(minutes=15)


def looks(begin: datetime, count: int) -> list[tuple[datetime, datetime]]:
    return [(begin + number * LOOK, begin + (number + 1) * LOOK) for number in range(count)]


def job(**sla: Any) -> Any:
    return SimpleNamespace(id="orders", **{"complete_by": None, "sla_minutes": None, **sla})


def test_a_day_has_one_deadline_a_job_whatever_the_hour_of_it(local_folder: Path) -> None:
    from utils.sla import deadlines

    for complete_by in ("00:00", "06:00", "06:07", "23:59"):
        late = [
            deadline
            for begin, end in looks(datetime(2026, 1, 14, 12, tzinfo=timezone.utc), 2 * 96)
            for deadline in deadlines([job(complete_by=complete_by), job()], begin, end)
        ]
        # Two days of looks from noon to noon.
        assert [one.at.strftime("%H:%M") for one in late] == [complete_by, complete_by]
        assert len({one.date for one in late}) == 2
        assert all(one.date == one.at.date().isoformat() for one in late)


def test_a_run_that_never_ends_is_overdue_once(local_folder: Path) -> None:
    from utils.sla import overdue

    started = datetime(2026, 1, 15, 2, 3, tzinfo=timezone.utc)
    told = [look for look in looks(started - 2 * LOOK, 96) if overdue(job(sla_minutes=30), started, *look)]
    assert len(told) == 1
    begin, end = told[0]
    assert begin < started + timedelta(minutes=30) <= end


def test_a_job_without_a_longest_duration_is_never_overdue(local_folder: Path) -> None:
    from utils.sla import overdue

    started = datetime(2026, 1, 15, 2, tzinfo=timezone.utc)
    assert not any(overdue(job(), started, *look) for look in looks(started, 96))
