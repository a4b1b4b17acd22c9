"""One Spark session for all tests, set up as a plain script's is; each test gets a lake of its own in a folder."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from pyspark.sql import DataFrame, SparkSession

from jobs.common.context import RunContext, Storage
from jobs.common.declaration import Declaration
from jobs.common.session import spark_session

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def declaration() -> Declaration:
    return Declaration(PROJECT / "config")


@pytest.fixture(scope="session")
def spark(
    declaration: Declaration, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[SparkSession]:
    root = tmp_path_factory.mktemp("spark").as_uri()
    session = spark_session("tests", declaration, declaration.environment("local"), lake_root=root)
    session.sparkContext.setLogLevel("ERROR")
    for name in ("spark.sql.shuffle.partitions", "spark.databricks.delta.snapshotPartitions"):
        session.conf.set(name, "1")
    if "not heavy" in pytestconfig.option.markexpr:
        # Spark compiles every query for speed, which takes longer than to interpret it over a few rows. The heavy
        # tests, and all that run jobs as users do, have it compiled.
        session.conf.set("spark.sql.codegen.wholeStage", "false")
        session.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
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
        declared = declaration or self.declaration
        return RunContext(
            spark=self.spark,
            declaration=declared,
            environment=declared.environment("local"),
            storage=Storage("unused", self.folder.as_uri()),
            job=declared.job(job),
            date=dt.date.fromisoformat(date),
            run_id=run_id,
            arguments=arguments,
        )

    def reaching(self, system: str, connector: dict[str, object]) -> Declaration:
        """The declaration with another way to a system in the local environment."""
        config = self.folder / "config"
        shutil.copytree(self.declaration.root, config, dirs_exist_ok=True)
        file = config / "environments" / "local.yaml"
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        content["sources"][system] = connector
        file.write_text(yaml.safe_dump(content), encoding="utf-8")
        return Declaration(config)

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

    def version(self, name: str) -> int:
        """How many commits a bronze table has had, less one."""
        return len(list((self.folder / "bronze" / name / "_delta_log").glob("*.json"))) - 1


@pytest.fixture
def lake(spark: SparkSession, declaration: Declaration, tmp_path: Path) -> Lake:
    return Lake(tmp_path, spark, declaration)
