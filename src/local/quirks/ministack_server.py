"""
Starts ministack's server with what it lacks:
- The address of a queue is AWS's own. ministack makes it of the port that it listens on, which is another one at each
  start: a queue that outlives the start would be found a second time under another address, and whoever wrote the first
  one down (Terraform's state) would hold a port that nobody listens on.
"""

from __future__ import annotations

from ministack.app import main
from ministack.core.responses import get_region
from ministack.services import sqs


def queue_url(account: str, name: str) -> str:
    """Queues are looked up by the path of their address, so that clients still reach them at the endpoint."""
    return f"https://sqs.{get_region()}.amazonaws.com/{account}/{name}"


if __name__ == "__main__":
    sqs._queue_url_for_account = queue_url
    main()
