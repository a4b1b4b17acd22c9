"""A worker of a job that runs as a plain script, which has no package of ours."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from pyspark import cloudpickle


def said_by_worker(task: Any, program: str) -> tuple[str, str]:
    """What a program prints that has a task as `judge`, and what it says went wrong, a package of ours among it."""
    ended = subprocess.run(
        [
            *(sys.executable, "-P", "-c"),
            "import pickle, pyarrow, sys\njudge = pickle.load(sys.stdin.buffer)\n"
            f"{program}assert not any(name.startswith('jobs') for name in sys.modules)\n",
        ],
        input=cloudpickle.dumps(task),
        capture_output=True,
        check=False,
        cwd="/",
    )
    return ended.stdout.decode(), ended.stderr.decode()
