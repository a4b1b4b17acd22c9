"""Where a job finds its declaration: in what a release has unpacked; as a plain script, from the command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.common.declaration import Declaration
from jobs.common.errors import DeclarationError
from jobs.common.platform_document import platform_of

_UNPACKED = "declaration"
"""The folder of a run's working directory that its release is unpacked in."""

_PROGRAM = Path(__file__).resolve().parents[2] / "dist" / "src" / "jobs-platform-program.js"


def find_declaration(
    name: str, environment_file: Path | None = None, script: Path | None = None
) -> Declaration:
    """The declaration of `find_config`, and the platform as it was resolved for it: the release's own, else what the
    command line makes of it now.

    :param name: of the environment, unless a file is given
    :raises DeclarationError: there is none, it is not valid, or Node is not there to resolve it
    """
    config = find_config(environment_file, script)
    if environment_file is not None:
        if environment_file.resolve().parent != config / "environments":
            raise DeclarationError(f"{environment_file} is in no folder environments/ of a declaration")
        name = environment_file.stem
    if config == Path.cwd() / _UNPACKED / "config":
        document = _of_release(config.parent / "platform.json", name)
    else:
        document = resolve(config, name)
    return Declaration(config, platform_of(document))


def find_config(environment_file: Path | None, script: Path | None = None) -> Path:
    """Find `config/`: around the given environment file, else `$DATAPLAT_CONFIG_DIR`, else `declaration/config` in the
    working directory (a job run on EMR Serverless), else in the nearest parent of the working directory, then of the
    script. A directory counts when it holds `environments/`.
    """
    if environment_file is not None:
        if not environment_file.is_file():
            raise DeclarationError(f"no environment file {environment_file}")
        return _checked(environment_file.resolve().parent.parent, "around --config")
    named = os.environ.get("DATAPLAT_CONFIG_DIR")
    if named:
        return _checked(Path(named).resolve(), "named by DATAPLAT_CONFIG_DIR")
    here = Path.cwd()
    starts = [here] if script is None else [here, script.resolve().parent]
    candidates = [here / _UNPACKED / "config"]
    candidates += [parent / "config" for start in starts for parent in (start, *start.parents)]
    for candidate in candidates:
        if _holds_declaration(candidate):
            return candidate
    raise DeclarationError(
        f"no declaration: neither {here} nor a directory above it holds config/environments; "
        "name it with --config <environment file> or DATAPLAT_CONFIG_DIR"
    )


def _of_release(file: Path, name: str) -> Mapping[str, Any]:
    try:
        document: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DeclarationError(
            f"the release brings no {file.name}, which these jobs read. Next: dataplat deploy --env {name}"
        ) from None
    there = document["environment"]["name"]
    if there != name:
        raise DeclarationError(f'this release is of environment "{there}", not of "{name}"')
    return document


def resolve(config: Path, name: str) -> Mapping[str, Any]:
    """The platform as the command line resolves it.

    :raises DeclarationError: it is not valid, or there is nothing to resolve it with
    """
    node = os.environ.get("DATAPLAT_NODE") or shutil.which("node")
    if node is None or not _PROGRAM.is_file():
        missing = "Node is not on the path" if node is None else f"there is no {_PROGRAM}"
        raise DeclarationError(
            f"{missing}, by which a script has its declaration resolved. Next: npm run setup; "
            f"or run the job as the platform does: dataplat submit --env {name} <group> <job>"
        )
    command = [node, str(_PROGRAM), str(config), name]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)  # noqa: S603
    try:
        document: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise DeclarationError(f"{_PROGRAM.name} ended with {done.returncode}: {last}") from None
    if "error" in document:
        raise DeclarationError(_told(document["error"]))
    return document


def _told(error: Mapping[str, Any]) -> str:
    message = f"{error['message']} [{error['code']}]"
    first = next(iter(error.get("problems") or []), None)
    if first is None:
        return message
    place = f"{first['file']}:{first['line']}:{first['column']}"
    return f"{message}, the first at {place}: {first['message']}. Next: dataplat validate"


def _holds_declaration(directory: Path) -> bool:
    return (directory / "environments").is_dir()


def _checked(directory: Path, why: str) -> Path:
    if not _holds_declaration(directory):
        raise DeclarationError(f"{directory} ({why}) holds no environments/")
    return directory
