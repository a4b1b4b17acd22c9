"""The strategy `append-stream`: each batch of a stream is in the table once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame

from jobs.common.delta_log import CHANGE_FEED


def append_batch(
    frame: DataFrame,
    uri: str,
    partitioned_by: Sequence[str],
    stream: str,
    batch: int,
    commit: Mapping[str, object],
) -> None:
    """Append a stream's batch in one Delta commit, unless the table has it already: Delta keeps the number of the last
    batch of each stream with the rows, so a batch that is tried again after a failure is not doubled.

    `stream` must be the same as long as its checkpoint is, and another one with another checkpoint, for that counts its
    batches from 0 again.
    """
    (
        frame.write.format("delta")
        .mode("append")
        .partitionBy(*partitioned_by)
        .option("mergeSchema", "true")
        .option(CHANGE_FEED, "true")
        .option("txnAppId", stream)
        .option("txnVersion", batch)
        .option("userMetadata", json.dumps(commit))
        .save(uri)
    )
