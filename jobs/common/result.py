"""What a run reports, for people and for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ColumnsTaken:
    """Which columns of a source, or of another dataset, became which of a dataset. The job knows it, where Spark's plan
    does not: of a file Spark may have seen nothing but lines.
    """

    origin: str
    """The id of the source or the dataset."""
    names: Mapping[str, str]
    """What the origin calls it, by each column that was taken."""


@dataclass(frozen=True)
class DatasetResult:
    """What became of one of a run's outputs. Every row that was read is written, quarantined or superseded."""

    table: str
    rows_read: int
    rows_written: int
    rows_quarantined: int
    reasons: Mapping[str, int]
    """How many rows were rejected for each reason; a row may have several."""
    unmapped: Mapping[str, int] = field(default_factory=dict)
    """Delivered columns that the contract does not know, with the number of rows that had a value."""
    warnings: tuple[str, ...] = ()
    watermark: str | None = None
    """Up to when the source's changes are in the table, where it is read incrementally."""
    rows_superseded: int = 0
    """Rows that changed nothing, for the table has a newer state of their key, or the same."""
    taken: ColumnsTaken | None = None
    """Where the rows are those of one source, or of one dataset."""

    def __post_init__(self) -> None:
        accounted = self.rows_written + self.rows_quarantined + self.rows_superseded
        if self.rows_read != accounted or self.rows_superseded < 0:
            superseded = f", {self.rows_superseded} superseded" if self.rows_superseded else ""
            raise AssertionError(
                f"{self.rows_read} rows read, but {self.rows_written} written and "
                f"{self.rows_quarantined} quarantined{superseded}"
            )

    def document(self) -> dict[str, object]:
        """As it stands in the result line."""
        return {
            "table": self.table,
            "rows": {
                "read": self.rows_read,
                "written": self.rows_written,
                "quarantined": self.rows_quarantined,
                **({"superseded": self.rows_superseded} if self.rows_superseded else {}),
            },
            "reasons": dict(self.reasons),
            "unmapped": dict(self.unmapped),
            **({} if self.watermark is None else {"watermark": self.watermark}),
        }


@dataclass(frozen=True)
class JobResult:
    """The outcome of a run: each of its outputs, and their sums."""

    job: str
    date: str
    run_id: str
    outputs: tuple[DatasetResult, ...]
    details: Mapping[str, object] = field(default_factory=dict)
    """More of what the job did, for programs."""

    @property
    def rows_read(self) -> int:
        """Rows read of all sources."""
        return sum(output.rows_read for output in self.outputs)

    @property
    def rows_written(self) -> int:
        """Rows written to all outputs."""
        return sum(output.rows_written for output in self.outputs)

    @property
    def rows_quarantined(self) -> int:
        """Rows that broke their contract."""
        return sum(output.rows_quarantined for output in self.outputs)

    @property
    def rows_superseded(self) -> int:
        """Rows that changed nothing."""
        return sum(output.rows_superseded for output in self.outputs)

    @property
    def reasons(self) -> dict[str, int]:
        """Rejected rows by reason, of all outputs."""
        total: Counter[str] = Counter()
        for output in self.outputs:
            total.update(output.reasons)
        return dict(total)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings of all outputs."""
        return tuple(warning for output in self.outputs for warning in output.warnings)

    def to_json(self, seconds: float) -> str:
        """The line that a run prints last to stdout."""
        return json.dumps(
            {
                "type": "result",
                "status": "succeeded",
                "job": self.job,
                "date": self.date,
                "runId": self.run_id,
                "rows": {
                    "read": self.rows_read,
                    "written": self.rows_written,
                    "quarantined": self.rows_quarantined,
                    **({"superseded": self.rows_superseded} if self.rows_superseded else {}),
                },
                "outputs": [output.document() for output in self.outputs],
                "warnings": list(self.warnings),
                **({"details": dict(self.details)} if self.details else {}),
                "seconds": round(seconds, 1),
            },
            ensure_ascii=False,
        )


def failure_to_json(
    job: str,
    date: str,
    run_id: str,
    kind: str,
    message: str,
    seconds: float,
    details: Mapping[str, object] | None = None,
) -> str:
    """The line that a failed run prints last to stdout."""
    return json.dumps(
        {
            "type": "result",
            "status": "failed",
            "job": job,
            "date": date,
            "runId": run_id,
            "error": {"kind": kind, "message": message},
            **({"details": dict(details)} if details else {}),
            "seconds": round(seconds, 1),
        },
        ensure_ascii=False,
    )
