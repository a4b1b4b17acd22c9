"""What a run is handed: the session, the declaration, the date, and where the lake is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import SparkSession

from jobs.common.contract import Contract
from jobs.common.declaration import Declaration, Environment, Job


@dataclass(frozen=True)
class Storage:
    """Turns the lake's buckets into URIs: `s3://<prefix>-<bucket>/…`, or a folder a bucket below `root`, an URI of any
    file system that Hadoop knows (tests use `file:///…`).
    """

    buckets: Mapping[str, str]
    """Whole names, by what each is for; not asked for with a `root`."""
    root: str | None = None

    def uri(self, bucket: str, path: str) -> str:
        """The URI of `path` in a bucket: landing, bronze, silver, gold, artifacts or logs."""
        base = f"s3://{self.buckets[bucket]}" if self.root is None else f"{self.root.rstrip('/')}/{bucket}"
        return f"{base}/{path.lstrip('/')}"

    def table(self, contract: Contract) -> str:
        """Where a dataset's table is."""
        return self.uri(contract.layer, f"{contract.table}/")

    def quarantine(self, contract: Contract) -> str:
        """Where the rows are that broke a dataset's contract."""
        return self.uri(contract.layer, f"{contract.quarantine_table}/")


@dataclass(frozen=True)
class RunContext:
    """One run of one job for one logical date."""

    spark: SparkSession
    declaration: Declaration
    environment: Environment
    storage: Storage
    job: Job
    date: dt.date
    run_id: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """What the job was given of the arguments that it has over and above every job's."""
