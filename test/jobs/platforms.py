"""Declarations for tests: the platform as the command line resolves it, once a session, and with parts exchanged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from jobs.common.declaration import Connector, Declaration, Job, Platform
from jobs.common.find_declaration import resolve
from jobs.common.platform_document import platform_of

PROJECT = Path(__file__).resolve().parents[2]


@cache
def declared(project: Path = PROJECT, environment: str = "local") -> Declaration:
    """What a project declares."""
    config = project / "config"
    return Declaration(config, platform_of(resolve(config, environment)))


def exchanging(declaration: Declaration, **parts: Any) -> Declaration:
    """The declaration with other parts of its platform."""
    return replace(declaration, platform=replace(declaration.platform, **parts))


def reaching(declaration: Declaration, system: str, connector: Mapping[str, Any]) -> Declaration:
    """With another way to a system; `secret` is the whole name of one."""
    settings = {key: value for key, value in connector.items() if key not in ("kind", "secret")}
    to = Connector(system, connector["kind"], connector.get("secret"), settings)
    environment = declaration.environment
    connectors = {**environment.connectors, system: to}
    return exchanging(declaration, environment=replace(environment, connectors=connectors))


def delivering(declaration: Declaration, source: str, **changes: Any) -> Declaration:
    """With a source that is otherwise."""
    sources = declaration.platform.sources
    return exchanging(declaration, sources={**sources, source: replace(sources[source], **changes)})


def bearing(declaration: Declaration, dataset: str, **limits: Any) -> Declaration:
    """With other limits of a dataset."""
    quality = declaration.platform.quality
    return exchanging(declaration, quality={**quality, dataset: {**quality.get(dataset, {}), **limits}})


def of_one_job(config: Path, job: Job, **parts: Any) -> Declaration:
    """The environment of the product, and a job alone; of datasets there is what `parts` say."""
    nothing: dict[str, Any] = {"sources": {}, "datasets": {}, "quality": {}}
    platform: Platform = replace(declared().platform, **{**nothing, "jobs": {job.id: job}, **parts})
    return Declaration(config, platform)
