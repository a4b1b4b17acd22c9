"""The declaration as the jobs see it: the platform as it was resolved for them, and the contracts of `config/`.

Names, durations, secrets' names, what a job reads and writes: the command line derives them, and jobs are told
(docs/decisions/platform-for-jobs.md). Contracts are read here, for what one means to Spark is the jobs' own.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

from jobs.common.contract import Contract, contract_of
from jobs.common.errors import DeclarationError, QualityError
from jobs.common.lineage.settings import LineageSettings

UTF_8 = "utf-8"

Named = TypeVar("Named")


@dataclass(frozen=True)
class Connector:
    """How an environment reaches a system that delivers: `sources.<system>` of its file."""

    system: str
    kind: str
    secret: str | None = None
    """The whole name of its secret in Secrets Manager."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Everything else that the kind has, by its key."""

    def setting(self, key: str) -> Any:
        """A setting that must be there."""
        if self.settings.get(key) is None:
            raise DeclarationError(f'the connector of {self.system} ({self.kind}) has no "{key}"')
        return self.settings[key]


@dataclass(frozen=True)
class Environment:
    """Where a job runs."""

    name: str
    account: str
    region: str
    endpoint_port: int | None
    """Port of the local AWS endpoint; None where the environment is a real account."""
    buckets: Mapping[str, str]
    """Whole names, by what each is for: landing, bronze, silver, gold, artifacts or logs."""
    namespace: str
    """What the environment is called in lineage."""
    masking_key: str
    """The whole name of the secret with the key of masks."""
    connectors: Mapping[str, Connector] = field(default_factory=dict)
    lineage: LineageSettings = field(default_factory=LineageSettings)

    def connector(self, source: Source) -> Connector:
        """How the system that delivers a source is reached."""
        if source.system not in self.connectors:
            raise DeclarationError(
                f'environment "{self.name}" does not say how {source.system} is reached ("sources.{source.system}")'
            )
        return self.connectors[source.system]


# In the name of what says that a file is complete: that file's own name, and the same without its ending.
FILE, STEM = "{file}", "{stem}"


@dataclass(frozen=True)
class Completeness:
    """What says that a delivery is complete: names of files beside it, one beside each file where `{file}` or `{stem}`
    is in it.
    """

    marker: str | None = None
    """It is there, whatever is in it."""
    count: str | None = None
    """It says how many rows there are."""
    md5: str | None = None
    sha256: str | None = None
    """They say what the bytes of files come to."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """All that are awaited."""
        return tuple(name for name in (self.marker, self.count, self.md5, self.sha256) if name is not None)

    def is_mark(self, name: str) -> bool:
        """Whether a file holds no data, but says that other ones are complete."""
        return any(name == pattern or self.spoken_of(pattern, name) for pattern in self.patterns)

    @staticmethod
    def is_of_each(pattern: str) -> bool:
        """Whether there is one beside each file."""
        return FILE in pattern or STEM in pattern

    @staticmethod
    def mark_of(pattern: str, name: str) -> str:
        """What has to be there for the file called `name`."""
        return pattern.replace(FILE, name).replace(STEM, stem_of(name))

    def spoken_of(self, pattern: str, name: str) -> str | None:
        """The name, or for `{stem}` its stem, of the file that is complete once the one called `name` is there."""
        before, _, behind = pattern.partition(FILE if FILE in pattern else STEM)
        found = name[len(before) : len(name) - len(behind)]
        return found if self.is_of_each(pattern) and found and name == before + found + behind else None


def stem_of(name: str) -> str:
    """A file's name without its ending, and without that of what it is packed in: `orders` of `orders.csv.gz`."""
    packed = name[: -len(".gz")] if name.endswith(".gz") else name
    return packed.rpartition(".")[0] or packed


@dataclass(frozen=True)
class Selection:
    """Which files of a folder are delivered, by patterns of their names: `*` stands for any letters, `?` for one."""

    include: tuple[str, ...] = ()
    """Empty: all are."""
    exclude: tuple[str, ...] = ()
    complete: Completeness | None = None
    """What has to be there beside them."""

    def takes(self, name: str) -> bool:
        """Whether a file is delivered by its name, letter by letter."""
        included = not self.include or any(fnmatchcase(name, pattern) for pattern in self.include)
        return included and not any(fnmatchcase(name, pattern) for pattern in self.exclude)


ALL_FILES = Selection()


