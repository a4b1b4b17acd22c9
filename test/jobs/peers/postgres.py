"""A PostgreSQL server, behind a door of ours that can do what PostgreSQL cannot: `UNLOAD` as Redshift does, and break
off half-way.
"""

from __future__ import annotations

import re
import socket
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import url2pathname

import duckdb
import pgserver

USER, PASSWORD = "ingest", "s3cret-of-the-w3b"
_UNLOAD = re.compile(
    r"UNLOAD \('(.*)'\) TO 'file://?/?(/.*?)/' IAM_ROLE '([^']+)' FORMAT AS PARQUET ENCRYPTED AUTO",
    re.DOTALL,
)


class Postgres:
    """The server; `url` is where its door is."""

    def __init__(self, server: pgserver.PostgresServer, directory: Path) -> None:
        self._server = server
        self._directory = directory
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"jdbc:postgresql://127.0.0.1:{self._listener.getsockname()[1]}/postgres"
        self.asked: list[str] = []
        """Every statement that came through the door."""
        self.roles: list[str] = []
        """The roles of the unloads."""
        self.break_after: int | None = None
        """Every connection breaks off after so many bytes of answers."""
        threading.Thread(target=self._accept, daemon=True).start()

    def sql(self, statements: str) -> str:
        """Run statements as the administrator."""
        return str(self._server.psql(statements))

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                behind = socket.socket(socket.AF_UNIX)
                behind.connect(str(self._directory / ".s.PGSQL.5432"))
                threading.Thread(target=self._to_server, args=(client, behind), daemon=True).start()
                threading.Thread(target=self._to_client, args=(behind, client), daemon=True).start()

    def _to_client(self, server: socket.socket, client: socket.socket) -> None:
        sent = 0
        with suppress(OSError), server, client:
            while content := server.recv(1 << 14):
                sent += len(content)
                if self.break_after is not None and sent > self.break_after:
                    client.shutdown(socket.SHUT_RDWR)
                    server.shutdown(socket.SHUT_RDWR)
                    return
                client.sendall(content)

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        started = False
        with suppress(OSError, EOFError):
            while True:
                kind = _exactly(client, 1) if started else b""
                length = _exactly(client, 4)
                body = _exactly(client, struct.unpack("!I", length)[0] - 4)
                if not started:  # an SSLRequest comes before the start proper
                    started = body[:4] != struct.pack("!I", 80877103)
                elif kind == b"P":
                    name, query, types = body.split(b"\0", 2)
                    self.asked.append(query.decode())
                    body = b"\0".join([name, self._unloaded(query.decode()).encode(), types])
                    length = struct.pack("!I", len(body) + 4)
                server.sendall(kind + length + body)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _unloaded(self, statement: str) -> str:
        """Do what an UNLOAD says, and answer a statement in its place that PostgreSQL knows; any other is as it is."""
        match = _UNLOAD.fullmatch(statement)
        if match is None:
            return statement
        query, place, role = match.groups()
        self.roles.append(role)
        folder = Path(url2pathname(place))
        folder.mkdir(parents=True)
        with tempfile.TemporaryDirectory() as temporary:
            Path(temporary).chmod(0o777)
            file = Path(temporary) / "rows.csv"
            inner = query.replace("''", "'")
            self.sql(f"set timezone to 'UTC'; copy ({inner}) to '{file}' (format csv, header)")
            with duckdb.connect() as database:
                database.execute("set timezone = 'UTC'")
                database.execute(
                    f"copy (from read_csv('{file}', sample_size = -1)) to '{folder}/0000_part_00.parquet'"
                )
        return "select 1 where false"

    def close(self) -> None:
        """Close the door."""
        self._listener.close()


def _exactly(connection: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        part = connection.recv(size - len(content))
        if not part:
            raise EOFError
        content += part
    return content


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A new server with a user that has to say a password."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        directory = Path(folder) / "data"
        server = pgserver.get_server(directory, cleanup_mode="delete")
        try:
            server.psql(f"create role {USER} login password '{PASSWORD}'")
            rules = directory / "pg_hba.conf"
            rules.write_text(f"local all {USER} scram-sha-256\n{rules.read_text()}")
            server.psql("select pg_reload_conf()")
            door = Postgres(server, Path(parse_qs(urlsplit(server.get_uri()).query)["host"][0]))
            yield door
            door.close()
        finally:
            server.cleanup()
