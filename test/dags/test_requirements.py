"""What MWAA is given to install, by the rules by which it installs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from conftest import ROOT

GIVEN = ROOT / "config/airflow/requirements.txt"


def pins(file: Path) -> dict[str, tuple[str, set[str]]]:
    """Version and hashes by name."""
    text = file.read_text(encoding="utf-8").replace("\\\n", " ")
    return {
        found[1]: (found[2], set(re.findall(r"--hash=(\S+)", found[0])))
        for found in re.finditer(r"^([a-z0-9][a-z0-9._-]*)==(\S+).*$", text, re.MULTILINE)
    }


def test_is_pinned_and_part_of_what_the_local_airflow_is_made_of() -> None:
    given, ours = pins(GIVEN), pins(ROOT / "requirements/airflow.txt")
    lines = [line for line in GIVEN.read_text(encoding="utf-8").splitlines() if re.match(r"[a-z]", line)]
    assert len(given) == len(lines) > 0
    for name, (pinned, hashes) in given.items():
        assert hashes, name
        assert ours[name] == (pinned, hashes)


def test_is_what_the_image_has_so_that_nothing_is_fetched(tmp_path: Path) -> None:
    # Versions of Airflow's published constraints for 3.0.6 on Python 3.12, which MWAA puts before the file.
    published = {
        "apache-airflow-providers-amazon": "9.12.0",
        "apache-airflow-providers-fab": "2.4.1",
        "boto3": "1.39.11",
    }
    assert {name: version(name) for name in published} == published
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("".join(f"{name}=={one}\n" for name, one in published.items()), encoding="utf-8")
    uv = os.environ["DATAPLAT_UV"]
    words = ["pip", "install", "--dry-run", "--no-index", "--no-config", "--python", sys.executable]
    done = subprocess.run(
        [uv, *words, "--constraint", str(constraints), "-r", str(GIVEN)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Would make no changes" in done.stderr
