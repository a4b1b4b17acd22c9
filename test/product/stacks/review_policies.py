"""Reviews policies with cloudsplaining and parliament: names to documents in, names to findings out, as JSON."""

import json
import sys
from typing import Any

import parliament
from cloudsplaining.scan.policy_document import PolicyDocument

# What AWS has learnt since parliament's own list was made. Source: AWS, "Service Authorization Reference".
TAKES_RESOURCES = {"logs:DescribeLogGroups"}
CONDITIONS = {"kms:ResourceAliases"}


def dangers(document: dict[str, Any]) -> list[str]:
    """What cloudsplaining says of any policy: what lets somebody gain rights, open resources or carry data off."""
    policy = PolicyDocument(document)
    return [
        *(f"privilege escalation: {one['type']}" for one in policy.allows_privilege_escalation),
        *(f"resource exposure: {one}" for one in policy.permissions_management_without_constraints),
        *(f"data exfiltration: {one}" for one in policy.allows_data_exfiltration_actions),
    ]


def mistakes(document: dict[str, Any]) -> list[str]:
    """What else must not be in a policy of a role: credentials and whole services, and what parliament finds wrong."""
    written = {action for statement in document["Statement"] for action in statement.get("Action", [])}
    policy = PolicyDocument(document)
    found = [
        *(f"credentials exposure: {one}" for one in policy.credentials_exposure),
        *(f"service wildcard: {one}" for one in policy.service_wildcard),
    ]
    for one in parliament.analyze_policy_string(json.dumps(document)).findings:
        if one.issue == "RESOURCE_MISMATCH":
            # Of all actions that a pattern stands for, some are of other kinds of resources.
            named = [wrong for wrong in one.detail if wrong["action"] in written - TAKES_RESOURCES]
            found += [f"{one.issue}: {wrong['action']} on {wrong['required_format']}" for wrong in named]
        elif one.issue != "UNKNOWN_CONDITION_FOR_ACTION" or not any(
            known in one.detail for known in CONDITIONS
        ):
            found.append(f"{one.issue}: {one.detail}")
    return found


asked: dict[str, dict[str, dict[str, Any]]] = json.load(sys.stdin)
print(
    json.dumps(
        {
            "dangers": {name: dangers(document) for name, document in asked["all"].items()},
            "mistakes": {name: mistakes(document) for name, document in asked["ofRoles"].items()},
        }
    )
)