@dataclass(frozen=True)
class Source:
    """Something outside the platform that a job reads.

    `path` is below the landing bucket and holds `{date}`; with `format` and `options` it is for files. `entity` is what
    a system calls it. `watermark` is the column with the time of the last change.
    """

    id: str
    format: str
    path: str
    options: Mapping[str, Any]
    system: str = ""
    entity: str | None = None
    watermark: str | None = None
    lookback: dt.timedelta = dt.timedelta(0)
    partition_column: str | None = None

    @property
    def encoding(self) -> str:
        """What the letters of files are written in."""
        return str(self.options.get("encoding", UTF_8))

    @property
    def nulls(self) -> tuple[str, ...]:
        """Texts that stand for a missing value in files."""
        return tuple(self.options.get("nulls", ()))

    @property
    def selection(self) -> Selection:
        """Which files of a folder are delivered."""
        complete = self.options.get("completeWhen")
        return Selection(
            tuple(self.options.get("include", ())),
            tuple(self.options.get("exclude", ())),
            None if complete is None else Completeness(**complete),
        )

    def folder(self, date: dt.date) -> str:
        """Where files of a date are delivered, below the landing bucket."""
        return self.path.replace("{date}", date.isoformat())


@dataclass(frozen=True)
class Job:
    """A node of the job graph."""

    id: str
    group: str
    sources: tuple[str, ...]
    """Ids of the sources that it reads; an ingest has an output for each, in the same order."""
    inputs: tuple[str, ...]
    """Ids of the datasets that it reads."""
    outputs: tuple[str, ...]
    mode: str = "batch"
    description: str = ""


@dataclass(frozen=True)
class Maintenance:
    """How a table is kept in order."""

    file_megabytes: int
    """How large files are to become."""
    keep_versions: dt.timedelta
    """How long what was replaced can be read by time travel."""
    cluster_by: str | None = None
    """`zorder` or `liquid`."""
    cluster_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """What is derived of a dataset, over and above what its contract says itself."""

    maintenance: Maintenance
    quarantine_maintenance: Maintenance
    """Of the rows that broke its contract."""
    source: str | None = None
    """The source that it is ingested from; None where it is made of other datasets."""
    mask_after: dt.timedelta = dt.timedelta(0)
    """How old a row is when it is masked in the table that it is in."""


@dataclass(frozen=True)
class Threshold:
    """Shares (0 to 1) of the delivered rows above which a run warns or fails; None: never."""

    warn_above: float | None = None
    fail_above: float | None = None

    def check(self, share: float, message: str, otherwise: str) -> list[str]:
        """Warnings about rows in quarantine: `message`, where their `share` is more than a run may pass over.

        :param otherwise: what stands and what to do where the run fails; follows the message
        :raises QualityError: the share is more than the dataset bears
        """
        if self.fail_above is not None and share > self.fail_above:
            bears = f"That is {share:.1%}, more than the {self.fail_above:.0%} at which the run fails"
            raise QualityError(f"{message}. {bears}; {otherwise}")
        return [message] if self.warn_above is not None and share > self.warn_above else []


@dataclass(frozen=True)
class Platform:
    """One environment's platform, everything resolved; each by its id."""

    environment: Environment
    spark: Mapping[str, str]
    """Spark's properties where no spark-submit names them."""
    jobs: Mapping[str, Job]
    sources: Mapping[str, Source]
    datasets: Mapping[str, Dataset]
    quality: Mapping[str, Mapping[str, Any]]
    """What a dataset may bear, and what is expected of it."""


@dataclass(frozen=True)
class Declaration:
    """The resolved platform, and the `config/` directory whose contracts are read when they are first asked for."""

    root: Path
    platform: Platform

    @property
    def environment(self) -> Environment:
        """Where it is."""
        return self.platform.environment

    def job(self, job_id: str) -> Job:
        """The job of that id."""
        return _named("config/shared/lineage.yaml declares no job", self.platform.jobs, job_id)

    def source(self, source_id: str) -> Source:
        """The source of that id."""
        return _named("config/shared/lineage.yaml declares no source", self.platform.sources, source_id)

    def dataset(self, dataset: str) -> Dataset:
        """What is derived of a dataset."""
        return _named("config/schemas holds no dataset", self.platform.datasets, dataset)

    def source_of(self, dataset: str) -> Source | None:
        """The source that a dataset is ingested from; None where it is made of other datasets."""
        source = self.dataset(dataset).source
        return None if source is None else self.source(source)

    def contract(self, dataset: str) -> Contract:
        """The data contract of a dataset (`<table>_<layer>`)."""
        file = self.root / "schemas" / f"{dataset}.json"
        if not file.is_file():
            raise DeclarationError(f'no contract for the dataset "{dataset}": {file} does not exist')
        try:
            return contract_of(json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, KeyError, DeclarationError) as error:
            raise DeclarationError(f"{file}: {error}") from error

    def quarantine_threshold(self, dataset: str) -> Threshold:
        """How large a share of the rows may break the contract; without an entry any share is borne."""
        limits = self.quality(dataset).get("quarantine") or {}
        return Threshold(limits.get("warnAbove"), limits.get("failAbove"))

    def quality(self, dataset: str) -> Mapping[str, Any]:
        """What `dq_thresholds.yaml` says of a dataset; nothing where it has no entry."""
        return self.platform.quality.get(dataset, {})


def _named(missing: str, known: Mapping[str, Named], name: str) -> Named:
    if name not in known:
        raise DeclarationError(f'{missing} "{name}"; there is {", ".join(sorted(known))}')
    return known[name]
