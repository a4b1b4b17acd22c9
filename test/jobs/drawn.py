"""Examples by hypothesis, the same in every run."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

T = TypeVar("T")


def few(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],  # to shrink takes a Spark query a step
    )


def draw(strategy: st.SearchStrategy[T], count: int) -> list[T]:
    """The first so many that hypothesis comes up with."""
    drawn: list[T] = []

    @few(count)
    @given(strategy)
    def take(one: T) -> None:
        drawn.append(one)

    take()
    return drawn
