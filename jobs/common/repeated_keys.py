"""Keys that come twice. That hardly ever is one: to look for them is cheap, to bring all rows of a key together is not.

Hashes are compared sooner than keys, and of many rows they are sorted as numbers: a quarter of what it costs to group
by them. The driver sorts them up to some millions; more are sorted in parts, side by side. Two keys may have the same
hash; so where one comes twice, the keys themselves are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

_FEW = 10_000
"""Rows whose hashes are looked at where they are brought to, which takes less than to have Spark group them."""
_PARTS = 64
_LARGE = 32 << 20
"""Bytes of a frame from which on sorting its hashes is worth starting Python."""
_DRIVER = 1 << 22
"""Hashes that the driver sorts, 32 MB of them."""
_TIMES = "_times"


def surplus_rows(frame: DataFrame, key: Sequence[str], rows: int | None = None) -> int:
    """How many rows have a key that another row has already. `rows`: how many there are, where that is known."""
    hashes = frame.select(F.xxhash64(*key).alias("hash"))
    if rows is not None and rows <= _FEW:
        found = [row["hash"] for row in hashes.collect()]
        return _surplus(frame, key) if len(set(found)) < len(found) else 0
    size = int(str(frame._jdf.queryExecution().optimizedPlan().stats().sizeInBytes()))
    repeated = some_repeat(hashes, rows) if size >= _LARGE else _surplus(hashes, ["hash"]) > 0
    return _surplus(frame, key) if repeated else 0


def _surplus(frame: DataFrame, key: Sequence[str]) -> int:
    times = frame.groupBy(*key).agg(F.count("*").alias(_TIMES)).where(F.col(_TIMES) > 1)
    return int(times.agg(F.sum(F.col(_TIMES) - 1)).collect()[0][0] or 0)


def some_repeat(hashes: DataFrame, rows: int | None = None) -> bool:
    """Whether two rows of a frame have the same. Its one column is a bigint whose bits are as good as chance."""
    if rows is not None and rows <= _DRIVER:
        parcels = hashes.mapInArrow(_part(1), "part int, hashes binary").collect()
        return one_repeats(bytes(row["hashes"]) for row in parcels)
    parted = hashes.mapInArrow(_part(_PARTS), "part int, hashes binary")
    tasks = hashes.sparkSession.sparkContext.defaultParallelism
    found = parted.repartition(tasks, "part").select("hashes").mapInArrow(_sort(), "repeats boolean")
    return any(row["repeats"] for row in found.collect())


def one_repeats(parcels: Iterable[bytes]) -> bool:
    """Whether there is a hash that comes twice in parcels of them, each a bigint's 8 bytes."""
    import numpy

    of_all = numpy.frombuffer(b"".join(parcels), numpy.uint64).copy()
    of_all.sort()
    return bool((of_all[1:] == of_all[:-1]).any())


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
