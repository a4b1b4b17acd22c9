"""
Starts ministack's server with what it lacks:
- The address of a queue is AWS's own. ministack makes it of the port that it listens on, which is another one at each
  start: a queue that outlives the start would be found a second time under another address, and whoever wrote the first
  one down (Terraform's state) would hold a port that nobody listens on.
- Services of the endpoint's own may put events whose source is AWS, which clients may not, and learn which rules they
  triggered, for CloudWatch counts that.
- Tables have earlier versions (ministack_glue.py).
- Athena's calls about the Data Catalog refuse what is not there (ministack_athena.py).
- Copies of objects share the original's file (ministack_copies.py).
"""

from __future__ import annotations

import json
from typing import Any, Callable

import ministack_athena
import ministack_copies
import ministack_glue
from ministack.app import main
from ministack.core.responses import get_region
from ministack.services import eventbridge, s3, sqs

Answer = tuple[int, dict[str, str], bytes]


def queue_url(account: str, name: str) -> str:
    """Queues are looked up by the path of their address, so that clients still reach them at the endpoint."""
    return f"https://sqs.{get_region()}.amazonaws.com/{account}/{name}"


def with_checksum(copy_object: Callable[..., Answer]) -> Callable[..., Answer]:
    """The emulator makes a checksum of a copy where it is asked by the header of an upload."""

    def copied(bucket: str, key: str, headers: dict[str, str]) -> Answer:
        algorithm = headers.get("x-amz-checksum-algorithm", "").upper()
        if not algorithm:
            return copy_object(bucket, key, headers)
        answer = copy_object(bucket, key, {**headers, "x-amz-sdk-checksum-algorithm": algorithm})
        if answer[0] != 200:
            return answer
        made = s3._ensure_bucket(bucket)["objects"][key]["checksums"][algorithm]
        return told(answer, "CopyObjectResult", algorithm, made)

    return copied


def part_with_checksum(copy_part: Callable[..., Answer]) -> Callable[..., Answer]:
    """A part of an upload that has checksums gets one, of which that of the whole is made."""

    def copied(bucket: str, key: str, query: dict[str, Any], headers: dict[str, str]) -> Answer:
        answer = copy_part(bucket, key, query, headers)
        upload = s3._multipart_uploads.get(s3._qp(query, "uploadId"), {})
        algorithm = upload.get("checksum_algorithm")
        if answer[0] != 200 or not algorithm:
            return answer
        part = upload["parts"][int(s3._qp(query, "partNumber", "1"))]
        made = s3._compute_s3_checksum(algorithm, part["body"])
        part["checksums"] = {algorithm: made}
        return told(answer, "CopyPartResult", algorithm, made)

    return copied


def told(answer: Answer, element: str, algorithm: str, checksum: str) -> Answer:
    """The answer with the checksum in it."""
    status, headers, body = answer
    said = f"<Checksum{algorithm}>{checksum}</Checksum{algorithm}></{element}>"
    return status, headers, body.replace(f"</{element}>".encode(), said.encode())


triggered: list[str] = []


def noting_rules(matches: Callable[..., bool]) -> Callable[..., bool]:
    """The emulator asks of every rule whether an event fits it; the owner of a pattern is `rule <bus>|<name>`."""

    def noted(pattern: str, view: Any, owner: str = "rule") -> bool:
        fits = matches(pattern, view, owner)
        if fits and owner.startswith("rule ") and "|" in owner:
            triggered.append(owner.split("|", 1)[1])
        return fits

    return noted


def taking_from_services(put_events: Callable[..., Answer]) -> Callable[..., Answer]:
    """`OfServices` is no member that a client of AWS would send. The answer to it names the rules."""

    def put(data: dict[str, Any], allow_aws_source: bool = False) -> Answer:
        if data.get("OfServices") is not True:
            return put_events(data, allow_aws_source)
        triggered.clear()
        status, headers, body = put_events(data, allow_aws_source=True)
        answer = json.dumps({**json.loads(body), "TriggeredRules": list(triggered)}).encode()
        return status, headers, answer

    return put


if __name__ == "__main__":
    ministack_copies.install()
    s3._copy_object = with_checksum(s3._copy_object)
    s3._upload_part_copy = part_with_checksum(s3._upload_part_copy)
    sqs._queue_url_for_account = queue_url
    eventbridge._matches_pattern_view = noting_rules(eventbridge._matches_pattern_view)
    ministack_glue.install()
    ministack_athena.install()
    eventbridge._put_events = taking_from_services(eventbridge._put_events)
    main()
