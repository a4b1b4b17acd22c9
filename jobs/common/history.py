"""Versions of a key over time out of the changes that were told of it, and back. Pure.

A change says what a key's state is from a moment on. What is decided here, and nowhere else:

- A version holds from its first change (`valid_from`) until another state begins (`valid_to`, which is no part of it);
  the last one is current. So the versions of a key touch: none overlaps another, and between two there is nothing.
- Of several changes of a key at the same moment the one told last counts; told at the same time, the greater state.
- A change that tells the state again makes no version. Its moment is kept with the version (`confirmed`), for a
  change that comes late may fall between the two, and then there are three versions.
- A deletion is a state like any other, by its own column; so an older change that comes late does not undo it.

Whatever versions say can be turned back into changes, and every choice above is one of a greatest element. That is why
the order in which changes arrive, and how often, makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

VALID_FROM, VALID_TO, IS_CURRENT, CONFIRMED = "valid_from", "valid_to", "is_current", "confirmed"
_CHANGE, _BEGINS, _RUN, _VERSION = "_change", "_begins", "_run", "_version"


@dataclass(frozen=True)
class Timeline:
    """The columns of a change, by what they are for."""

    key: tuple[str, ...]
    at: str
    """From when on the state holds; in versions it is `valid_from`."""
    told: str
    """When the platform was told, which decides between changes of the same moment."""
    state: tuple[str, ...]
    """What makes another version when it differs."""

    @property
    def columns(self) -> tuple[str, ...]:
        """All of a change."""
        return (*self.key, self.at, self.told, *self.state)

    @property
    def version_columns(self) -> tuple[str, ...]:
        """All of a version."""
        return (*self.key, *self.state, VALID_FROM, VALID_TO, IS_CURRENT, CONFIRMED, self.told)


def versions(changes: DataFrame, timeline: Timeline) -> DataFrame:
    """The versions that changes come to. All changes of a key have to be there, or it is another key's history."""
    by_key = Window.partitionBy(*timeline.key)
    in_order = by_key.orderBy(timeline.at)
    change = F.struct(timeline.told, F.struct(*timeline.state).alias("state"))
    latest = (
        # By the key alone, so that everything below finds its rows where they are.
        changes.repartition(*timeline.key)
        .groupBy(*timeline.key, timeline.at)
        .agg(F.max(change).alias(_CHANGE))
    )
    state = F.col(f"{_CHANGE}.state")
    begins = ~state.eqNullSafe(F.lag(state).over(in_order)) | (F.row_number().over(in_order) == 1)
    runs = latest.withColumn(_BEGINS, begins).withColumn(
        _RUN, F.sum(F.col(_BEGINS).cast("bigint")).over(in_order)
    )
    confirmed = F.when(~F.col(_BEGINS), F.struct(timeline.at, F.col(f"{_CHANGE}.{timeline.told}")))
    grouped = runs.groupBy(*timeline.key, _RUN).agg(
        F.first(F.when(F.col(_BEGINS), F.struct(timeline.at, _CHANGE)), ignorenulls=True).alias(_VERSION),
        F.map_from_entries(F.array_sort(F.collect_list(confirmed))).alias(CONFIRMED),
    )
    valid_from = F.col(f"{_VERSION}.{timeline.at}")
    valid_to = F.lead(valid_from).over(by_key.orderBy(valid_from))
    return grouped.select(
        *timeline.key,
        *(F.col(f"{_VERSION}.{_CHANGE}.state.{name}").alias(name) for name in timeline.state),
        valid_from.alias(VALID_FROM),
        valid_to.alias(VALID_TO),
        valid_to.isNull().alias(IS_CURRENT),
        CONFIRMED,
        F.col(f"{_VERSION}.{_CHANGE}.{timeline.told}").alias(timeline.told),
    )


def changes_of(known: DataFrame, timeline: Timeline) -> DataFrame:
    """The changes that versions were made of."""
    first = F.array(F.struct(F.col(VALID_FROM).alias("key"), F.col(timeline.told).alias("value")))
    moments = known.select(
        *timeline.key,
        *timeline.state,
        F.explode(F.concat(first, F.map_entries(CONFIRMED))).alias(_CHANGE),
    )
    return moments.select(
        *timeline.key,
        F.col(f"{_CHANGE}.key").alias(timeline.at),
        F.col(f"{_CHANGE}.value").alias(timeline.told),
        *timeline.state,
    )


def same(left: str, right: str, columns: tuple[str, ...]) -> Expression:
    """Whether two aliased frames agree in columns, a missing value being like another."""
    agree = F.lit(True)
    for name in columns:
        agree = agree & F.col(f"{left}.{name}").eqNullSafe(F.col(f"{right}.{name}"))
    return agree
