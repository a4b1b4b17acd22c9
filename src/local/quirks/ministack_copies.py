"""
Copies of objects share the original's file. ministack reads the whole original, writes it again, and holds what a
bucket with versions was given in memory for as long as it runs: a copy of a lake takes the memory and the disk of one.
Here `BodyOnDisk` goes through its functions instead of the bytes, and the file gets a second name (a hard link). That
is safe because ministack never writes into a file that is there: it writes another one and puts that in its place.
Nor is the XML of a bucket's encryption parsed again for each object that is written to it.
"""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
import uuid
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Callable

from ministack.services import s3

Answer = tuple[int, dict[str, str], bytes]

looks_up_the_original: ContextVar[bool] = ContextVar("looks_up_the_original", default=False)


class BodyOnDisk(bytes):
    """What a file holds, unread; the bytes of the object itself are none."""

    file: Path
    checksums: dict[str, str]

    @classmethod
    def of(cls, file: Path, checksums: dict[str, str]) -> BodyOnDisk:
        body = cls()
        body.file = file
        # That of an upload in parts is no checksum of the whole.
        body.checksums = {name: made for name, made in checksums.items() if "-" not in made}
        return body

    def checksum(self, algorithm: str) -> str | None:
        known = self.checksums.get(algorithm)
        if known is None and algorithm == "SHA256":
            with self.file.open("rb") as content:
                return base64.b64encode(hashlib.file_digest(content, "sha256").digest()).decode()
        return known

    def put_at(self, path: str) -> None:
        # ministack's temporary files are removed as it starts: what a crash leaves there never turns up.
        second = Path(tempfile.gettempdir()) / f"{uuid.uuid4()}.copy"
        os.link(self.file, second)
        try:
            second.replace(path)
        finally:
            # Two names of one file stay both where one is to replace the other.
            second.unlink(missing_ok=True)


def copying(copy_object: Callable[..., Answer]) -> Callable[..., Answer]:
    def copied(bucket: str, key: str, headers: dict[str, str]) -> Answer:
        token = looks_up_the_original.set(True)
        try:
            return copy_object(bucket, key, headers)
        finally:
            looks_up_the_original.reset(token)

    return copied


def leaving_unread(read_body: Callable[..., bytes]) -> Callable[..., bytes]:
    """The first that a copy reads is its original; what it displaces, which comes after that, it reads in full."""

    def read(bucket: str, key: str, record: dict[str, Any]) -> bytes:
        original = looks_up_the_original.get()
        looks_up_the_original.set(False)
        path = s3._object_disk_path(bucket, key) if original and record.get("body") is None else None
        if path is None or not Path(path).is_file():
            return read_body(bucket, key, record)
        return BodyOnDisk.of(Path(path), record.get("checksums") or {})

    return read


def of_the_file(compute: Callable[[str, bytes], str | None]) -> Callable[[str, bytes], str | None]:
    def computed(algorithm: str, body: bytes) -> str | None:
        if not isinstance(body, BodyOnDisk):
            return compute(algorithm, body)
        name = (algorithm or "").upper().replace("_", "")
        return body.checksum(name) or compute(algorithm, body.file.read_bytes())

    return computed


def by_its_file(record_version: Callable[..., str | None]) -> Callable[..., str | None]:
    """A version without its content is that of the file, as it is for every version after a start."""

    def recorded(bucket: str, key: str, prior: Any, record: dict[str, Any], body: bytes) -> str | None:
        return record_version(bucket, key, prior, record, None if isinstance(body, BodyOnDisk) else body)

    return recorded


def linking(write: Callable[..., None]) -> Callable[..., None]:
    def written(path: str, content: Any, *, text: bool = False) -> None:
        if not isinstance(content, BodyOnDisk):
            return write(path, content, text=text)
        try:
            content.put_at(path)
        except OSError:
            # Another file system, or more names than a file may have.
            write(path, content.file.read_bytes())

    return written


def in_memory_at_worst(persist: Callable[..., None]) -> Callable[..., None]:
    """ministack goes on with what it cannot write, out of its memory."""

    def persisted(bucket: str, key: str, record: Any) -> None:
        persist(bucket, key, record)
        body = record.get("body") if isinstance(record, dict) else None
        if isinstance(body, BodyOnDisk):
            record["body"] = body.file.read_bytes()

    return persisted


def by_its_text(default_encryption: Callable[[str], dict[str, str]]) -> Callable[[str], dict[str, str]]:
    known: dict[Any, dict[str, str]] = {}

    def asked(bucket: str) -> dict[str, str]:
        text = s3._bucket_encryption.get(bucket)
        if text not in known:
            known[text] = default_encryption(bucket)
        return dict(known[text])

    return asked


patches: dict[str, Callable[[Any], Any]] = {
    "_copy_object": copying,
    "_read_body": leaving_unread,
    "_compute_s3_checksum": of_the_file,
    "_record_object_version": by_its_file,
    "_atomic_write": linking,
    "_persist_object": in_memory_at_worst,
    "_bucket_default_sse_headers": by_its_text,
}
stood_on = ("_object_disk_path", "_bucket_encryption", *patches)


def install() -> None:
    """Does nothing where ministack has not what this stands on, or keeps objects in memory alone."""
    if getattr(s3, "S3_PERSIST", False) and all(hasattr(s3, name) for name in stood_on):
        for name, patch in patches.items():
            setattr(s3, name, patch(getattr(s3, name)))
