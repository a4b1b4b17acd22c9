"""OpenLineage events of a run of a job. Pure.

Facets are those of OpenLineage 1.37 (`_schemaURL` names each one's schema). Datasets are named as OpenLineage says:
an object store's by its bucket and the path in it. `dataplat_observed` is a facet of ours: which of the datasets
Spark's plans have shown, for who compares it with what is declared.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from jobs.common.context import RunContext
from jobs.common.contract import Contract
from jobs.common.lineage.columns_taken import Place, quarantine_origins, table_origins
from jobs.common.lineage.observed import Observed, Written, canonical, within
from jobs.common.result import DatasetResult

PRODUCER = "urn:dataplat:jobs"
_SPEC = "https://openlineage.io/spec"
_EVENT = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"


@dataclass(frozen=True)
class Told:
    """What a run tells of itself at its end."""

    outputs: tuple[DatasetResult, ...] = ()
    checks: tuple[Mapping[str, Any], ...] = ()
    """Of datasets that were held against what is expected of them, as they stand in the run's result line."""
    error: str | None = None


@dataclass(frozen=True)
class Run:
    """What stays the same in all events of a run."""

    context: RunContext
    began: dt.datetime
    columns: Observed = field(default_factory=Observed)

    @property
    def id(self) -> str:
        """The same for the same run, whoever asks."""
        return str(uuid5(NAMESPACE_URL, f"{self.namespace}/{self.context.job.id}/{self.context.run_id}"))

    @property
    def namespace(self) -> str:
        """The environment's."""
        return self.context.environment.namespace


def event(run: Run, kind: str, at: dt.datetime, told: Told | None = None) -> dict[str, Any]:
    """An event: START, COMPLETE or FAIL."""
    context = run.context
    told = told or Told()
    return {
        "eventType": kind,
        "eventTime": _time(at),
        "producer": PRODUCER,
        "schemaURL": _EVENT,
        "run": {"runId": run.id, "facets": _run_facets(run, kind, told)},
        "job": {
            "namespace": run.namespace,
            "name": context.job.id,
            "facets": {
                "jobType": _facet(
                    "2-0-3/JobTypeJobFacet",
                    processingType="STREAMING" if context.job.mode == "stream" else "BATCH",
                    integration="SPARK",
                    jobType="JOB",
                ),
                "documentation": _facet("1-1-0/DocumentationJobFacet", description=context.job.description),
            },
        },
        "inputs": _inputs(run, kind, told),
        "outputs": _outputs(run, kind, told),
    }


def _run_facets(run: Run, kind: str, told: Told) -> dict[str, Any]:
    context = run.context
    midnight = dt.datetime.combine(context.date, dt.time(), dt.timezone.utc)
    facets = {
        "nominalTime": _facet(
            "1-0-1/NominalTimeRunFacet",
            nominalStartTime=_time(midnight),
            nominalEndTime=_time(midnight + dt.timedelta(days=1)),
        ),
        "processing_engine": _facet(
            "1-1-1/ProcessingEngineRunFacet", version=context.spark.version, name="spark"
        ),
        "dataplat_run": _own(
            runId=context.run_id,
            application=context.spark.sparkContext.applicationId,
            date=context.date.isoformat(),
        ),
    }
    if told.error is not None:
        facets["errorMessage"] = _facet(
            "1-0-1/ErrorMessageRunFacet", message=told.error, programmingLanguage="PYTHON"
        )
    if kind != "START" and (run.columns.reads or run.columns.writes):
        facets["dataplat_observed"] = _own(reads=sorted(run.columns.reads), writes=sorted(run.columns.writes))
    return facets


def _inputs(run: Run, kind: str, told: Told) -> list[dict[str, Any]]:
    declared: dict[str, dict[str, Any]] = {}
    checks = {str(one["dataset"]): one for one in told.checks}
    for name in run.context.job.sources:
        uri = _landing(run.context, name)
        declared[uri] = _plain(uri)
    for name in run.context.job.inputs:
        uri, dataset = _declared(run.context, name)
        declared[uri] = dataset
        if name in checks:
            dataset["inputFacets"] = _quality(checks[name])
    if kind != "START":
        for uri in run.columns.reads:
            if not any(within(uri, known) for known in declared):
                declared[uri] = _plain(uri)
    return list(declared.values())


def _outputs(run: Run, kind: str, told: Told) -> list[dict[str, Any]]:
    rows = {one.table: one.rows_written for one in told.outputs}
    written = {} if kind == "START" else _written(run, told)
    if kind == "FAIL":
        # What a run that did not end well knows of its columns is not whole; the next one tells it.
        written = {uri: replace(one, columns={}) for uri, one in written.items()}
    found: dict[str, dict[str, Any]] = {}
    for name in run.context.job.outputs:
        uri, dataset = _declared(run.context, name)
        found[uri] = dataset
        _enrich(dataset, written.get(uri, Written()), run, rows.get(name))
    for uri, one in written.items():
        if uri not in found:
            found[uri] = _plain(uri)
            _enrich(found[uri], one, run, None)
    return list(found.values())


def _written(run: Run, told: Told) -> dict[str, Written]:
    """What was written, by its URI: as Spark's plans show it, put right by what the job knows of its columns."""
    context = run.context
    written = dict(run.columns.writes)
    for result in told.outputs:
        if result.taken is None:
            continue
        contract = context.declaration.contract(result.table)
        table = canonical(context.storage.table(contract))
        place = Place(_origin(context, result.taken.origin), table)
        shown = written.get(table, Written())
        written[table] = replace(shown, columns=table_origins(shown.columns, result, place))
        quarantine = canonical(context.storage.quarantine(contract))
        if quarantine in written:
            shown = written[quarantine]
            written[quarantine] = replace(shown, columns=quarantine_origins(shown.columns, result, place))
    return written


