"""Whether a hash comes twice among many, by sorting them as numbers: a tenth of what it costs to group rows by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pyspark.sql import DataFrame

_PARTS = 64


def some_repeat(hashes: DataFrame) -> bool:
    """Whether two rows of a frame have the same. Its one column is a bigint whose bits are as good as chance."""
    parted = hashes.mapInArrow(_part(_PARTS), "part int, hashes binary")
    found = (
        parted.repartition(hashes.sparkSession.sparkContext.defaultParallelism, "part")
        .select("hashes")
        .mapInArrow(_sort(), "repeats boolean")
    )
    return any(row["repeats"] for row in found.collect())


# Functions within functions travel to the workers by their value: those of a plain script cannot import this module.


def _part(parts: int) -> Any:
    def part(batches: Iterable[Any]) -> Iterator[Any]:
        import numpy
        import pyarrow

        taken = [batch.column(0).to_numpy(zero_copy_only=False).view(numpy.uint64) for batch in batches]
        if not taken:
            return
        of_all = numpy.sort(numpy.concatenate(taken))
        bounds = numpy.searchsorted(of_all, numpy.arange(1, parts, dtype=numpy.uint64) << numpy.uint64(58))
        pieces = [piece.tobytes() for piece in numpy.split(of_all, bounds)]
        yield pyarrow.RecordBatch.from_arrays(
            [pyarrow.array(range(parts), pyarrow.int32()), pyarrow.array(pieces, pyarrow.binary())],
            ["part", "hashes"],
        )

    return part


def _sort() -> Any:
    def sort(batches: Iterable[Any]) -> Iterator[Any]:
        import numpy
        import pyarrow

        # A part has all hashes with the same first bits; which other parts a task has does not matter.
        taken = [
            numpy.frombuffer(piece, numpy.uint64)
            for batch in batches
            for piece in batch.column(0).to_pylist()
        ]
        if taken:
            of_all = numpy.sort(numpy.concatenate(taken))
            repeats = bool((of_all[1:] == of_all[:-1]).any())
            yield pyarrow.RecordBatch.from_arrays([pyarrow.array([repeats])], ["repeats"])

    return sort
