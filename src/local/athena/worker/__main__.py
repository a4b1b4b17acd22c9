"""Runs Athena's statements for the local endpoint.

Reads one JSON request a line: ``id``, ``sql``, ``database``, ``parameters``, ``output`` (an address in S3 without the
ending), ``directory`` (where the rows are kept) and ``cutoff``. Writes one JSON line for each: ``state``, ``reason``,
``columns`` and so on. The rows are in ``<directory>/<id>.jsonl``, an array a line, the result file in S3.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import boto3
import deltalake  # noqa: F401  imported here so that the first query does not wait for it
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from engine import Asked
from failures import QueryError
from result import Result
from statements import timed


def _csv_cell(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def _write(result: Result, rows: TextIO, spool: TextIO) -> None:
    if result.header:
        spool.write(",".join(_csv_cell(name) for name in result.names) + "\n")
    for row in result.rows:
        rows.write(json.dumps(row, ensure_ascii=False) + "\n")
        if result.header:
            spool.write(",".join(map(_csv_cell, row)) + "\n")
        else:
            spool.write("\t".join(cell or "" for cell in row) + "\n")


def _publish(file: Path, result: Result, output: str) -> dict[str, str]:
    """Puts the result into S3: its rows, or where the statement wrote files of its own, their list."""
    ending = ".csv" if result.header else ".txt"
    kind = "text/csv" if result.header else "text/plain"
    if result.manifest is None:
        with file.open("rb") as body:
            _put(output + ending, body, kind)
        return {"location": output + ending}
    manifest = f"{output}-manifest.csv"
    _put(manifest, "".join(f"{address}\n" for address in result.manifest).encode(), "text/csv")
    _put(f"{output}.metadata", b"", "application/octet-stream")
    return {"location": output, "manifest": manifest}


def _put(location: str, body: BinaryIO | bytes, kind: str) -> None:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    client = boto3.client("s3", config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}))
    try:
        client.put_object(Bucket=bucket, Key=key, Body=body, ContentType=kind)
    except (ClientError, BotoCoreError) as error:
        raise QueryError(f"Unable to verify/create output bucket {bucket}: {error}") from error


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Runs one request to its end, good or bad."""
    identity = request["id"]
    directory = Path(request["directory"])
    kept, spooled = directory / f"{identity}.jsonl", directory / f"{identity}.result"
    part = directory / f"{identity}.jsonl.part"
    try:
        asked = Asked(
            request["sql"], request.get("database"), request.get("parameters") or [], request.get("cutoff")
        )
        result, milliseconds = timed(asked, identity, request["output"])
        with part.open("w", encoding="utf-8") as rows, spooled.open("w", encoding="utf-8") as spool:
            _write(result, rows, spool)
        published = _publish(spooled, result, request["output"])
        spooled.unlink()
        part.replace(kept)
        return {
            "id": identity,
            "state": "SUCCEEDED",
            **published,
            "columns": result.columns,
            "header": result.header,
            "statementType": result.statement_type,
            "substatementType": result.substatement_type,
            "scannedBytes": result.scanned,
            "writtenRows": result.written,
            "engineMilliseconds": milliseconds,
        }
    except QueryError as failure:
        return {
            "id": identity,
            "state": failure.state,
            "reason": failure.reason,
            "category": failure.category,
        }
    except Exception as error:
        traceback.print_exc()
        reason = f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}"
        return {"id": identity, "state": "FAILED", "reason": reason, "category": 1}


def main() -> None:
    # Libraries may print; what they print must not get between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    # Clients, parser and engine are loaded by a first query of no meaning, so that a user's time is its own.
    timed(Asked("SELECT 1", None, []), "", "")
    answers.write(json.dumps({"ready": True}) + "\n")
    answers.flush()
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
