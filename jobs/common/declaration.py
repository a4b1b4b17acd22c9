"""The declaration (`config/`) as the jobs see it: environments, contracts, jobs, sources, thresholds.

Only what a job needs is read; `dataplat validate` is what checks all of it.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import yaml

from jobs.common.contract import Contract, contract_of
from jobs.common.errors import DeclarationError, QualityError
from jobs.common.lineage.settings import LineageSettings

UTF_8 = "utf-8"


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
    """Where a job runs: `environments/<name>.yaml`."""

    name: str
    account: str
    region: str
    bucket_prefix: str
    endpoint_port: int | None
    """Port of the local AWS endpoint; None where the environment is a real account."""
    prefix: str = ""
    """What the names of everything in the account begin with."""
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
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    mode: str = "batch"
    description: str = ""


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
class Declaration:
    """The declaration in one `config/` directory. Files are read when they are first asked for."""

    root: Path

    def environment(self, name: str) -> Environment:
        """The environment of that name."""
        file = self.root / "environments" / f"{name}.yaml"
        if not file.is_file():
            known = sorted(path.stem for path in (self.root / "environments").glob("*.yaml"))
            raise DeclarationError(f'no environment "{name}" in {file.parent}; there is {", ".join(known)}')
        return self.environment_file(file)

    def environment_file(self, file: Path) -> Environment:
        """The environment that a file declares."""
        content = _yaml(file)
        port = _get(file, content, "endpoint.port") if "endpoint" in content else None
        return Environment(
            name=str(_get(file, content, "name")),
            account=str(_get(file, content, "account")),
            region=str(_get(file, content, "region")),
            bucket_prefix=str(_get(file, content, "lake.bucketPrefix")),
            endpoint_port=None if port is None else int(port),
            prefix=str(_get(file, content, "prefix")),
            connectors={
                system: _connector(file, content, system, settings)
                for system, settings in (content.get("sources") or {}).items()
            },
            lineage=_lineage_settings(content),
        )

    def job(self, job_id: str) -> Job:
        """The job of that id."""
        node = _entry(self._lineage_file, self._lineage, "jobs", job_id)
        return Job(
            id=job_id,
            group=str(_get(self._lineage_file, node, "group", f"jobs.{job_id}.")),
            inputs=self._with_layers(_get(self._lineage_file, node, "inputs", f"jobs.{job_id}.")),
            outputs=self._with_layers(_get(self._lineage_file, node, "outputs", f"jobs.{job_id}.")),
            mode=str(node.get("mode", "batch")),
            description=str(node.get("description", "")),
        )

    def _with_layers(self, names: Iterable[str]) -> tuple[str, ...]:
        """Names with every `layer/<layer>` replaced by the ids of its datasets."""
        found: dict[str, None] = {}
        for name in names:
            kind, _, layer = name.partition("/")
            contracts = sorted((self.root / "schemas").glob(f"*_{layer}.json")) if kind == "layer" else []
            found.update(dict.fromkeys([file.stem for file in contracts] if kind == "layer" else [name]))
        return tuple(found)

    def source(self, source_id: str) -> Source:
        """The source of that id."""
        node = _entry(self._lineage_file, self._lineage, "sources", source_id)
        return Source(
            id=source_id,
            format=str(_get(self._lineage_file, node, "format", f"sources.{source_id}.")),
            path=str(_get(self._lineage_file, node, "path", f"sources.{source_id}.")),
            options=cast("Mapping[str, Any]", node.get("options") or {}),
            system=str(_get(self._lineage_file, node, "system", f"sources.{source_id}.")),
            entity=node.get("entity"),
            watermark=node.get("watermark"),
            lookback=duration_of(node.get("lookback")),
            partition_column=node.get("partitionColumn"),
        )

    def source_of(self, dataset: str) -> Source | None:
        """The source that a dataset is ingested from; None where it is made of other datasets."""
        for node in (self._lineage.get("jobs") or {}).values():
            for name, output in zip(node.get("inputs") or [], node.get("outputs") or []):
                if output == dataset and name.startswith("source/"):
                    return self.source(name[len("source/") :])
        return None

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
        datasets = _yaml(self.root / "shared" / "dq_thresholds.yaml").get("datasets") or {}
        return cast("Mapping[str, Any]", datasets.get(dataset) or {})

    @property
    def _lineage_file(self) -> Path:
        return self.root / "shared" / "lineage.yaml"

    @cached_property
    def _lineage(self) -> dict[str, Any]:
        return _yaml(self._lineage_file)


def find_declaration(environment_file: Path | None, script: Path | None = None) -> Declaration:
    """Find `config/`: around the given environment file, else `$DATAPLAT_CONFIG_DIR`, else `declaration/config` in the
    working directory (a job run on EMR Serverless), else in the nearest parent of the working directory, then of the
    script. A directory counts when it holds `environments/`.
    """
    if environment_file is not None:
        if not environment_file.is_file():
            raise DeclarationError(f"no environment file {environment_file}")
        return Declaration(_checked(environment_file.resolve().parent.parent, "around --config"))
    named = os.environ.get("DATAPLAT_CONFIG_DIR")
    if named:
        return Declaration(_checked(Path(named).resolve(), "named by DATAPLAT_CONFIG_DIR"))
    here = Path.cwd()
    starts = [here] if script is None else [here, script.resolve().parent]
    candidates = [here / "declaration" / "config"]
    candidates += [parent / "config" for start in starts for parent in (start, *start.parents)]
    for candidate in candidates:
        if _holds_declaration(candidate):
            return Declaration(candidate)
    raise DeclarationError(
        f"no declaration: neither {here} nor a directory above it holds config/environments; "
        "name it with --config <environment file> or DATAPLAT_CONFIG_DIR"
    )


def _holds_declaration(directory: Path) -> bool:
    return (directory / "environments").is_dir()


def _checked(directory: Path, why: str) -> Path:
    if not _holds_declaration(directory):
        raise DeclarationError(f"{directory} ({why}) holds no environments/")
    return directory


def _connector(
    file: Path, environment: Mapping[str, Any], system: str, settings: Mapping[str, Any]
) -> Connector:
    secret = settings.get("secret")
    return Connector(
        system=system,
        kind=str(_get(file, settings, "kind", f"sources.{system}.")),
        secret=None if secret is None else f"{_get(file, environment, 'prefix')}/{secret}",
        settings={key: value for key, value in settings.items() if key not in ("kind", "secret")},
    )


def _lineage_settings(content: Mapping[str, Any]) -> LineageSettings:
    settings = content.get("lineage") or {}
    return LineageSettings(str(settings.get("transport", "none")), settings.get("url"))


def duration_of(text: str | None) -> dt.timedelta:
    """`45s`, `15m`, `26h`, `7d`, as `validate` has checked it; nothing is no time."""
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    return dt.timedelta(**{units[text[-1]]: int(text[:-1])}) if text else dt.timedelta(0)


def _yaml(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DeclarationError(f"{file} does not exist") from None
    except yaml.YAMLError as error:
        raise DeclarationError(f"{file} is not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise DeclarationError(f"{file} holds no mapping")
    return content


def _get(file: Path, content: Mapping[str, Any], path: str, prefix: str = "") -> Any:
    value: Any = content
    for key in path.split("."):
        if not isinstance(value, dict) or value.get(key) is None:
            raise DeclarationError(f'{file}: "{prefix}{path}" is missing')
        value = value[key]
    return value


def _entry(file: Path, content: Mapping[str, Any], section: str, name: str) -> Mapping[str, Any]:
    entries = content.get(section) or {}
    if name not in entries:
        raise DeclarationError(f'{file}: {section} has no "{name}"; there is {", ".join(sorted(entries))}')
    return cast("Mapping[str, Any]", entries[name])
