"""
What moto's CloudWatch lacks so that alarms change their state (src/local/alarms/ judges them):
- A request may say when it was made, so that one that is sent again at a later start has the time of the first.
- A new alarm does not know its state yet, and one that is put again keeps the state that it had.
- An alarm's history can be asked for.
- An alarm that is not judged here is refused: one that never rings would be kinder than CloudWatch.
- A client may not measure in the name of AWS, as the endpoint itself does.
- The endpoint itself asks for all alarms with what was measured for them, and says which states changed.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from flask import has_request_context
from flask import request as under_way
from moto.cloudwatch import models
from moto.cloudwatch.exceptions import InvalidParameterValue
from moto.cloudwatch.models import Alarm, CloudWatchBackend, MetricDataQuery, MetricDatum, cloudwatch_backends
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
    unjudged = not_judged(named)
    if unjudged is not None:
        raise InvalidParameterValue(f"An alarm over {unjudged} is not supported by the local endpoint.")
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


plain = ("Sum", "SampleCount", "Minimum", "Maximum", "Average")
comparisons = tuple(
    f"{than}Threshold" for than in ("GreaterThanOrEqualTo", "GreaterThan", "LessThanOrEqualTo", "LessThan")
)
summand = re.compile(
    r"\s*(?:FILL\(\s*(?P<filled>[a-z]\w*)\s*,\s*(?P<value>-?\d+(\.\d+)?)\s*\)|(?P<id>[a-z]\w*))\s*"
)


def not_judged(named: dict[str, Any]) -> str | None:
    """What an alarm is over that src/local/alarms/ has no answer to."""
    if named.get("rule") is not None:
        return None
    if named.get("extended_statistic"):
        return f"a percentile (ExtendedStatistic {named['extended_statistic']})"
    if named.get("threshold_metric_id"):
        return f"the band of an anomaly (ThresholdMetricId {named['threshold_metric_id']})"
    if named.get("threshold") is None:
        return "a metric without a Threshold"
    if named.get("comparison_operator") not in comparisons:
        return f"the comparison {named.get('comparison_operator')}"
    queries = named.get("metric_data_queries") or []
    if not queries:
        return None if named.get("statistic") in plain else f"the statistic {named.get('statistic')}"
    told = [query for query in queries if returned(query)]
    if len(told) != 1 or not told[0].expression:
        return "Metrics of which not one expression alone is returned"
    metrics = {query.id: query.metric_stat for query in queries if query.metric_stat is not None}
    for stat in metrics.values():
        if stat.stat not in plain:
            return f"the statistic {stat.stat}"
    if len({int(stat.period) for stat in metrics.values()}) != 1:
        return "metrics of different periods"
    if any(name not in metrics for name, _ in summands(told[0].expression) or [("", None)]):
        return f"the expression {told[0].expression}, which is no sum of its metrics,"
    return None


def returned(query: MetricDataQuery) -> bool:
    return str(query.return_data).lower() != "false"


def summands(expression: str) -> list[tuple[str, float | None]] | None:
    """The metrics that `FILL(a, 0) + b` adds up, and with what each is filled; None of another expression."""
    found = [summand.fullmatch(part) for part in expression.split("+")]
    if not all(found):
        return None
    return [
        (one["filled"] or one["id"], None if one["filled"] is None else float(one["value"]))
        for one in found
        if one
    ]


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
        return {**told, "sum": show_sum(alarm, data, moment)}
    metric = shown_metric(alarm.namespace, alarm.metric_name, alarm.dimensions, alarm.statistic)
    period = int(alarm.period)
    of_it = data.get(key_of(metric), [])
    return {
        **told,
        "metric": {**metric, "unit": alarm.unit, **compared(alarm, period)},
        "everMeasured": bool(of_it),
        "data": points(of_it, alarm.unit, since(alarm, period, moment)),
    }


def show_sum(alarm: Alarm, data: dict[Any, list[Any]], moment: float) -> dict[str, Any]:
    told = next(query for query in alarm.metric_data_queries if returned(query))
    stats = {query.id: query.metric_stat for query in alarm.metric_data_queries if query.metric_stat}
    period = int(next(iter(stats.values())).period)
    shown = []
    for name, filled in summands(told.expression) or []:
        of, stat = stats[name].metric, stats[name].stat
        metric = shown_metric(of.namespace, of.metric_name, of.dimensions, stat)
        kept = points(data.get(key_of(metric), []), stats[name].unit, since(alarm, period, moment))
        shown.append({"id": name, "metric": metric, "filledWith": filled, "data": kept})
    named = {"id": told.id, "expression": told.expression, "label": told.label}
    return {**named, **compared(alarm, period), "summands": shown}


def shown_metric(namespace: str, name: str, dimensions: list[Any], statistic: str) -> dict[str, Any]:
    named = {one.name: one.value for one in dimensions}
    return {"namespace": namespace, "name": name, "dimensions": named, "statistic": statistic}


def key_of(metric: dict[str, Any]) -> tuple[str, str, frozenset[tuple[str, str]]]:
    return metric["namespace"], metric["name"], frozenset(metric["dimensions"].items())


def compared(alarm: Alarm, period: int) -> dict[str, Any]:
    periods = int(alarm.evaluation_periods)
    return {
        "period": period,
        "periods": periods,
        "wrongPeriods": int(alarm.datapoints_to_alarm or periods),
        "comparison": alarm.comparison_operator,
        "threshold": float(alarm.threshold),
        "silence": alarm.treat_missing_data or "missing",
    }


def since(alarm: Alarm, period: int, moment: float) -> float:
    """One period more than are looked at, for the first of them does not begin at this moment."""
    return moment - period * (int(alarm.evaluation_periods) + 4)


def points(of_it: list[Any], unit: str | None, oldest: float) -> list[dict[str, float]]:
    return [
        point(datum)
        for datum in of_it
        if seconds(datum.timestamp) >= oldest and (unit is None or datum.unit == unit)
    ]


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
