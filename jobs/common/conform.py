"""Conforms delivered rows to a contract: typed columns for those that keep it, reasons for those that do not.

What is decided here, and nowhere else:

- A field with nothing in it, or nothing but white space, is a missing value, quoted or not.
- Text is kept as delivered. For any other type the white space around a value is no part of it.
- Only the contract's own spellings count: dates are `2026-01-05`, timestamps RFC 3339 with an offset, booleans `true`
  or `false` in any case, integers have no fraction, and a decimal with more digits than its type holds is not rounded.
- A value that comes with a type of its own (a database's, not a file's) is taken where it is the contract's type or can
  become it without loss: no rounding, no overflow, no text from numbers. A time without a zone is UTC.
- A row whose number of fields is not the header's has the one reason `malformed`: its fields can't be told apart.
- Of rows with the same primary key that break nothing else the latest by the watermark stays; where that is the same,
  the one delivered last (by file name, then by place in the file). The others are `duplicate`.
- Every other reason of a row is told, not just the first: `<rule>:<column>`, for example `required:country`.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as spark

from jobs.common.contract import Column, Contract, java_pattern, spark_schema, spark_type
from jobs.common.delivery import MALFORMED, POSITION, SOURCE_FILE, Delivery
from jobs.common.errors import DeclarationError
from jobs.common.landing import REPLACEMENT

RAW, REASONS = "_raw", "_reasons"
UNMAPPED = "_unmapped"
RECORD = "_record"  # key in `_raw` of a malformed row's whole text
_INK = r"[^ \t\r\n]"  # what makes a field more than blank
_OFFSET = r"(?:[Zz]|[+-]\d{2}:\d{2})"
_WHOLE = r"[+-]?\d+"
_FLOATING = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_SPELLINGS = {
    "date": r"\d{4}-\d{2}-\d{2}",
    "timestamp": rf"\d{{4}}-\d{{2}}-\d{{2}}[Tt ]\d{{2}}:\d{{2}}:\d{{2}}(?:\.\d{{1,6}})?{_OFFSET}",
    "boolean": r"(?i:true|false)",
    "tinyint": _WHOLE,
    "smallint": _WHOLE,
    "int": _WHOLE,
    "bigint": _WHOLE,
    "float": _FLOATING,
    "double": _FLOATING,
}


@dataclass(frozen=True)
class Conformed:
    """Delivered rows with what became of them. Compute it once: it is meant to be persisted before it is used."""

    frame: DataFrame
    contract: Contract
    delivery: Delivery
    possible_reasons: tuple[str, ...]

    @property
    def extras(self) -> tuple[str, ...]:
        """Delivered columns that the contract does not know."""
        known = {column.name for column in self.contract.source_columns}
        return tuple(name for name in self.delivery.names if name not in known)

    def accepted(self) -> DataFrame:
        """The rows that keep the contract, with exactly its columns."""
        kept = self.frame.where(F.size(REASONS) == 0)
        return kept.select(
            *(
                F.col(field.name).cast(field.dataType).alias(field.name, metadata=field.metadata)
                for field in spark_schema(self.contract)
            )
        )

    def rejected(self) -> DataFrame:
        """The rows that break it: everything that was delivered in `_raw` by column name, every reason in
        `_reasons`, the file in `_source_file`, and what the platform knows of where the row stood: the columns that
        the delivery provided, and the partition columns.
        """
        pairs = [
            expression
            for name, raw in self.delivery.raw()
            for expression in (F.lit(name), _text(raw, self.frame.schema[raw].dataType))
        ]
        delivered = F.create_map(*pairs)
        record = F.create_map(F.lit(RECORD), F.col(MALFORMED))
        raw = F.when(F.col(MALFORMED).isNull(), delivered).otherwise(F.map_concat(delivered, record))
        return self.frame.where(F.size(REASONS) > 0).select(
            raw.alias(RAW),
            REASONS,
            SOURCE_FILE,
            *dict.fromkeys((*self.delivery.provided, *self.contract.partitioned_by)),
        )

    def count(self) -> Counts:
        """Count everything in one pass."""
        rejected = F.size(REASONS) > 0
        undecoded = F.lit(False)
        if self.delivery.files:
            undecoded = reduce(
                lambda left, right: left | right,
                (
                    F.coalesce(F.col(raw).contains(REPLACEMENT), F.lit(False))
                    for _, raw in self.delivery.raw()
                ),
            )
        latest = F.lit(None).cast("bigint")
        if self.contract.watermark_is_time:
            latest = F.unix_micros(F.max(str(self.contract.watermark)))
        row = self.frame.agg(
            F.count("*").alias("read"),
            F.count_if(rejected).alias("rejected"),
            F.coalesce(F.bool_or(undecoded), F.lit(False)).alias("undecoded"),
            latest.alias("latest"),
            *(
                F.count_if(F.array_contains(REASONS, reason)).alias(f"reason_{index}")
                for index, reason in enumerate(self.possible_reasons)
            ),
            *(
                F.count(_present(self._extra(name))).alias(f"extra_{index}")
                for index, name in enumerate(self.extras)
            ),
        ).collect()[0]
        reasons = {reason: row[f"reason_{index}"] for index, reason in enumerate(self.possible_reasons)}
        return Counts(
            read=row["read"],
            rejected=row["rejected"],
            reasons={reason: count for reason, count in reasons.items() if count},
            unmapped={name: row[f"extra_{index}"] for index, name in enumerate(self.extras)},
            undecoded=row["undecoded"],
            latest=row["latest"],
        )

    def _extra(self, name: str) -> Expression:
        raw = str(self.delivery.column(name))
        return _text(raw, self.frame.schema[raw].dataType)


@dataclass(frozen=True)
class Counts:
    """What a delivery came to."""

    read: int
    rejected: int
    reasons: dict[str, int]
    unmapped: dict[str, int]
    undecoded: bool
    """Whether a replacement character was met: bytes that are not UTF-8, or the source's own."""
    latest: int | None
    """The highest value of the watermark among all rows, as microseconds since 1970."""


