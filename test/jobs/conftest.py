"""One Spark session for all tests, set up as a plain script's is; each test gets a lake of its own in a folder."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from delta_folder import delta_rows
from platforms import PROJECT, declared, reaching
from pyspark.sql import DataFrame, SparkSession

from jobs.common.context import RunContext, Storage
from jobs.common.declaration import Declaration
from jobs.common.result import JobResult
from jobs.common.session import spark_session

DAY = "2026-01-05"  # of the samples


@pytest.fixture(scope="session")
def declaration() -> Declaration:
    return declared()


@pytest.fixture(scope="session")
def spark(
    declaration: Declaration,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Iterator[SparkSession]:
    everyday = "not heavy" in pytestconfig.option.markexpr
    # The heavy tests have the machine to themselves, and run long enough for what Java compiles well to pay. The
    # everyday ones share it: there that costs more than it gives, and a session's own options say to compile quickly.
    well = {"spark.driver.extraJavaOptions": "-XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"}
    session = spark_session(
        "tests",
        declaration.platform,
        lake_root=tmp_path_factory.mktemp("spark").as_uri(),
        properties={} if everyday else well,
    )
    session.sparkContext.setLogLevel("ERROR")
    for name in ("spark.sql.shuffle.partitions", "spark.databricks.delta.snapshotPartitions"):
        session.conf.set(name, "1")
    if everyday:
        # Spark compiles every query for speed, which takes longer than to interpret it over a few rows. The heavy
        # tests, and all that run jobs as users do, have it compiled.
        session.conf.set("spark.sql.codegen.wholeStage", "false")
        session.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        # Nor is there anything to adapt in a single partition.
        session.conf.set("spark.sql.adaptive.enabled", "false")
    yield session
    session.stop()


@dataclass(frozen=True)
class Lake:
    """A lake in a folder, and runs over it."""

    folder: Path
    spark: SparkSession
    declaration: Declaration

    def context(
        self,
        job: str,
        date: str,
        run_id: str = "test",
        declaration: Declaration | None = None,
        **arguments: object,
    ) -> RunContext:
        declares = declaration or self.declaration
        return RunContext(
            spark=self.spark,
            declaration=declares,
            environment=declares.environment,
            storage=Storage({}, self.folder.as_uri()),
            job=declares.job(job),
            date=dt.date.fromisoformat(date),
            run_id=run_id,
            arguments=arguments,
        )

    def reaching(self, system: str, connector: dict[str, object]) -> Declaration:
        """The declaration with another way to a system in the local environment."""
        return reaching(self.declaration, system, connector)

    def deliver_samples(self, *paths: str) -> None:
        """Put folders of the samples into landing."""
        for path in paths:
            shutil.copytree(PROJECT / "samples" / path, self.folder / "landing" / path)

    def landing(self, dataset: str, date: str) -> Path:
        """The landing folder of a date; made where it is not there."""
        folder = self.folder / "landing" / "crm" / dataset / date
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def deliver(self, dataset: str, date: str, content: bytes, name: str | None = None) -> Path:
        """Put a file into landing."""
        file = self.landing(dataset, date) / (name or f"{dataset}.csv")
        file.write_bytes(content)
        return file

    def deliver_sample(self, dataset: str, date: str) -> Path:
        """Put a day of the samples into landing."""
        source = PROJECT / "samples" / "crm" / dataset / date / f"{dataset}.csv"
        return Path(shutil.copy(source, self.landing(dataset, date)))

    def table(self, name: str) -> DataFrame:
        """A bronze table, by its path."""
        return self.spark.read.format("delta").load((self.folder / "bronze" / name).as_uri())

    def rows(self, name: str) -> list[dict[str, Any]]:
        """A bronze table's rows, without a query: most of what a test asks of a table is quicker said so."""
        return delta_rows(self.folder / "bronze" / name)

    def texts(self, name: str, date: str, columns: Sequence[str]) -> set[tuple[str, ...]]:
        """Columns of a bronze table's partition, in texts as the samples have them."""
        return {
            tuple(_as_sampled(row[column]) for column in columns)
            for row in self.rows(name)
            if str(row["ingest_date"]) == date
        }

    def content(self, name: str) -> list[str]:
        """A bronze table's rows as text, ordered, for comparison as a whole."""
        return sorted(map(repr, self.rows(name)))

    def version(self, name: str) -> int:
        """How many commits a bronze table has had, less one."""
        return len(list((self.folder / "bronze" / name / "_delta_log").glob("*.json"))) - 1


def _as_sampled(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return "" if value is None else str(value)


@pytest.fixture
def lake(spark: SparkSession, declaration: Declaration, tmp_path: Path) -> Lake:
    return Lake(tmp_path, spark, declaration)


@dataclass(frozen=True)
class Sampled:
    """A job's day of the samples, as it landed. To look at only: other tests look at it too."""

    lake: Lake
    result: JobResult

    def into(self, lake: Lake) -> JobResult:
        """Let a lake of a test's own have what is here, as if it had been run there (but for `_source_file`)."""
        shutil.copytree(self.lake.folder, lake.folder, dirs_exist_ok=True)
        return self.result


@pytest.fixture(scope="session")
def sampled(
    spark: SparkSession, declaration: Declaration, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Sampled]:
    """By a job's module, and a date: what the job makes of its samples. It is run once, however many tests ask."""

    @cache
    def landed(job: ModuleType, date: str = DAY) -> Sampled:
        lake = Lake(tmp_path_factory.mktemp(job.JOB), spark, declaration)
        sources = [declaration.source(name) for name in declaration.job(job.JOB).sources]
        lake.deliver_samples(*(source.folder(dt.date.fromisoformat(date)).strip("/") for source in sources))
        return Sampled(lake, job.run(lake.context(job.JOB, date)))

    return landed
