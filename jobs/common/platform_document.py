"""The resolved platform as it is written (src/operations/jobs-platform.ts): read into types, nothing is derived."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from jobs.common.declaration import Connector, Dataset, Environment, Job, Maintenance, Platform, Source
from jobs.common.lineage.settings import LineageSettings


def platform_of(document: Mapping[str, Any]) -> Platform:
    """The platform that a document tells of.

    :raises KeyError: it is not of this version, and lacks something
    """
    return Platform(
        environment=_environment(document["environment"]),
        spark=document["spark"],
        jobs={name: _job(name, job) for name, job in document["jobs"].items()},
        sources={name: _source(name, source) for name, source in document["sources"].items()},
        datasets={name: _dataset(dataset) for name, dataset in document["datasets"].items()},
        quality=document["quality"],
    )


def _environment(read: Mapping[str, Any]) -> Environment:
    return Environment(
        name=read["name"],
        account=read["account"],
        region=read["region"],
        endpoint_port=read["endpointPort"],
        buckets=read["buckets"],
        namespace=read["namespace"],
        masking_key=read["maskingKey"],
        connectors={
            system: Connector(system, one["kind"], one["secret"], one["settings"])
            for system, one in read["connectors"].items()
        },
        lineage=LineageSettings(read["lineage"]["transport"], read["lineage"]["url"]),
    )


def _job(name: str, read: Mapping[str, Any]) -> Job:
    return Job(
        id=name,
        group=read["group"],
        sources=tuple(read["sources"]),
        inputs=tuple(read["inputs"]),
        outputs=tuple(read["outputs"]),
        mode=read["mode"],
        description=read["description"],
    )


def _source(name: str, read: Mapping[str, Any]) -> Source:
    return Source(
        id=name,
        format=read["format"],
        path=read["path"],
        options=read["options"],
        system=read["system"],
        entity=read["entity"],
        watermark=read["watermark"],
        lookback=_seconds(read["lookbackSeconds"]),
        partition_column=read["partitionColumn"],
    )


def _dataset(read: Mapping[str, Any]) -> Dataset:
    return Dataset(
        maintenance=_maintenance(read["maintenance"]),
        quarantine_maintenance=_maintenance(read["quarantineMaintenance"]),
        source=read["source"],
        mask_after=_seconds(read["maskAfterSeconds"]),
    )


def _maintenance(read: Mapping[str, Any]) -> Maintenance:
    clustering = read["clustering"]
    return Maintenance(
        file_megabytes=read["fileMegabytes"],
        keep_versions=_seconds(read["keepVersionsSeconds"]),
        cluster_by=clustering and clustering["by"],
        cluster_columns=tuple(clustering["columns"]) if clustering else (),
    )


def _seconds(count: int) -> dt.timedelta:
    return dt.timedelta(seconds=count)
