"""
Starts moto's server with what it lacks:
- CloudWatch keeps the rule of a composite alarm and shows such alarms apart from the others, but has no operation that
  makes one.
- EC2 forgets what a rule of a security group says of itself where the rule names a group or a list of prefixes, so that
  Terraform would find the rule changed ever after.
- Alarms that change their state: moto_alarms.py.
"""

from __future__ import annotations

import gc
import sys
from typing import Any, Callable

from botocore.loaders import JSONFileLoader

# Tables of every kind of machine that EC2 has are among what is imported, and stay: to look through them for garbage
# again and again is a third of the time that the start takes.
gc.disable()


def parsed_once(load: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    """moto makes a session wherever it needs one, and each would parse the description of EC2 for itself."""
    kept: dict[str, Any] = {}

    def loaded(self: Any, path: str) -> Any:
        if path not in kept:
            kept[path] = load(self, path)
        return kept[path]

    return loaded


JSONFileLoader.load_file = parsed_once(JSONFileLoader.load_file)

import moto_alarms
from moto.cloudwatch.responses import CloudWatchResponse
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.server import main

made = SecurityGroupRule.__init__


def put_composite_alarm(self: Any) -> Any:
    """What moto needs of it is what it needs of a metric's alarm; the rule is read in the same place."""
    return self.put_metric_alarm()


def make(self: Any, *positional: Any, **named: Any) -> None:
    """A rule keeps what a list of prefixes is described with."""
    made(self, *positional, **named)
    lists = [
        one
        for one in (*positional, named.get("prefix_list_id"))
        if isinstance(one, dict) and "PrefixListId" in one
    ]
    self.of_prefixes = lists[0].get("Description") if lists else None


def description(self: Any) -> str | None:
    """Of whatever the rule names: addresses, where moto looks, else a group or a list of prefixes."""
    of_addresses: str | None = self.ip_range.get("Description")
    return of_addresses or self.source_group.get("Description") or self.of_prefixes


if __name__ == "__main__":
    CloudWatchResponse.put_composite_alarm = put_composite_alarm
    SecurityGroupRule.__init__ = make
    SecurityGroupRule.description = property(description)
    moto_alarms.install()
    gc.freeze()
    gc.enable()
    main(sys.argv[1:])
