"""How tables are written: one module a strategy that a contract may name in `x-dataplat.write`.

Each takes the rows and a `commit`, a few words that are kept with the table's own commit (`DESCRIBE HISTORY`,
`userMetadata`), so that what they say is true exactly when the rows are there.
"""

from __future__ import annotations

from jobs.common.write.append_batch import append_batch
from jobs.common.write.merge import GONE, Merged, Transaction, merge
from jobs.common.write.replace_partition import partition_is_empty, replace_partition

__all__ = [
    "GONE",
    "Merged",
    "Transaction",
    "append_batch",
    "merge",
    "partition_is_empty",
    "replace_partition",
]
