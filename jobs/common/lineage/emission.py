"""Sends a run's lineage: into the logs bucket, and to a receiver where the environment names one.

Nothing here fails a run. What cannot be sent is told once in the log; what is in the bucket can be sent again by
`dataplat lineage emit`. A receiver that is gone costs a run a few seconds at the most.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from py4j.protocol import Py4JJavaError

from jobs.common.context import RunContext
from jobs.common.errors import JobError
from jobs.common.lineage.events import Run, Told, disagreements, event, tables_of
from jobs.common.lineage.observed import Observed, observed_of
from jobs.common.result import JobResult
from jobs.common.secret import endpoint_of, without_secrets

log = logging.getLogger("dataplat.lineage")

LOCATION = "spark.openlineage.transport.location"
"""Where the listener writes what it sees; set where it is on."""

_SECONDS = 2.0  # for one event: to reach the receiver, and as long again for its answer
_DRAIN_MILLISECONDS = 5000


class Emission:
    """The lineage of one run."""

    def __init__(self, context: RunContext) -> None:
        self._run = Run(context, _now())
        self._settings = context.environment.lineage
        self._unreachable = False

    @property
    def _on(self) -> bool:
        return self._settings.transport != "none"

    def started(self) -> None:
        """The run begins."""
        self._emit("START", None)

    def completed(self, result: JobResult) -> None:
        """The run has done what it was to do. What Spark has shown is compared with what is declared."""
        self._emit("COMPLETE", Told(result.outputs, _checks(result.details)))

    def failed(self, error: Exception) -> None:
        """The run ends with an error. A gate that closes has checked all the same."""
        details: Mapping[str, object] = error.details if isinstance(error, JobError) else {}
        self._emit("FAIL", Told((), _checks(details), _sentence(error)))

    def _emit(self, kind: str, told: Told | None) -> None:
        if not self._on:
            return
        try:
            if kind != "START":
                self._run = replace(self._run, columns=_observed(self._run.context))
                for sentence in disagreements(self._run):
                    log.warning("%s", sentence)
            content = json.dumps(event(self._run, kind, _now(), told), ensure_ascii=False)
            self._keep(kind, content)
            if self._settings.transport == "http":
                self._post(content)
        except Exception as error:
            log.warning("lineage: %s was not told: %s", kind, _sentence(error))

    def _keep(self, kind: str, content: str) -> None:
        """Beside the run's logs: there the job may write, and there it is kept for as long as they are."""
        context = self._run.context
        path = f"emr/{context.job.id}/lineage/{context.date.isoformat()}/{self._run.id}.{kind.lower()}.json"
        uri = context.storage.uri("logs", path)
        try:
            _write(context, uri, content)
        except Exception as error:
            log.warning("lineage: %s could not be written: %s", uri, _sentence(error))

    def _post(self, content: str) -> None:
        url = self._settings.url
        if url is None or self._unreachable:
            return
        # Only where there is a receiver, and its import takes a sixth of a second.
        import requests

        try:
            answer = requests.post(
                url,
                data=content.encode(),
                headers={"Content-Type": "application/json"},
                timeout=_SECONDS,
                allow_redirects=False,
                stream=True,  # nobody waits for what it says besides
            )
            answer.close()
            answer.raise_for_status()
        except (OSError, ValueError) as error:
            # One that did not answer once is not waited for a second time.
            self._unreachable = not isinstance(error, requests.HTTPError)
            host = urlsplit(url).hostname
            log.warning(
                "lineage: the receiver at %s did not take the event (%s); dataplat lineage emit sends it again",
                host,
                type(error).__name__,
            )


def _observed(context: RunContext) -> Observed:
    """What the listener has written up to now, once it has seen everything."""
    location = context.spark.sparkContext.getConf().get(LOCATION)
    if location is None:
        return Observed()
    try:
        context.spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty(_DRAIN_MILLISECONDS)
    except Py4JJavaError:
        log.warning("lineage: Spark has not told of all its plans in time; some columns may be missing")
    file = Path(location)
    if not file.is_file():
        return Observed()
    with file.open(encoding="utf-8", errors="replace") as lines:
        return observed_of(lines, tables_of(context))


def _sentence(error: Exception) -> str:
    return without_secrets(f"{type(error).__name__}: {error}").splitlines()[0]


def _checks(details: Mapping[str, object]) -> tuple[Mapping[str, Any], ...]:
    checks = details.get("checks")
    return tuple(checks) if isinstance(checks, (list, tuple)) else ()


def _write(context: RunContext, uri: str, content: str) -> None:
    parts = urlsplit(uri)
    if parts.scheme == "file":
        path = Path(url2pathname(parts.path))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return
    import boto3
    from botocore.config import Config

    environment = context.environment
    endpoint = endpoint_of(environment)
    config = Config(
        connect_timeout=_SECONDS,
        read_timeout=_SECONDS,
        retries={"max_attempts": 2},
        s3={"addressing_style": "path" if endpoint else "auto"},
    )
    client = boto3.client("s3", region_name=environment.region, config=config, **endpoint)
    client.put_object(
        Bucket=parts.netloc, Key=parts.path.lstrip("/"), Body=content.encode(), ContentType="application/json"
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)
