"""A driver that is kept ready: it does what jobs do until it is given a run, and then becomes that run's driver.

python ready_driver.py [<an object in S3>]     in a working directory that will be the run's

What the run needs comes as `tmp/order.json`, with a byte in the pipe `tmp/wake` for who waits already. Java stays, with
what it has loaded and compiled; what Spark was told is taken back, and Python begins anew: nothing of the training is
left.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from pyspark import SparkContext
from training import train

ORDER, WAKE, TAKEN = Path("tmp/order.json"), Path("tmp/wake"), Path("tmp/taken")


def become_ready(s3_object: str | None) -> None:
    """Train, no longer than until the order is there."""
    with tempfile.TemporaryDirectory(dir="tmp", prefix="training-") as folder:
        for _ in train(str(Path(folder).resolve()), s3_object):
            if ORDER.exists():
                return


def await_order(wake: int) -> dict[str, Any]:
    """What the run needs."""
    while not ORDER.exists():
        os.read(wake, 1)
    return json.loads(ORDER.read_text(encoding="utf-8"))


def forget(properties: dict[str, str]) -> None:
    """Make of this Java machine one that was told these properties, and nothing before."""
    SparkContext._ensure_initialized()
    jvm = SparkContext._jvm
    jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()
    jvm.org.apache.hadoop.fs.FileSystem.closeAll()
    system = jvm.java.lang.System
    for name in list(system.getProperties().stringPropertyNames()):
        if name.startswith("spark."):
            system.clearProperty(name)
    for name, value in properties.items():
        system.setProperty(name, value)
    jvm.org.apache.logging.log4j.core.config.Configurator.reconfigure()


def python_path(py_files: list[str], requested: str) -> str:
    """As spark-submit composes it."""
    own = SparkContext._jvm.org.apache.spark.api.python.PythonUtils.sparkPythonPath()
    return os.pathsep.join([*py_files, own, requested])


def main() -> None:
    """Wait for a run, and become its driver."""
    os.mkfifo(WAKE)
    # For both, or there would be an end of it whenever nobody writes.
    wake = os.open(WAKE, os.O_RDWR | os.O_CLOEXEC)
    become_ready(sys.argv[1] if len(sys.argv) > 1 else None)
    order = await_order(wake)
    forget(order["properties"])
    environment = {
        **os.environ,
        **order["environment"],
        "PYTHONPATH": python_path(order["pyFiles"], order["environment"]["PYTHONPATH"]),
        "PYTHONUNBUFFERED": os.environ["PYTHONUNBUFFERED"],  # spark-submit's
    }
    for output in ("stdout", "stderr"):
        os.truncate(f"../{output}", 0)
    Path("../stderr").write_text(order["notes"], encoding="utf-8")
    TAKEN.touch()
    command = [sys.executable, order["entryPoint"], *order["arguments"]]
    os.execve(sys.executable, command, environment)  # noqa: S606  # as spark-submit would start it


if __name__ == "__main__":
    main()
