"""Whether a delivery is complete, by what its source says of that: files beside those with data (`completeWhen`).

A marker says that the day, or a file, is there. A checksum says what a file's bytes come to, a count how many rows
there are. Where `{file}` or `{stem}` stands in the name there is one beside each file; else one for the day, which
lists each file's checksum as `sha256sum` does, or counts the rows of all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pyspark.sql import DataFrame, SparkSession

from jobs.common.declaration import FILE, Completeness, Selection
from jobs.common.delivery import SOURCE_FILE, Delivery
from jobs.common.errors import LandingIncompleteError
from jobs.common.hadoop_files import bytes_of, digest_of

_DIGITS = {"md5": 32, "sha256": 64}  # of a checksum, and what Java calls it
_NAMES = {"md5": "MD5", "sha256": "SHA-256"}
_LINE = re.compile(r"\\?([0-9A-Fa-f]+)\s+\*?(?:\./)?(.+)")  # of a list of checksums


def require_complete(
    spark: SparkSession,
    files: Sequence[str],
    others: Sequence[str],
    selection: Selection,
    complete: Completeness,
) -> None:
    """`files`: those of a folder that hold data, `others`: those that do not.

    :raises LandingIncompleteError: what says that the delivery is complete is not there, or says otherwise
    """
    folder = files[0].rpartition("/")[0]
    delivered = [file.rpartition("/")[2] for file in files]
    there = {*delivered, *(file.rpartition("/")[2] for file in others)}
    awaited: list[str] = []
    for pattern in complete.patterns:
        if not complete.is_of_each(pattern):
            awaited += [] if pattern in there else [pattern]
            continue
        marks = [complete.mark_of(pattern, name) for name in delivered]
        awaited += [mark for mark in marks if mark not in there]
        awaited += [
            name
            for mark in sorted(there - set(marks))
            for name in _without_data(complete, pattern, mark)
            if name not in there and selection.takes(name)
        ]
    _refuse(folder, awaited)
    for kind in _DIGITS:
        pattern = getattr(complete, kind)
        if pattern is not None:
            _require_digests(spark, folder, delivered, selection, kind, complete)


def _without_data(complete: Completeness, pattern: str, mark: str) -> list[str]:
    """The file that a mark speaks of, which is not there."""
    name = complete.spoken_of(pattern, mark)
    return [] if name is None else [name if FILE in pattern else f"{name}.*"]


def require_counted(spark: SparkSession, delivery: Delivery, rows: DataFrame, total: int) -> None:
    """:raises LandingIncompleteError: there are more rows or less than was said, or it was not said in a number"""
    complete, files = delivery.selection.complete, list(delivery.versions or delivery.files)
    if complete is None or complete.count is None or not files:
        return
    pattern = complete.count
    folder = files[0].rpartition("/")[0]
    if not complete.is_of_each(pattern):
        _require_count(spark, folder, pattern, total, "the day")
        return
    counted = rows.groupBy(SOURCE_FILE).count().collect()
    found = {str(row[SOURCE_FILE]).rpartition("/")[2]: int(row["count"]) for row in counted}
    for name in (file.rpartition("/")[2] for file in files):
        _require_count(spark, folder, complete.mark_of(pattern, name), found.get(name, 0), name)


def _require_count(spark: SparkSession, folder: str, mark: str, found: int, what: str) -> None:
    said = _text(spark, f"{folder}/{mark}").strip()
    if not re.fullmatch(r"\d{1,18}", said):
        raise LandingIncompleteError(
            f"{folder}/{mark} says how many rows there are, and is no number; nothing was written"
        )
    if int(said) != found:
        raise LandingIncompleteError(
            f"{what} has {found} rows, and by {folder}/{mark} it has {said}; nothing was written. "
            "Run the date again once the delivery is complete",
            {"awaited": [mark]},
        )


def _require_digests(
    spark: SparkSession,
    folder: str,
    delivered: list[str],
    selection: Selection,
    kind: str,
    complete: Completeness,
) -> None:
    pattern = str(getattr(complete, kind))
    said: dict[str, str] = {}
    if complete.is_of_each(pattern):
        for name in delivered:
            words = _text(spark, f"{folder}/{complete.mark_of(pattern, name)}").split()
            said[name] = words[0] if words else ""
    else:
        said = _listed(_text(spark, f"{folder}/{pattern}"), selection)
        _refuse(folder, sorted(set(said) - set(delivered)))
    for name in delivered:
        mark = f"{folder}/{complete.mark_of(pattern, name)}"
        if not re.fullmatch(rf"[0-9A-Fa-f]{{{_DIGITS[kind]}}}", said.get(name, "")):
            raise LandingIncompleteError(f"{mark} does not say the {kind} of {name}; nothing was written")
        found = digest_of(spark, f"{folder}/{name}", _NAMES[kind])
        if found != said[name].lower():
            raise LandingIncompleteError(
                f"the {kind} of {folder}/{name} is {found}, and by {mark} it is {said[name].lower()}; nothing was "
                "written. Run the date again once the delivery is complete",
                {"awaited": [name]},
            )


def _listed(text: str, selection: Selection) -> dict[str, str]:
    """The checksums of files that are delivered, by their names."""
    found = (_LINE.fullmatch(line.strip()) for line in text.splitlines())
    return {line[2]: line[1] for line in found if line is not None and selection.takes(line[2])}


def _text(spark: SparkSession, file: str) -> str:
    return bytes_of(spark, file).decode("utf-8-sig", errors="replace")


def _refuse(folder: str, awaited: Iterable[str]) -> None:
    names = list(dict.fromkeys(awaited))
    if names:
        raise LandingIncompleteError(
            f"the delivery in {folder} is not complete: {', '.join(names)} awaited; nothing was written. "
            "Run the date again once it is",
            {"awaited": names},
        )
