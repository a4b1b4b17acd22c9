"""
EMR Serverless and SNS as far as a task needs them, over HTTP, by the rules that AWS documents: the same client token
starts one run. Whole days on the endpoint that really runs Spark are in the heavy tests.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote


class Emr:
    """The service: `runs` by their ids, `published` messages, `failing`: how many calls more are answered by 500."""

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, str] = {}
        self.published: list[dict[str, str]] = []
        self.failing = 0
        emr = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, text = emr.answer(self.command, self.path, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_DELETE = _answer  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        path, _, query = target.partition("?")
        if self.failing > 0:
            self.failing -= 1
            return 500, b"{}"
        if path == "/":
            self.published.append({name: one[0] for name, one in parse_qs(body.decode()).items()})
            return (
                200,
                b"<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>",
            )
        parts = unquote(path).strip("/").split("/")
        if len(parts) == 2:
            return 200, json.dumps({"application": {"applicationId": parts[1], "state": "STARTED"}}).encode()
        if method == "POST" and parts[0] != "tags":
            return self.start(json.loads(body))
        if len(parts) == 3:
            states = parse_qs(query).get("states", [])
            found = [run for run in self.runs.values() if not states or run["state"] in states]
            return 200, json.dumps({"jobRuns": found}).encode()
        if parts[0] == "tags":
            self.runs[parts[-1]]["tags"] = json.loads(body)["tags"]
            return 200, b"{}"
        run = self.runs[parts[3]]
        if method == "DELETE":
            run["state"] = "CANCELLED"
        return 200, json.dumps({"applicationId": parts[1], "jobRunId": parts[3], "jobRun": run}).encode()

    def start(self, request: dict[str, Any]) -> tuple[int, bytes]:
        run_id = self.tokens.setdefault(request["clientToken"], f"run{len(self.tokens) + 1}")
        self.runs.setdefault(
            run_id,
            {
                **request,
                "id": run_id,
                "jobRunId": run_id,
                "arn": f"arn:aws:emr-serverless:eu-central-1:123456789012:/applications/a/jobruns/{run_id}",
                "state": "RUNNING",
            },
        )
        return 200, json.dumps({"applicationId": "a", "jobRunId": run_id, "arn": "arn:aws:x"}).encode()
