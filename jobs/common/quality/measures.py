"""What Great Expectations does not bring, or only at the price of a pass over the table for each expectation.

Of its own expectations about single rows everything is kept but where the counts come from: it would ask in several
passes, and fetch the values that break an expectation, which takes a query each and would carry personal data into
results. So all counts, and every other aggregate, come from one pass; uniqueness and references take one more each,
over the columns that they name alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from math import log
from typing import Any, ClassVar, cast

import great_expectations.expectations as gxe
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine import SparkDFExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_partial, metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.render import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer
from great_expectations.validator.metric_configuration import MetricConfiguration
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.common.repeated_keys import surplus_rows

_AGGREGATE = {
    "engine": SparkDFExecutionEngine,
    "partial_fn_type": MetricPartialFunctionTypes.AGGREGATE_FN,
    "domain_type": MetricDomainTypes.TABLE,
}
HASH_BUCKETS = 16


class BreakingRows(TableMetricProvider):
    """How many rows break a rule about one column. A null breaks none but its own."""

    metric_name = "table.breaking_rows"
    value_keys = ("column", "rule", "limits")

    @metric_partial(**_AGGREGATE)
    def _spark(
        cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any
    ) -> tuple[Column, Any, Any]:
        value, limits = F.col(metric_value_kwargs["column"]), metric_value_kwargs["limits"]
        breaking = _RULES[metric_value_kwargs["rule"]](value, limits)
        return F.count_if(breaking), metric_domain_kwargs, {}


def _outside(value: Column, limits: Mapping[str, Any]) -> Column:
    tests: dict[str, Callable[[Any], Column]] = {
        "minimum": lambda bound: value < bound,
        "maximum": lambda bound: value > bound,
        "above": lambda bound: value <= bound,
        "below": lambda bound: value >= bound,
        "minLength": lambda bound: F.length(value) < bound,
        "maxLength": lambda bound: F.length(value) > bound,
    }
    return reduce(lambda left, right: left | right, (tests[name](bound) for name, bound in limits.items()))


_RULES: dict[str, Callable[[Column, Mapping[str, Any]], Column]] = {
    "nulls": lambda value, _: value.isNull(),
    "range": _outside,
    "length": _outside,
    "values": lambda value, limits: ~value.isin(limits["values"]),
    "pattern": lambda value, limits: ~value.rlike(limits["pattern"]),
}


class _OnePass:
    """An expectation of Great Expectations about one column, row by row, whose counts come with the one pass."""

    rule: ClassVar[str]

    def get_validation_dependencies(self, *arguments: Any, **named: Any) -> Any:
        """The counts that are asked for, in place of its own metrics."""
        dependencies = super().get_validation_dependencies(*arguments, **named)  # type: ignore[misc]
        rows = dependencies.metric_configurations["table.row_count"]
        for name in list(dependencies.metric_configurations):
            dependencies.remove_metric_configuration(name)
        dependencies.set_metric_configuration("table.row_count", rows)
        this: Any = self
        for metric, rule in (("column_values.nonnull", "nulls"), (this.map_metric, self.rule)):
            asked = {"column": this.column, "rule": rule, "limits": {} if rule == "nulls" else this.limits}
            measure = MetricConfiguration("table.breaking_rows", rows.metric_domain_kwargs, asked)
            dependencies.set_metric_configuration(f"{metric}.unexpected_count", measure)
        return dependencies


class ExpectColumnToHaveValues(_OnePass, gxe.ExpectColumnValuesToNotBeNull):
    """No nulls."""

    rule: ClassVar[str] = "nulls"


class ExpectColumnValuesInRange(_OnePass, gxe.ExpectColumnValuesToBeBetween):
    """Between two bounds."""

    rule: ClassVar[str] = "range"
    limits: dict[str, Any]


class ExpectColumnValuesAmong(_OnePass, gxe.ExpectColumnValuesToBeInSet):
    """One of a list."""

    rule: ClassVar[str] = "values"
    # Its own lack the batch, which would make another pass of it.
    domain_keys: ClassVar[tuple[str, ...]] = gxe.ExpectColumnValuesToBeBetween.domain_keys
    limits: dict[str, Any]


class ExpectColumnValuesOfPattern(_OnePass, gxe.ExpectColumnValuesToMatchRegex):
    """As a regular expression has it."""

    rule: ClassVar[str] = "pattern"
    limits: dict[str, Any]


class ExpectColumnValuesOfLength(_OnePass, gxe.ExpectColumnValueLengthsToBeBetween):
    """Texts of a length."""

    rule: ClassVar[str] = "length"
    limits: dict[str, Any]


class ExpectRowCountBetween(gxe.ExpectTableRowCountToBeBetween):
    """So many rows."""

    # Its own lack the batch, as those of a list do.
    domain_keys: ClassVar[tuple[str, ...]] = gxe.ExpectColumnValuesToBeBetween.domain_keys


class _Rows(BatchExpectation):
    """An expectation about the rows together, by one number of them."""

    said: str = ""

    def found(self, metrics: dict[str, Any]) -> dict[str, Any]:
        """Whether it is met, and the numbers."""
        raise NotImplementedError

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        return self.found(metrics)

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    def _prescriptive_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None, **_: Any
    ) -> list[RenderedStringTemplateContent]:
        kwargs = (configuration or result.expectation_config).kwargs
        words = {"template": "$said", "params": {"said": kwargs.get("said", "")}}
        return [RenderedStringTemplateContent(content_block_type="string_template", string_template=words)]


class SurplusRows(TableMetricProvider):
    """How many rows have a key that another row has already."""

    metric_name = "table.surplus_rows"
    value_keys = ("columns",)

    @metric_value(engine=SparkDFExecutionEngine)
    def _spark(
        cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any
    ) -> int:
        return surplus_rows(_frame(execution_engine, metric_domain_kwargs), metric_value_kwargs["columns"])


class ExpectKeyOnce(_Rows):
    """No combination of values of the columns twice."""

    columns: list[str]
    mostly: float = 1.0
    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.row_count", "table.surplus_rows")
    success_keys: ClassVar[tuple[str, ...]] = ("columns", "mostly")

    def found(self, metrics: dict[str, Any]) -> dict[str, Any]:
        """Rows beyond the first of each key."""
        return _share(metrics["table.row_count"], metrics["table.surplus_rows"], self.mostly)


class DanglingRows(TableMetricProvider):
    """How many rows refer to nothing."""

    metric_name = "table.dangling_rows"
    value_keys = ("columns", "target", "target_columns", "target_condition")

    @metric_value(engine=SparkDFExecutionEngine)
    def _spark(
        cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any
    ) -> int:
        frame = _frame(execution_engine, metric_domain_kwargs)
        asked = metric_value_kwargs
        own = [F.col(name).alias(f"own_{index}") for index, name in enumerate(asked["columns"])]
        other = [F.col(name).alias(f"other_{index}") for index, name in enumerate(asked["target_columns"])]
        names = [f"own_{index}" for index in range(len(own))]
        # Each thing that is referred to is looked up once, however many rows refer to it.
        said = reduce(lambda left, right: left & right, (F.col(name).isNotNull() for name in names))
        referred = frame.select(*own).where(said).groupBy(*names).agg(F.count("*").alias("referring"))
        there = frame.sparkSession.read.format("delta").load(asked["target"])
        if asked["target_condition"]:
            there = there.where(asked["target_condition"])
        same = [F.col(f"own_{index}") == F.col(f"other_{index}") for index in range(len(own))]
        missing = referred.join(there.select(*other), same, "left_anti")
        return int(missing.agg(F.coalesce(F.sum("referring"), F.lit(0))).collect()[0][0])


class ExpectReferenceKept(_Rows):
    """What the columns name is in another table."""

    columns: list[str]
    target: str
    target_columns: list[str]
    target_condition: str = ""
    mostly: float = 1.0
    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.row_count", "table.dangling_rows")
    success_keys: ClassVar[tuple[str, ...]] = (
        "columns",
        "target",
        "target_columns",
        "target_condition",
        "mostly",
    )

    def found(self, metrics: dict[str, Any]) -> dict[str, Any]:
        """Rows that refer to nothing."""
        return _share(metrics["table.row_count"], metrics["table.dangling_rows"], self.mostly)


class Newest(TableMetricProvider):
    """The newest value of a date or a time, as seconds since 1970."""

    metric_name = "table.newest"
    value_keys = ("column",)

    @metric_partial(**_AGGREGATE)
    def _spark(
        cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any
    ) -> tuple[Column, Any, Any]:
        newest = F.max(F.col(metric_value_kwargs["column"])).cast("timestamp")
        return F.unix_seconds(newest), metric_domain_kwargs, {}


class ExpectNewestWithin(_Rows):
    """The newest row is of `earliest` (seconds since 1970) or later."""

    column: str
    earliest: int
    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.newest",)
    success_keys: ClassVar[tuple[str, ...]] = ("column", "earliest")

    def found(self, metrics: dict[str, Any]) -> dict[str, Any]:
        """When the newest row is of; nothing where there is none."""
        newest = metrics["table.newest"]
        return {
            "success": newest is not None and newest >= self.earliest,
            "result": {"observed_value": newest},
        }


class Bins(TableMetricProvider):
    """How many rows are in each bin: between edges, of each value and of any other, or by hash; the last is null."""

    metric_name = "table.bins"
    value_keys = ("column", "edges", "values")

    @metric_partial(**_AGGREGATE)
    def _spark(
        cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any
    ) -> tuple[Column, Any, Any]:
        value = F.col(metric_value_kwargs["column"])
        edges, values = metric_value_kwargs["edges"], metric_value_kwargs["values"]
        if edges:
            bounds = zip([None, *edges], [*edges, None])
            bins = [
                (F.lit(True) if low is None else value >= low)
                & (F.lit(True) if high is None else value < high)
                for low, high in bounds
            ]
        elif values:
            bins = [value == one for one in values] + [~value.isin(values)]
        else:
            bucket = F.pmod(F.xxhash64(value), F.lit(HASH_BUCKETS))
            bins = [value.isNotNull() & (bucket == number) for number in range(HASH_BUCKETS)]
        return F.array(*(F.count_if(one) for one in [*bins, value.isNull()])), metric_domain_kwargs, {}


class ExpectColumnNotToDrift(_Rows):
    """The values are spread as on the days before: the population stability index is at most `above`. Without a
    `baseline` it is measured alone.
    """

    column: str
    edges: list[float] = []  # noqa: RUF012 - pydantic copies it
    values: list[Any] = []  # noqa: RUF012
    baseline: list[float] = []  # noqa: RUF012
    above: float
    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.bins",)
    success_keys: ClassVar[tuple[str, ...]] = ("column", "edges", "values", "baseline", "above")

    def found(self, metrics: dict[str, Any]) -> dict[str, Any]:
        """The index, and the bins for later days."""
        bins = [int(count) for count in metrics["table.bins"]]
        index = stability_index(bins, self.baseline) if self.baseline else None
        return {
            "success": index is None or index <= self.above,
            "result": {"observed_value": index, "bins": bins},
        }


def stability_index(bins: list[int], baseline: list[float]) -> float:
    """The population stability index of counts against earlier counts. Half a row is added to each bin of both, so that
    an empty bin is rare and not impossible.
    """

    def shares(counts: list[Any]) -> list[float]:
        total = sum(counts) + 0.5 * len(counts)
        return [(count + 0.5) / total for count in counts]

    return sum((now - then) * log(now / then) for now, then in zip(shares(bins), shares(baseline)))


def _share(rows: int, broken: int, mostly: float) -> dict[str, Any]:
    return {
        "success": rows == 0 or (rows - broken) / rows >= mostly,
        "result": {
            "element_count": rows,
            "unexpected_count": broken,
            "unexpected_percent": 100 * broken / rows if rows else 0.0,
        },
    }


def _frame(execution_engine: Any, domain: Any) -> DataFrame:
    domain_records = execution_engine.get_compute_domain(domain, domain_type=MetricDomainTypes.TABLE)
    return cast("DataFrame", domain_records[0])
