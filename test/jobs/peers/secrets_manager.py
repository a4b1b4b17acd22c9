"""A Secrets Manager that knows one action, over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def secrets_manager(secrets: dict[str, str]) -> Iterator[str]:
    """Serve secrets by their whole names; yields the endpoint. What is put into the mapping later is served too."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            assert self.headers["x-amz-target"] == "secretsmanager.GetSecretValue"
            value = secrets.get(asked["SecretId"])
            answer = (
                {"__type": "ResourceNotFoundException", "message": "can't find the specified secret"}
                if value is None
                else {"Name": asked["SecretId"], "SecretString": value}
            )
            body = json.dumps(answer).encode()
            self.send_response(400 if value is None else 200)
            self.send_header("content-type", "application/x-amz-json-1.1")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
