"""A Salesforce that holds what a test puts into it.

It speaks, as the REST and Bulk API 2.0 developer guides describe it: the OAuth client-credentials login, `query` and
`queryAll` with `nextRecordsUrl`, `describe`, query jobs of Bulk API 2.0 with their states and result pages, sessions
that expire (401), and limits (429, 503 with Retry-After). Its SOQL is what SQLite makes of it, with unknown fields
refused and times compared as times.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import json
import re
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from peers.http_peer import HttpPeer, Request, Response, as_json

VERSION = "v62.0"
_ROOT = f"/services/data/{VERSION}"
_TIME = re.compile(
    r"(?<![':\w])(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2}))(?![':\w])"
)
_SELECT = re.compile(r"(?is)^\s*select\s+(?P<fields>.+?)\s+from\s+(?P<object>\w+)\b(?P<rest>.*)$")


@dataclass
class _Job:
    id: str
    soql: str
    with_deleted: bool
    asked: int = 0
    state: str = "UploadComplete"


class Salesforce:
    """The organisation: its objects, its sessions, and what it shall refuse next."""

    client_id = "dataplat"
    client_secret = "not-a-secret"

    def __init__(self, page_size: int = 200) -> None:
        self.page_size = page_size
        self.peer = HttpPeer(self._answer)
        self.logins = 0
        self.refusals: list[Response] = []
        """Answers that come before any other, one a request that has a session."""
        self._lock = threading.RLock()
        self._objects: dict[str, list[str]] = {}
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.create_function("instant", 1, _instant, deterministic=True)
        self._sessions: dict[str, int | None] = {}
        self._cursors: dict[str, tuple[list[dict[str, object]], int, str]] = {}
        self._jobs: dict[str, _Job] = {}
        self._ids = itertools.count(1)
        self.session_calls: int | None = None
        """After so many calls a session has expired; None: never."""
        self.job_polls = 1
        """How often a bulk job is still in progress when it is asked for."""

    def __enter__(self) -> Salesforce:
        self.peer.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.peer.__exit__(*error)
        self._database.close()

    @property
    def url(self) -> str:
        """The login and instance URL."""
        return self.peer.url

    def put(self, name: str, rows: Iterable[Mapping[str, str | None]]) -> None:
        """Write records by their `Id`. A field that is not known yet becomes one, as an administrator adds it."""
        with self._lock:
            for row in rows:
                fields = self._objects.setdefault(name, [])
                for field in ["Id", "IsDeleted", "SystemModstamp", *row]:
                    if field not in fields:
                        make = f'CREATE TABLE "{name}" ("Id" TEXT PRIMARY KEY)'
                        add = f'ALTER TABLE "{name}" ADD COLUMN "{field}" TEXT'
                        self._database.execute(make if not fields else add)
                        fields.append(field)
                values = {"IsDeleted": "false", **row}
                columns = ", ".join(f'"{field}"' for field in values)
                marks = ", ".join("?" for _ in values)
                self._database.execute(
                    f'INSERT OR REPLACE INTO "{name}" ({columns}) VALUES ({marks})', [*values.values()]
                )

    def refuse(self, status: int, retry_after: int = 0, times: int = 1) -> None:
        """Answer the next calls so."""
        code = {429: "REQUEST_LIMIT_EXCEEDED", 503: "SERVER_UNAVAILABLE"}.get(status, "UNKNOWN_EXCEPTION")
        body = [{"errorCode": code, "message": "try again later"}]
        self.refusals += [as_json(body, status, **{"Retry-After": str(retry_after)})] * times

    def _answer(self, request: Request) -> Response:
        with self._lock:
            if request.path == "/services/oauth2/token":
                return self._login(request)
            if not self._knows(request):
                return as_json(
                    [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}], 401
                )
            if self.refusals:
                return self.refusals.pop(0)
            try:
                return self._route(request)
            except _RefusedError as refused:
                return as_json([{"errorCode": refused.code, "message": str(refused)}], refused.status)

    def _login(self, request: Request) -> Response:
        form = {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}
        wanted = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        if form != wanted:
            return as_json(
                {"error": "invalid_client", "error_description": "invalid client credentials"}, 400
            )
        self.logins += 1
        token = f"00D!{self.logins}"
        self._sessions[token] = self.session_calls
        return as_json({"access_token": token, "instance_url": self.url, "token_type": "Bearer"})

    def _knows(self, request: Request) -> bool:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self._sessions:
            return False
        left = self._sessions[token]
        if left == 0:
            return False
        if left is not None:
            self._sessions[token] = left - 1
        return True

    def _route(self, request: Request) -> Response:
        path = request.path.removeprefix(_ROOT)
        if match := re.fullmatch(r"/(query|queryAll)/(\w+)-(\d+)", path):
            return self._page(match[2], int(match[3]), match[1])
        if path in ("/query", "/queryAll"):
            with_deleted = path == "/queryAll"
            rows = self._select(request.query["q"], with_deleted)
            if self._parts(request.query["q"])["fields"].upper() == "COUNT()":
                return as_json({"totalSize": len(rows), "done": True, "records": []})
            cursor = f"01g{next(self._ids):012d}"
            object_name = self._parts(request.query["q"])["object"]
            self._cursors[cursor] = (rows, len(rows), object_name)
            return self._page(cursor, 0, path[1:])
        if match := re.fullmatch(r"/sobjects/(\w+)/describe", path):
            fields = self._fields(match[1])
            return as_json(
                {"name": match[1], "fields": [{"name": name, "type": "string"} for name in fields]}
            )
        if path == "/jobs/query" and request.method == "POST":
            return self._make_job(request)
        if match := re.fullmatch(r"/jobs/query/(\w+)(/results)?", path):
            job = self._jobs.get(match[1])
            if job is None:
                raise _RefusedError(404, "NOT_FOUND", "The requested resource does not exist")
            return self._results(job, request) if match[2] else self._job(job, request)
        raise _RefusedError(404, "NOT_FOUND", f"no such resource: {request.path}")

    def _page(self, cursor: str, start: int, verb: str) -> Response:
        if cursor not in self._cursors:
            raise _RefusedError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        rows, total, name = self._cursors[cursor]
        end = min(start + self.page_size, total)
        url = f"{_ROOT}/sobjects/{name}/"
        records = [
            {"attributes": {"type": name, "url": f"{url}{row.get('Id')}"}, **row} for row in rows[start:end]
        ]
        page: dict[str, object] = {"totalSize": total, "done": end >= total, "records": records}
        if end < total:
            page["nextRecordsUrl"] = f"{_ROOT}/{verb}/{cursor}-{end}"
        return as_json(page)

    def _make_job(self, request: Request) -> Response:
        asked = json.loads(request.body)
        if "count()" in asked.get("query", "").lower():
            raise _RefusedError(400, "FEATURENOTENABLED", "aggregates are not supported in bulk")
        if asked.get("operation") not in ("query", "queryAll"):
            raise _RefusedError(400, "INVALIDENTITY", "operation must be query or queryAll")
        self._select(asked["query"], with_deleted=True)  # refused at once where it is wrong
        job = _Job(f"750{next(self._ids):012d}", asked["query"], asked["operation"] == "queryAll")
        self._jobs[job.id] = job
        return as_json(self._described(job))

    def _job(self, job: _Job, request: Request) -> Response:
        if request.method == "DELETE":
            del self._jobs[job.id]
            return Response(204)
        if request.method == "PATCH":
            job.state = "Aborted"
        elif job.state in ("UploadComplete", "InProgress"):
            job.asked += 1
            job.state = "JobComplete" if job.asked > self.job_polls else "InProgress"
        return as_json(self._described(job))

    def _described(self, job: _Job) -> dict[str, object]:
        operation = "queryAll" if job.with_deleted else "query"
        described = {"id": job.id, "operation": operation, "state": job.state, "contentType": "CSV"}
        if job.state != "JobComplete":
            return described
        return {**described, "numberRecordsProcessed": len(self._select(job.soql, job.with_deleted))}

    def _results(self, job: _Job, request: Request) -> Response:
        if job.state != "JobComplete":
            raise _RefusedError(400, "INVALIDJOBSTATE", f"job is {job.state}")
        rows = self._select(job.soql, job.with_deleted)
        start = int(request.query.get("locator", "0"))
        size = min(int(request.query.get("maxRecords", self.page_size)), self.page_size)
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(self._parts(job.soql)["fields"].replace(" ", "").split(","))
        for row in rows[start : start + size]:
            writer.writerow(["" if value is None else str(value) for value in row.values()])
        end = start + size
        headers = {
            "Content-Type": "text/csv; charset=UTF-8",
            "Sforce-NumberOfRecords": str(len(rows[start:end])),
            "Sforce-Locator": str(end) if end < len(rows) else "null",
        }
        return Response(200, text.getvalue().encode(), headers)

    def _select(self, soql: str, with_deleted: bool) -> list[dict[str, object]]:
        parts = self._parts(soql)
        known = self._fields(parts["object"])
        asked = [name.strip() for name in parts["fields"].split(",")]
        rest = parts["rest"]
        if not with_deleted:
            where = re.match(r"(?is)\s*where\s+(.*?)(\s+order\s+by.*|\s+limit.*|)$", rest)
            condition, tail = (where[1], where[2]) if where else ("1 = 1", rest)
            rest = f" WHERE IsDeleted = 'false' AND ({condition}){tail}"
        rest = _TIME.sub(r"'\1'", rest)
        rest = re.sub(r"(?i)\b(SystemModstamp)(\s*[<>=]+\s*)('[^']+')", r"instant(\1)\2instant(\3)", rest)
        if asked == ["COUNT()"]:
            asked = ["Id"]
        for name in asked:
            if name not in known:
                message = f"No such column '{name}' on entity '{parts['object']}'"
                raise _RefusedError(400, "INVALID_FIELD", message)
        columns = ", ".join(f'"{name}"' for name in asked)
        try:
            found = self._database.execute(f'SELECT {columns} FROM "{parts["object"]}"{rest}').fetchall()
        except sqlite3.Error as error:
            raise _RefusedError(400, "MALFORMED_QUERY", str(error)) from error
        return [{name: _typed(name, value) for name, value in zip(asked, row)} for row in found]

    def _fields(self, name: str) -> Sequence[str]:
        if name not in self._objects:
            raise _RefusedError(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return self._objects[name]

    @staticmethod
    def _parts(soql: str) -> dict[str, str]:
        match = _SELECT.match(soql)
        if not match:
            raise _RefusedError(400, "MALFORMED_QUERY", f"unexpected token: {soql[:20]}")
        return match.groupdict()


class _RefusedError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def _typed(name: str, value: object) -> object:
    return value == "true" if name == "IsDeleted" else value


def _instant(text: str) -> float:
    """A time in seconds since 1970, however its offset is spelled."""
    offset = re.sub(r"([+-]\d{2}):?(\d{2})$", r"\1:\2", text.replace("Z", "+00:00"))
    return dt.datetime.fromisoformat(re.sub(r"\.(\d+)", lambda part: f".{part[1]:0<6}", offset)).timestamp()
