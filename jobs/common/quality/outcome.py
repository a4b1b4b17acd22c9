"""What came of an expectation. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.common.quality.expectation import Expectation

PASSED, FAILED, MEASURED = "passed", "failed", "measured"


@dataclass(frozen=True)
class Outcome:
    """An expectation with what was found, in numbers and in words. No value of a row is in it."""

    expectation: Expectation
    status: str
    """`passed`, `failed`, or `measured`: too little is known of earlier days to judge."""
    rows: int
    """How many rows were looked at."""
    observed: float | None
    """A share of the rows, a number of rows, an age in hours, or a population stability index, by the kind."""
    threshold: str
    """Where it breaks, in words."""
    told: str
    """What was found, in words."""
    broken: int | None = None
    """How many rows break it, where it is about single rows."""
    bins: tuple[int, ...] | None = None
    """Of a drift: how many rows are in each bin, for later days to compare with."""

    @property
    def failed(self) -> bool:
        """Whether the expectation is not met."""
        return self.status == FAILED

    def sentence(self) -> str:
        """For a log line or an error: what, observed, threshold."""
        return f"{self.expectation.id}: {self.told}; expected {self.threshold}"


def failures(outcomes: tuple[Outcome, ...], severity: str) -> tuple[Outcome, ...]:
    """Those of a severity that are not met."""
    return tuple(one for one in outcomes if one.failed and one.expectation.severity == severity)