def _enrich(dataset: dict[str, Any], written: Written, run: Run, rows: int | None) -> None:
    """What is known at the end: where the columns came from, and how much was written."""
    if written.columns:
        fields = {
            column: {
                "inputFields": [
                    {**_named(_dataset_uri(run, uri)), "field": name, "transformations": kinds}
                    for (uri, name), kinds in sources.items()
                ]
            }
            for column, sources in written.columns.items()
        }
        dataset["facets"]["columnLineage"] = _facet("1-2-0/ColumnLineageDatasetFacet", fields=fields)
    counted = written.rows if rows is None else rows
    numbers = {"rowCount": counted, "size": written.bytes, "fileCount": written.files}
    known = {name: value for name, value in numbers.items() if value is not None}
    if known:
        dataset["outputFacets"] = {
            "outputStatistics": _facet("1-0-2/OutputStatisticsOutputDatasetFacet", **known)
        }


def _dataset_uri(run: Run, uri: str) -> str:
    """A file that was read is part of the source's folder; nobody looks for lineage of one file."""
    return next((known for known in _read(run.context) if within(uri, known)), uri)


def _read(context: RunContext) -> list[str]:
    """Where everything is that a job reads."""
    sources = [_landing(context, name) for name in context.job.sources]
    return sources + [_declared(context, name)[0] for name in context.job.inputs]


def _origin(context: RunContext, name: str) -> str:
    """Where a dataset or a source of the job is."""
    return _declared(context, name)[0] if name in context.job.inputs else _landing(context, name)


def tables_of(context: RunContext) -> list[str]:
    """The tables that a job reads and writes: URIs."""
    return [_declared(context, name)[0] for name in (*context.job.inputs, *context.job.outputs)]


def _landing(context: RunContext, source_id: str) -> str:
    """Where a source's files are delivered, of whatever date."""
    path = context.declaration.source(source_id).path
    return canonical(context.storage.uri("landing", path.split("{", 1)[0]))


def _declared(context: RunContext, name: str) -> tuple[str, dict[str, Any]]:
    contract = context.declaration.contract(name)
    uri = canonical(context.storage.table(contract))
    dataset = _plain(uri)
    dataset["facets"]["schema"] = _schema(contract)
    dataset["facets"]["documentation"] = _facet(
        "1-1-0/DocumentationDatasetFacet", description=contract.description
    )
    return uri, dataset


def _schema(contract: Contract) -> dict[str, Any]:
    fields = [
        {"name": column.name, "type": column.type, "description": column.description}
        for column in contract.columns
    ]
    return _facet("1-1-1/SchemaDatasetFacet", fields=fields)


def _quality(check: Mapping[str, Any]) -> dict[str, Any]:
    """A check as OpenLineage tells it: each expectation that was judged, and how many rows there were."""
    assertions = [
        {"assertion": str(one["expectation"]), "success": False} for one in check.get("failed") or []
    ] + [{"assertion": str(name), "success": True} for name in check.get("met") or []]
    return {
        "dataQualityMetrics": _facet(
            "1-0-2/DataQualityMetricsInputDatasetFacet", rowCount=int(check["rows"]), columnMetrics={}
        ),
        "dataQualityAssertions": _facet("1-0-1/DataQualityAssertionsDatasetFacet", assertions=assertions),
    }


def _plain(uri: str) -> dict[str, Any]:
    source = _facet("1-0-1/DatasourceDatasetFacet", name=_named(uri)["namespace"], uri=uri)
    return {**_named(uri), "facets": {"dataSource": source}}


def _named(uri: str) -> dict[str, str]:
    """Namespace and name. Source: OpenLineage, "Dataset naming"."""
    scheme, _, rest = uri.partition("://")
    if scheme == "file":
        return {"namespace": "file", "name": rest}
    bucket, _, path = rest.partition("/")
    return {"namespace": f"{scheme}://{bucket}", "name": path or "/"}


def _facet(schema: str, **content: Any) -> dict[str, Any]:
    name = schema.rsplit("/", 1)[-1]
    version = schema.rsplit("/", 1)[0]
    return {
        "_producer": PRODUCER,
        "_schemaURL": f"{_SPEC}/facets/{version}/{name}.json#/$defs/{name}",
        **content,
    }


def _own(**content: Any) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunFacet", **content}


def _time(at: dt.datetime) -> str:
    return at.astimezone(dt.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def disagreements(run: Run) -> list[str]:
    """Where Spark's plans show another lineage than the one that is declared: what is read or written and not
    declared. A declared input that no plan shows is none: a connector may read it without Spark.
    """
    context = run.context
    inputs = _read(context)
    outputs = [_declared(context, name)[0] for name in context.job.outputs]
    beside = [canonical(uri) for uri in _beside(context, context.job.outputs)]
    told = [
        f"lineage.yaml does not say that {context.job.id} reads {uri}"
        for uri in run.columns.reads
        if not any(within(uri, known) for known in (*inputs, *outputs, *beside))
    ]
    told += [
        f"lineage.yaml does not say that {context.job.id} writes {uri}"
        for uri in run.columns.writes
        if uri not in (*outputs, *beside)
    ]
    if run.columns.writes:
        told += [
            f"lineage.yaml says that {context.job.id} writes {name}, and no plan of the run did"
            for name, uri in zip(context.job.outputs, outputs)
            if uri not in run.columns.writes
        ]
    return told


def _beside(context: RunContext, datasets: Iterable[str]) -> list[str]:
    """Quarantine tables, which belong to their datasets."""
    return [context.storage.quarantine(context.declaration.contract(name)) for name in datasets]
