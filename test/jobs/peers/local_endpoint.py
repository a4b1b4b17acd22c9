"""The local endpoint in a project of its own, as `dataplat local up` starts it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]


@contextmanager
def local_endpoint(folder: Path) -> Iterator[int]:
    """Start it with nothing in it; yields its port, and removes all that it holds at the end."""
    for name in ("config", "jobs", "queries", "samples"):
        (folder / name).symlink_to(PROJECT / name)
    for name in ("cdktf.json", "package.json"):
        shutil.copy(PROJECT / name, folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])

    def local(verb: str, *options: str) -> None:
        done = subprocess.run(
            ["node", str(PROJECT / "bin" / "dataplat.js"), "local", verb, *options],
            cwd=folder,
            env={**os.environ, "DATAPLAT_LOCAL_PORT": str(port)},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    local("up")
    try:
        yield port
    finally:
        local("reset")
