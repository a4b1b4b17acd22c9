"""Chance that is the same on every machine, and the month that the samples are of."""

from __future__ import annotations

import datetime as dt
import random
from typing import Dict, List, Sequence, TypeVar

SEED = "dataplat-crm-2026-01"
DAYS = [dt.date(2026, 1, 1) + dt.timedelta(days=offset) for offset in range(31)]
T = TypeVar("T")
Row = Dict[str, str]


class Draw:
    """Chance, from `Random.random()` alone."""

    def __init__(self, *seed: object) -> None:
        self._random = random.Random(":".join([SEED, *map(str, seed)]))

    def below(self, end: int) -> int:
        return int(self._random.random() * end)

    def between(self, first: int, last: int) -> int:
        return first + self.below(last - first + 1)

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def percent(self, chance: int) -> bool:
        return self.below(100) < chance

    def distinct(self, count: int, end: int) -> List[int]:
        """`count` different numbers below `end`, ascending."""
        drawn: List[int] = []
        while len(drawn) < count:
            number = self.below(end)
            if number not in drawn:
                drawn.append(number)
        return sorted(drawn)

    def moment(self, day: dt.date) -> str:
        return f"{day.isoformat()}T{self.between(7, 18):02d}:{self.below(60):02d}:{self.below(60):02d}Z"
