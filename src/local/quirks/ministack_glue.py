"""
The earlier versions of tables, which ministack's Data Catalog does not keep: UpdateTable archives what it replaces
unless it is told not to, and clients (dbt, after each view) ask for the versions and delete those that are too many.
And what UpdateTable is not told of is gone, as in Glue, where ministack would leave it as it was.
"""

from __future__ import annotations

import copy
import json
from typing import Any, Callable

from ministack.core.responses import AccountRegionScopedDict, error_response_json, json_response
from ministack.services import glue

Answer = tuple[int, dict[str, str], bytes]

# "database/table": what it was before, the oldest first. Kept and restored with the rest of the Data Catalog.
earlier = AccountRegionScopedDict()
largest_page = 100


# What a table has of all that TableInput may leave out.
left_out: dict[str, Any] = {
    "Description": "",
    "Owner": "",
    "StorageDescriptor": {},
    "PartitionKeys": [],
    "TableType": None,
    "Parameters": {},
    "ViewOriginalText": None,
    "ViewExpandedText": None,
    "ViewDefinition": None,
    "IsMultiDialectView": None,
}


def replacing(update_table: Callable[[dict[str, Any]], Answer]) -> Callable[[dict[str, Any]], Answer]:
    """A table is what its last TableInput says, and nothing of those before."""

    def update(data: dict[str, Any]) -> Answer:
        return update_table({**data, "TableInput": {**copy.deepcopy(left_out), **data.get("TableInput", {})}})

    return update


def archiving(update_table: Callable[[dict[str, Any]], Answer]) -> Callable[[dict[str, Any]], Answer]:
    def update(data: dict[str, Any]) -> Answer:
        key = key_of(data.get("DatabaseName"), data.get("TableInput", {}).get("Name"))
        before = copy.deepcopy(glue._tables.get(key))
        answer = update_table(data)
        if answer[0] == 200 and before is not None and data.get("SkipArchive") is not True:
            earlier[key] = [*earlier.get(key, []), before]
        return answer

    return update


def beginning_anew(create_table: Callable[[dict[str, Any]], Answer]) -> Callable[[dict[str, Any]], Answer]:
    """A table that is made after one of its name is gone has none of that one's versions."""

    def create(data: dict[str, Any]) -> Answer:
        answer = create_table(data)
        if answer[0] == 200:
            earlier.pop(key_of(data.get("DatabaseName"), data.get("TableInput", {}).get("Name")), None)
        return answer

    return create


def get_table_versions(data: dict[str, Any]) -> Answer:
    """The newest first, the present one among them."""
    known = versions(data)
    if known is None:
        return no_table(data)
    first, size = int(data.get("NextToken") or 0), int(data.get("MaxResults") or largest_page)
    if not 1 <= size <= largest_page:
        return error_response_json("InvalidInputException", f"MaxResults is 1 to {largest_page}", 400)
    told: dict[str, Any] = {"TableVersions": [shown(table) for table in known[first : first + size]]}
    if first + size < len(known):
        told["NextToken"] = str(first + size)
    return json_response(told)


def get_table_version(data: dict[str, Any]) -> Answer:
    known = versions(data)
    if known is None:
        return no_table(data)
    wanted = str(data.get("VersionId") or known[0]["VersionId"])
    found = next((table for table in known if table["VersionId"] == wanted), None)
    return no_version(wanted) if found is None else json_response({"TableVersion": shown(found)})


def delete_table_version(data: dict[str, Any]) -> Answer:
    return delete_version(data, str(data.get("VersionId"))) or json_response({})


def batch_delete_table_version(data: dict[str, Any]) -> Answer:
    if versions(data) is None:
        return no_table(data)
    errors = []
    for version in map(str, data.get("VersionIds", [])):
        refused = delete_version(data, version)
        if refused is not None:
            said = json.loads(refused[2])
            detail = {"ErrorCode": said["__type"], "ErrorMessage": said["message"]}
            errors.append({"TableName": data["TableName"], "VersionId": version, "ErrorDetail": detail})
    return json_response({"Errors": errors})


def delete_version(data: dict[str, Any], version: str) -> Answer | None:
    """Forgets an earlier version; the refusal where there is none. The present one goes with its table alone."""
    known = versions(data)
    if known is None:
        return no_table(data)
    if version == known[0]["VersionId"]:
        return error_response_json("InvalidInputException", f"Version {version} is the present one", 400)
    if all(table["VersionId"] != version for table in known):
        return no_version(version)
    key = key_of(data.get("DatabaseName"), data.get("TableName"))
    earlier[key] = [table for table in earlier[key] if table["VersionId"] != version]
    return None


def versions(data: dict[str, Any]) -> list[dict[str, Any]] | None:
    key = key_of(data.get("DatabaseName"), data.get("TableName"))
    present = glue._tables.get(key)
    return None if present is None else [present, *reversed(earlier.get(key, []))]


def shown(table: dict[str, Any]) -> dict[str, Any]:
    return {"Table": table, "VersionId": table["VersionId"]}


def key_of(database: str | None, table: str | None) -> str:
    return f"{database}/{table}"


def no_table(data: dict[str, Any]) -> Answer:
    return error_response_json("EntityNotFoundException", f"Table {data.get('TableName')} not found.", 400)


def no_version(version: str) -> Answer:
    return error_response_json("EntityNotFoundException", f"Version {version} not found.", 400)


actions: dict[str, Callable[[dict[str, Any]], Answer]] = {
    "GetTableVersions": get_table_versions,
    "GetTableVersion": get_table_version,
    "DeleteTableVersion": delete_table_version,
    "BatchDeleteTableVersion": batch_delete_table_version,
}


def knowing_versions(handle: Callable[..., Answer]) -> Callable[..., Answer]:
    def handled(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        action = actions.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if action is None or path.startswith("/iceberg"):
            return handle(method, path, headers, body, query)
        return action(json.loads(body or b"{}"))

    return handled


def install() -> None:
    glue._ALL_STATE["table_versions"] = earlier
    glue._update_table = archiving(replacing(glue._update_table))
    glue._create_table = beginning_anew(glue._create_table)
    glue._handle_request_sync = knowing_versions(glue._handle_request_sync)
