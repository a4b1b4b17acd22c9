"""What a run reports, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class JobResult:
    """The outcome of a run. Every row that was read is either written or quarantined."""

    job: str
    date: str
    run_id: str
    table: str
    rows_read: int
    rows_written: int
    rows_quarantined: int
    reasons: Mapping[str, int]
    """How many rows were rejected for each reason; a row may have several."""
    unmapped: Mapping[str, int] = field(default_factory=dict)
    """Delivered columns that the contract does not know, with the number of rows that had a value."""
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.rows_read != self.rows_written + self.rows_quarantined:
            raise AssertionError(
                f"{self.rows_read} rows read, but {self.rows_written} written and {self.rows_quarantined} quarantined"
            )

    def to_json(self, seconds: float) -> str:
        """The line that a run prints last to stdout."""
        return json.dumps(
            {
                "type": "result",
                "status": "succeeded",
                "job": self.job,
                "date": self.date,
                "runId": self.run_id,
                "table": self.table,
                "rows": {
                    "read": self.rows_read,
                    "written": self.rows_written,
                    "quarantined": self.rows_quarantined,
                },
                "reasons": dict(self.reasons),
                "unmapped": dict(self.unmapped),
                "warnings": list(self.warnings),
                "seconds": round(seconds, 1),
            },
            ensure_ascii=False,
        )


def failure_to_json(job: str, date: str, run_id: str, kind: str, message: str, seconds: float) -> str:
    """The line that a failed run prints last to stdout."""
    return json.dumps(
        {
            "type": "result",
            "status": "failed",
            "job": job,
            "date": date,
            "runId": run_id,
            "error": {"kind": kind, "message": message},
            "seconds": round(seconds, 1),
        },
        ensure_ascii=False,
    )