def conform(delivery: Delivery, contract: Contract, date: dt.date) -> Conformed:
    """Say for every delivered row what it is by the contract, and why not."""
    checks: list[tuple[str, Expression]] = []
    typed: dict[str, Expression] = {}
    for column in contract.source_columns:
        name = delivery.column(column.name)
        raw = F.lit(None).cast("string") if name is None else F.col(name)
        delivered = spark.StringType() if name is None else delivery.frame.schema[name].dataType
        if isinstance(delivered, spark.StringType):
            typed[column.name] = _cast(raw, column.type)
            present = F.coalesce(raw.rlike(_INK), F.lit(False))  # looked at only where there is no value
        else:
            typed[column.name] = _fit(raw, delivered, spark_type(column.type))
            present = raw.isNotNull()
        checks += _checks(column, present, untyped=not isinstance(delivered, spark.StringType))
    well_formed = F.col(MALFORMED).isNull()
    own = [F.when(well_formed & broken, F.lit(reason)) for reason, broken in checks]
    reasons = F.array_compact(F.array(F.when(~well_formed, F.lit("malformed")), *own))

    kept_raw = [raw for _, raw in delivery.raw()]
    platform = _platform_columns(contract, delivery, date)
    frame = (
        delivery.frame.select("*", *(value.alias(f"typed_{name}") for name, value in typed.items()))
        .withColumn(REASONS, reasons)
        .select(
            *kept_raw,
            MALFORMED,
            POSITION,
            REASONS,
            *(F.col(f"typed_{name}").alias(name) for name in typed),
            *(value.alias(name) for name, value in platform.items()),
        )
    )
    duplicate = f"duplicate:{','.join(contract.primary_key)}"
    frame = _with_duplicates(frame, contract, duplicate)
    return Conformed(frame, contract, delivery, ("malformed", *(reason for reason, _ in checks), duplicate))


def _present(text: Expression) -> Expression:
    """The text, or null where it is blank."""
    return F.when(text.rlike(_INK), text)


def _cast(text: Expression, kind: str) -> Expression:
    """The text as a value of the type; null where it is blank, not spelled as one, or out of its range.

    One pattern a value, and no trimming (Spark's casts pass over white space themselves): this is what a run spends
    its time on.
    """
    if kind == "string":
        return _present(text)
    spelling = _SPELLINGS.get(kind)
    if kind.startswith("decimal"):
        precision, scale = (int(digits) for digits in re.findall(r"\d+", kind))
        spelling = rf"[+-]?(?=\.?\d)0*\d{{0,{precision - scale}}}(?:\.\d{{0,{scale}}}0*)?"
    if spelling is None:
        raise DeclarationError(f"a column of type {kind} cannot be read from CSV")
    cast = F.when(text.rlike(rf"^[ \t\r\n]*{spelling}[ \t\r\n]*\z"), text.cast(kind))
    if kind in ("double", "float"):
        return F.when(F.abs(cast) < float("inf"), cast)
    return cast


