"""
Starts moto's server with what it lacks of CloudWatch: it keeps the rule of a composite alarm and shows such alarms
apart from the others, but has no operation that makes one.
"""

from __future__ import annotations

import sys
from typing import Any

from moto.cloudwatch.responses import CloudWatchResponse
from moto.server import main


def put_composite_alarm(self: Any) -> Any:
    """What moto needs of it is what it needs of a metric's alarm; the rule is read in the same place."""
    return self.put_metric_alarm()


if __name__ == "__main__":
    CloudWatchResponse.put_composite_alarm = put_composite_alarm
    main(sys.argv[1:])
