"""
What moto's CloudWatch lacks so that alarms change their state (src/local/alarms/ judges them):
- A request may say when it was made, so that one that is sent again at a later start has the time of the first.
- A new alarm does not know its state yet, and one that is put again keeps the state that it had.
- An alarm's history can be asked for.
- A client may not measure in the name of AWS, as the endpoint itself does.
- The endpoint itself asks for all alarms with what was measured for them, and says which states changed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from flask import has_request_context
from flask import request as under_way
from moto.cloudwatch import models
from moto.cloudwatch.exceptions import InvalidParameterValue
from moto.cloudwatch.models import Alarm, CloudWatchBackend, MetricDatum, cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult
from moto.moto_api._internal import urls

Answer = tuple[int, dict[str, str], str]

real_now = models.utcnow
put = CloudWatchBackend.put_metric_alarm
put_data = CloudWatchResponse.put_metric_data


def now() -> datetime:
    """When the request under way was made; moto's times have no zone."""
    said = under_way.headers.get("x-dataplat-at") if has_request_context() else None
    if said is None:
        return real_now()
    return datetime.fromisoformat(said.replace("Z", "+00:00")).astimezone(timezone.utc).replace(tzinfo=None)


def seconds(moment: datetime) -> float:
    """Since 1970."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def put_alarm(self: CloudWatchBackend, name: str, **named: Any) -> Alarm:
    """A change of an alarm leaves its state as it is."""
    before = self.alarms.get(name)
    alarm = put(self, name=name, **named)
    alarm.state_value = "INSUFFICIENT_DATA"
    if before is not None:
        for kept in (
            "history",
            "state_value",
            "state_reason",
            "state_reason_data",
            "state_updated_timestamp",
        ):
            setattr(alarm, kept, getattr(before, kept))
    return alarm


def remember(alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
    alarm.history.append(
        {
            "AlarmName": alarm.name,
            "AlarmType": "MetricAlarm" if alarm.rule is None else "CompositeAlarm",
            "Timestamp": now(),
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": json.dumps(data),
        }
    )


def update_state(self: Alarm, reason: str, reason_data: str | None, state_value: str) -> None:
    """A state that is set to what it was is no change that the history tells of."""
    if state_value != self.state_value:
        told = {
            "version": "1.0",
            "oldState": {"stateValue": self.state_value, "stateReason": self.state_reason},
            "newState": {"stateValue": state_value, "stateReason": reason},
        }
        remember(self, "StateUpdate", f"Alarm updated from {self.state_value} to {state_value}", told)
    self.state_reason = reason
    self.state_reason_data = reason_data
    self.state_value = state_value
    self.state_updated_timestamp = now()


def describe_alarm_history(self: Any) -> ActionResult:
    """The newest first, unless it is asked for otherwise."""
    name, kind = self._get_param("AlarmName"), self._get_param("HistoryItemType")
    start, end = self._get_param("StartDate"), self._get_param("EndDate")
    items = [
        item
        for alarm in self.cloudwatch_backend.alarms.values()
        if name in (None, alarm.name)
        for item in alarm.history
        if kind in (None, item["HistoryItemType"])
        and (start is None or seconds(item["Timestamp"]) >= seconds(start))
        and (end is None or seconds(item["Timestamp"]) <= seconds(end))
    ]
    oldest_first = self._get_param("ScanBy") == "TimestampAscending"
    items = sorted(items, key=lambda item: item["Timestamp"])
    if not oldest_first:
        items.reverse()
    return ActionResult({"AlarmHistoryItems": items[: self._get_int_param("MaxRecords") or 100]})


def put_metric_data(self: Any) -> ActionResult:
    namespace = str(self._get_param("Namespace"))
    if namespace.startswith("AWS/") and "x-dataplat-service" not in under_way.headers:
        raise InvalidParameterValue(f"The value {namespace} for parameter Namespace is invalid.")
    return put_data(self)


def backends() -> Iterator[CloudWatchBackend]:
    for regions in list(cloudwatch_backends.values()):
        yield from list(regions.values())


def measured(backend: CloudWatchBackend) -> dict[tuple[str, str, frozenset[tuple[str, str]]], list[Any]]:
    """What was measured, by what it is a measurement of."""
    found: dict[Any, list[Any]] = defaultdict(list)
    for datum in backend.metric_data:
        dimensions = frozenset((one.name, one.value) for one in datum.dimensions)
        found[(datum.namespace, datum.name, dimensions)].append(datum)
    return found


def look(request: Any, _url: str, _headers: Any) -> Answer:
    """Every alarm, with the measurements of its metric that its periods up to now may hold."""
    moment = float(request.args["now"])
    shown = []
    for backend in backends():
        if not backend.alarms:
            continue
        data = measured(backend)
        shown += [show(alarm, data, moment) for alarm in backend.alarms.values()]
    return 200, {}, json.dumps(shown)


def show(alarm: Alarm, data: dict[Any, list[Any]], moment: float) -> dict[str, Any]:
    told: dict[str, Any] = {
        "arn": alarm.alarm_arn,
        "name": alarm.name,
        "description": alarm.description,
        "state": alarm.state_value,
        "reason": alarm.state_reason,
        "reasonData": alarm.state_reason_data,
        "stateSince": seconds(alarm.state_updated_timestamp),
        "configured": seconds(alarm.configuration_updated_timestamp),
        "actionsEnabled": bool(alarm.actions_enabled),
        "actions": {
            "ALARM": alarm.alarm_actions,
            "OK": alarm.ok_actions,
            "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
        },
    }
    if alarm.rule is not None:
        return {**told, "rule": alarm.rule}
    if not alarm.metric_name:
        return told
    dimensions = {one.name: one.value for one in alarm.dimensions}
    period, periods = int(alarm.period), int(alarm.evaluation_periods)
    of_it = data.get((alarm.namespace, alarm.metric_name, frozenset(dimensions.items())), [])
    # One period more than are looked at, for the first of them does not begin at this moment.
    oldest = moment - period * (periods + 4)
    return {
        **told,
        "metric": {
            "namespace": alarm.namespace,
            "name": alarm.metric_name,
            "dimensions": dimensions,
            "statistic": alarm.statistic,
            "unit": alarm.unit,
            "period": period,
            "periods": periods,
            "wrongPeriods": int(alarm.datapoints_to_alarm or periods),
            "comparison": alarm.comparison_operator,
            "threshold": float(alarm.threshold) if alarm.threshold is not None else None,
            "silence": alarm.treat_missing_data or "missing",
        },
        "everMeasured": bool(of_it),
        "data": [
            point(datum) for datum in of_it if seconds(datum.timestamp) >= oldest and fits(datum, alarm)
        ],
    }


def fits(datum: Any, alarm: Alarm) -> bool:
    return alarm.unit is None or datum.unit == alarm.unit


def point(datum: Any) -> dict[str, float]:
    at = seconds(datum.timestamp)
    if isinstance(datum, MetricDatum):
        return {"at": at, "sum": datum.value, "minimum": datum.value, "maximum": datum.value, "count": 1}
    return {
        "at": at,
        "sum": datum.sum,
        "minimum": datum.min,
        "maximum": datum.max,
        "count": datum.sample_count,
    }


def change(request: Any, _url: str, _headers: Any) -> Answer:
    """Takes over which alarms changed their state, and what was done about it."""
    alarms = {alarm.alarm_arn: alarm for backend in backends() for alarm in backend.alarms.values()}
    for told in json.loads(request.get_data()):
        alarm = alarms.get(told["arn"])
        if alarm is None:
            continue
        if "state" in told:
            update_state(alarm, told["reason"], told.get("reasonData"), told["state"])
        for action in told.get("actions", []):
            summary = f"Successfully executed action {action}"
            remember(alarm, "Action", summary, {"actionState": "Succeeded", "notificationResource": action})
    return 200, {}, ""


def install() -> None:
    models.utcnow = now
    CloudWatchBackend.put_metric_alarm = put_alarm
    Alarm.update_state = update_state
    CloudWatchResponse.describe_alarm_history = describe_alarm_history
    CloudWatchResponse.put_metric_data = put_metric_data
    urls.url_paths["{0}/moto-api/alarms$"] = look
    urls.url_paths["{0}/moto-api/alarm-changes$"] = change