def _fit(value: Expression, delivered: spark.DataType, wanted: spark.DataType) -> Expression:
    """A typed value as another type; null where something of it would be lost, or it is of another kind."""
    zoneless = isinstance(delivered, spark.TimestampNTZType) and isinstance(wanted, spark.TimestampType)
    if zoneless:
        return value.cast(wanted)
    if isinstance(delivered, spark.NumericType) and isinstance(wanted, spark.NumericType):
        cast = value.cast(wanted)
        whole = cast.cast(delivered) == value
        if isinstance(wanted, (spark.DoubleType, spark.FloatType)):
            whole = whole & (F.abs(cast) < float("inf"))
        return F.when(whole, cast)
    return value if delivered == wanted else F.lit(None).cast(wanted)


def _text(raw: str, delivered: spark.DataType) -> Expression:
    """A raw column as text, for people."""
    if isinstance(delivered, spark.StringType):
        return F.col(raw)
    if isinstance(delivered, spark.BinaryType):
        return F.base64(raw)
    if isinstance(delivered, (spark.ArrayType, spark.MapType, spark.StructType)):
        return F.to_json(raw)
    return F.col(raw).cast("string")


def _checks(column: Column, present: Expression, untyped: bool) -> list[tuple[str, Expression]]:
    """What can be wrong with a column: the reason, and when it holds (null counts as no). `present`: there is
    something delivered; `untyped`: even where text is wanted it may not be text.
    """
    name = column.name
    value = F.col(f"typed_{name}")
    checks: list[tuple[str, Expression]] = []
    if not column.nullable:
        checks.append((f"required:{name}", value.isNull() & ~present))
    if untyped or column.type != "string":
        checks.append((f"type:{name}", value.isNull() & present))
    for rule, limit in column.rules.items():
        if rule == "pattern":
            broken = ~value.rlike(java_pattern(limit))
        elif rule == "enum":
            broken = ~value.isin([choice for choice in limit if choice is not None])
        elif rule == "minLength":
            broken = F.length(value) < limit
        elif rule == "maxLength":
            broken = F.length(value) > limit
        elif rule == "minimum":
            broken = value < limit
        elif rule == "maximum":
            broken = value > limit
        elif rule == "exclusiveMinimum":
            broken = value <= limit
        else:
            broken = value >= limit
        checks.append((f"{rule}:{name}", broken))
    return checks


def _platform_columns(contract: Contract, delivery: Delivery, date: dt.date) -> dict[str, Expression]:
    known = {column.name for column in contract.source_columns}
    extras = [
        (name, _text(raw, delivery.frame.schema[raw].dataType))
        for name, raw in delivery.raw()
        if name not in known
    ]
    nothing = F.lit(None).cast("map<string,string>")
    unmapped = nothing
    if extras:
        delivered = F.create_map(*(part for name, text in extras for part in (F.lit(name), _present(text))))
        present = F.map_filter(delivered, lambda _, value: value.isNotNull())
        unmapped = F.when(F.size(present) > 0, present)
    values = {SOURCE_FILE: F.col(SOURCE_FILE), UNMAPPED: unmapped}
    values.update({name: F.col(name) for name in delivery.provided})
    platform: dict[str, Expression] = {}
    for column in contract.columns:
        if not column.from_platform:
            continue
        if column.name in values:
            platform[column.name] = values[column.name]
        elif column.name in contract.partitioned_by and column.type == "date":
            platform[column.name] = F.lit(date)
        else:
            raise DeclarationError(f'{contract.id}: the platform does not know how to set "{column.name}"')
    missing = {SOURCE_FILE, UNMAPPED} - set(platform)
    if missing:
        raise DeclarationError(f"{contract.id}: an ingested dataset needs {', '.join(sorted(missing))}")
    return platform


def _with_duplicates(frame: DataFrame, contract: Contract, reason: str) -> DataFrame:
    sound = F.size(REASONS) == 0
    latest = [F.col(contract.watermark).desc_nulls_last()] if contract.watermark else []
    order = [*latest, F.col(SOURCE_FILE).desc(), F.col(POSITION).desc()]
    # Rows that are broken anyway do not compete; they are spread by their position, so that they make no lump.
    apart = F.when(~sound, F.col(POSITION))
    window = Window.partitionBy(*contract.primary_key, apart).orderBy(*order)
    surplus = sound & (F.row_number().over(window) > 1)
    return frame.withColumn(REASONS, F.when(surplus, F.array(F.lit(reason))).otherwise(F.col(REASONS)))
