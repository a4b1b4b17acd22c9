"""The platform as DAGs see it: what `dataplat deploy` has written beside them. Read, never derived a second time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from airflow.configuration import conf

FILE = Path(__file__).parents[1] / "dataplat" / "platform.json"


class NotDeployedError(Exception):
    """There is nothing to make DAGs from; the message says which command mends it."""


class UnknownJobError(Exception):
    """A DAG names a job that the graph does not have."""


@dataclass(frozen=True)
class Job:
    """A job, where it stands in the graph, and the request that runs it."""

    id: str
    description: str
    group: str
    layer: str
    dag: str | None
    gate: bool
    upstream: tuple[str, ...]
    outputs: tuple[str, ...]
    owner: str
    sla_minutes: int | None
    complete_by: str | None
    request: dict[str, Any]

    @property
    def command(self) -> str:
        """How a person runs it."""
        return f"dataplat submit {self.group} {self.id}"


@dataclass(frozen=True)
class Node:
    """Where Node is for machines that have none, and the SHA-256 of the executable."""

    bucket: str
    key: str
    sha256: str


@dataclass(frozen=True)
class Snapshots:
    """How snapshots of the lake are taken: when by themselves, if at all, and by which Node."""

    schedule: str | None
    node: Node | None
    program: str
    """The file beside the document that takes one."""
    taken_by_another: str
    """The code of its failure where another run takes the day's."""
    no_use_trying_again: frozenset[str]


@dataclass(frozen=True)
class Platform:
    environment: str
    release: str
    local: bool
    region: str
    application_id: str
    maximum_concurrent_runs: int
    topic_arn: str
    snapshots: Snapshots | None
    locations: dict[str, str]
    jobs: tuple[Job, ...]

    def job(self, job_id: str) -> Job:
        """@raises UnknownJobError"""
        for job in self.jobs:
            if job.id == job_id:
                return job
        known = ", ".join(job.id for job in self.jobs)
        raise UnknownJobError(f'config/shared/lineage.yaml declares no job "{job_id}"; there is: {known}')

    def jobs_of(self, dag_id: str) -> tuple[Job, ...]:
        """The jobs that a DAG schedules, each behind all that it waits for."""
        return tuple(job for job in self.jobs if job.dag == dag_id)


@cache
def platform() -> Platform:
    """@raises NotDeployedError where no deploy has written what DAGs are made from"""
    try:
        read = json.loads(FILE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        environment = conf.get("dataplat", "environment", fallback="local")
        raise NotDeployedError(
            f"there is no {FILE.parent.name}/{FILE.name} beside the DAGs, which names the release and its jobs. "
            f"Next: dataplat deploy --env {environment}"
        ) from None
    return Platform(
        environment=read["environment"],
        release=read["release"],
        local=read["local"],
        region=read["region"],
        application_id=read["applicationId"],
        maximum_concurrent_runs=read["maximumConcurrentRuns"],
        topic_arn=read["topicArn"],
        snapshots=_snapshots(read["snapshots"]),
        locations={dataset["id"]: dataset["location"] for dataset in read["datasets"]},
        jobs=tuple(_job(job) for job in read["jobs"]),
    )


def _snapshots(read: dict[str, Any] | None) -> Snapshots | None:
    if read is None:
        return None
    node = read["node"]
    return Snapshots(
        schedule=read["schedule"],
        node=Node(**node) if node else None,
        program=read["program"],
        taken_by_another=read["takenByAnother"],
        no_use_trying_again=frozenset(read["noUseTryingAgain"]),
    )


def _job(read: dict[str, Any]) -> Job:
    return Job(
        id=read["id"],
        description=read["description"],
        group=read["group"],
        layer=read["layer"],
        dag=read["dag"],
        gate=read["gate"],
        upstream=tuple(read["upstream"]),
        outputs=tuple(read["outputs"]),
        owner=read["owner"],
        sla_minutes=read["slaMinutes"],
        complete_by=read["completeBy"],
        request=read["request"],
    )
