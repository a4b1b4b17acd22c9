"""Conforms delivered rows to a contract: typed columns for those that keep it, reasons for those that do not.

What is decided here, and nowhere else:

- A field with nothing in it, or nothing that can be seen (white space of any script, what has no width), is a missing
  value, quoted or not; so is one that says what the source declares as `nulls`.
- Text is kept as delivered. For any other type the white space around a value is no part of it.
- Only the contract's own spellings count: dates are `2026-01-05`, timestamps RFC 3339 with an offset (to the
  microsecond; behind it zeros alone), booleans `true` or `false` in any case, integers have no fraction, and a decimal
  with more digits than its type holds is not rounded.
- Where a column declares other spellings (`x-dataplat.parse`), these count and no others; `parse` has what they mean.
- A value that comes with a type of its own (a database's, not a file's) is taken where it is the contract's type or can
  become it without loss: no rounding, no overflow, no text from numbers, no day outside of the years 1 to 9999. A
  time without a zone is UTC, unless the column declares another zone.
- A row whose number of fields is not the header's has the one reason `malformed`: its fields can't be told apart.
- Of rows with the same primary key that break nothing else the latest by the watermark stays; where that is the same,
  the one delivered last (by file name, then by place in the file). The others are `duplicate`.
- Every other reason of a row is told, not just the first: `<rule>:<column>`, for example `required:country`.
"""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as spark

from jobs.common.contract import Column, Contract, java_pattern, spark_schema, spark_type
from jobs.common.delivery import MALFORMED, POSITION, REPLACEMENT, SOURCE_FILE, Delivery, Sound
from jobs.common.errors import DeclarationError, LandingChangedError
from jobs.common.parse import boolean_of, moment_in, plain_number, times_of
from jobs.common.repeated_keys import surplus_rows

RAW, REASONS = "_raw", "_reasons"
UNMAPPED = "_unmapped"
RECORD = "_record"  # key in `_raw` of a malformed row's whole text
_ROW, _TIMES, _SURPLUS = "_row", "_times", "_surplus"
_INK = r"[^\p{Z}\p{Cc}\p{Cf}]"  # what makes a field more than blank, in any script
_WHITE = " \t\r\n"  # around a value of any other type than text
_WHITE_OF_ANY_SCRIPT = (
    _WHITE + "\v\f\x85\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
)
_OFFSET = r"(?:[Zz]|[+-]\d{2}:\d{2})"
_WHOLE = r"[+-]?\d+"
_FLOATING = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_SPELLINGS = {
    "date": r"\d{4}-\d{2}-\d{2}",
    "timestamp": rf"\d{{4}}-\d{{2}}-\d{{2}}[Tt ]\d{{2}}:\d{{2}}:\d{{2}}(?:\.\d{{1,6}}0{{0,3}})?{_OFFSET}",
    "boolean": r"(?i:true|false)",
    "tinyint": _WHOLE,
    "smallint": _WHOLE,
    "int": _WHOLE,
    "bigint": _WHOLE,
    "float": _FLOATING,
    "double": _FLOATING,
}
_DAYS = tuple((day - dt.date(1970, 1, 1)).days for day in (dt.date.min, dt.date.max))  # the years 1 to 9999
_NOTHING: dict[str, Any] = {"read": 0, "rejected": 0, "undecoded": False, "latest": None, "unmapped": 0}
_MICROSECONDS = (_DAYS[0] * 86_400_000_000, (_DAYS[1] + 1) * 86_400_000_000 - 1)


class Conformed:
    """Delivered rows with what became of them. They are computed once, at the first question, and held until the `with`
    around their use ends.
    """

    def __init__(
        self,
        judged: DataFrame,
        sound: Callable[[DataFrame], DataFrame],
        contract: Contract,
        delivery: Delivery,
        possible_reasons: Sequence[str],
    ) -> None:
        """`sound` makes of the delivery's sound rows what `judged` has of the others."""
        self.contract = contract
        self.delivery = delivery
        self._judged = judged
        self._sound_of = sound
        self._each = self._together(None if delivery.sound is None else delivery.sound.rows)
        self._possible_reasons = possible_reasons
        self._held: list[DataFrame] = [*delivery.let_go]

    def _together(self, sound: DataFrame | None) -> DataFrame:
        """Each row by itself: one key may have several."""
        if sound is None:
            rows = self._judged
        elif self._is_sound:
            rows = self._sound_of(sound)
        else:
            rows = self._judged.unionByName(self._sound_of(sound))
        return rows.withColumn(_ROW, F.monotonically_increasing_id())

    def __enter__(self) -> Conformed:
        return self

    def __exit__(self, *_: object) -> None:
        for frame in self._held:
            frame.unpersist()

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
        frame = self.frame
        pairs = [
            expression
            for name, text in zip(self.delivery.names, self._delivered())
            for expression in (F.lit(name), text)
        ]
        delivered = F.create_map(*pairs)
        if self.delivery.unknown is not None:
            beside = F.coalesce(F.col(self.delivery.unknown), F.create_map().cast("map<string,string>"))
            delivered = F.map_concat(delivered, beside)
        sent = F.create_map(*(part for name in self.delivery.told for part in (F.lit(name), F.col(name))))
        record = F.map_concat(
            F.create_map(F.lit(RECORD), F.col(MALFORMED)),
            F.map_filter(sent.cast("map<string,string>"), lambda _, text: text.isNotNull()),
        )
        raw = F.when(F.col(MALFORMED).isNull(), delivered).otherwise(record)
        return frame.where(F.size(REASONS) > 0).select(
            raw.alias(RAW),
            REASONS,
            SOURCE_FILE,
            *dict.fromkeys((*self.delivery.provided, *self.contract.partitioned_by)),
        )

    @property
    def frame(self) -> DataFrame:
        """Every row with its reasons, the second row of a key among them."""
        return self._decided[0]

    @property
    def counts(self) -> Counts:
        """What the delivery came to."""
        return self._decided[1]

    @cached_property
    def _decided(self) -> tuple[DataFrame, Counts]:
        sound = self.delivery.sound
        row = _NOTHING if self._is_sound else self._hold(self._judged).agg(*self._measures()).collect()[0]
        reasons = self._count_reasons() if row["rejected"] else {}
        kept = row["read"] - row["rejected"] + (0 if sound is None else sound.count)
        frame, surplus = self._each, self._count_surplus(kept)
        if surplus:
            if sound is not None:
                self._read_again(sound)
            frame = self._without_surplus()
            reasons[self._duplicate] = surplus
        latest = [row["latest"], None if sound is None else sound.latest]
        return frame, Counts(
            read=row["read"] + (0 if sound is None else sound.count),
            rejected=row["rejected"] + surplus,
            reasons=reasons,
            unmapped=self._count_unmapped(row["unmapped"]),
            undecoded=row["undecoded"],
            latest=max((micros for micros in latest if micros is not None), default=None),
        )

    def _read_again(self, sound: Sound) -> None:
        """Hold the sound rows with what was delivered of them, for some of them are rejected after all.

        :raises LandingChangedError: they are no longer what they were
        """
        for frame in self.delivery.let_go:
            frame.unpersist()
        rows, held = sound.again()
        self._held += held
        if rows.count() != sound.count:
            raise LandingChangedError("the delivery changed while it was read; nothing was written")
        self._each = self._together(rows)

    def _count_surplus(self, kept: int) -> int:
        """How many of the rows that are kept so far give way to another one of their key."""
        sound = self.delivery.sound
        if sound is not None and sound.alone and sound.keys_differ:
            return 0
        return surplus_rows(self._sound(), self.contract.primary_key, kept)

    def _measures(self) -> list[Expression]:
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
        return [
            F.count("*").alias("read"),
            F.count_if(F.size(REASONS) > 0).alias("rejected"),
            F.coalesce(F.bool_or(undecoded), F.lit(False)).alias("undecoded"),
            latest.alias("latest"),
            F.count(UNMAPPED).alias("unmapped"),
        ]

    def _count_reasons(self) -> dict[str, int]:
        """How many rows have each reason, in the order of the contract."""
        told = self._judged.select(F.explode(REASONS).alias("reason")).groupBy("reason").count()
        counts = {row["reason"]: row["count"] for row in told.collect()}
        return {reason: counts[reason] for reason in self._possible_reasons if reason in counts}

    def _count_unmapped(self, rows: int) -> dict[str, int]:
        """How many values each column has that the contract does not know, those that were delivered empty too."""
        known = {column.source_name for column in self.contract.source_columns}
        counts = {name: 0 for name in self.delivery.names if name not in known}
        if rows:
            told = self._judged.select(F.explode(F.map_keys(UNMAPPED)).alias("name")).groupBy("name").count()
            counts.update((row["name"], row["count"]) for row in told.orderBy("name").collect())
        if self.delivery.sound is not None:
            for name, count in self.delivery.sound.unmapped.items():
                counts[name] = counts.get(name, 0) + count
        return counts

    def _without_surplus(self) -> DataFrame:
        """The rows, those that give way with the reason `duplicate`."""
        key, place = self.contract.primary_key, (SOURCE_FILE, POSITION, _ROW)
        watermark = [self.contract.watermark] if self.contract.watermark else []
        latest = [F.col(name).desc_nulls_last() for name in watermark]
        window = Window.partitionBy(*key).orderBy(*latest, *(F.col(name).desc() for name in place))
        rows = self._sound().select(*dict.fromkeys((*key, *watermark, *place)))
        surplus = rows.withColumn(_TIMES, F.row_number().over(window)).where(F.col(_TIMES) > 1)
        marked = self._hold(surplus.select(_ROW, F.lit(True).alias(_SURPLUS)))
        reasons = F.when(F.col(_SURPLUS), F.array(F.lit(self._duplicate))).otherwise(F.col(REASONS))
        return self._each.join(marked, _ROW, "left").withColumn(REASONS, reasons).drop(_SURPLUS)

    def _hold(self, frame: DataFrame) -> DataFrame:
        self._held.append(frame.persist(StorageLevel.MEMORY_AND_DISK))
        return frame

    @property
    def _is_sound(self) -> bool:
        """Whether all rows were seen to keep the contract as they were read."""
        return self.delivery.sound is not None and self.delivery.sound.alone

    def _sound(self) -> DataFrame:
        return self._each.where(F.size(REASONS) == 0)

    @property
    def _duplicate(self) -> str:
        return f"duplicate:{','.join(self.contract.primary_key)}"

    def _delivered(self) -> Sequence[Expression]:
        """What was delivered of each name, as text."""
        if self.delivery.retold is not None:
            return self.delivery.retold()
        schema, beyond = self._each.schema, self.delivery.beyond
        return [_text(raw, schema[raw].dataType, beyond.get(name)) for name, raw in self.delivery.raw()]


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
    shown: dict[str, Expression] = {}
    for column in contract.source_columns:
        name = delivery.column(column.source_name)
        raw = F.lit(None).cast("string") if name is None else F.col(name)
        delivered = spark.StringType() if name is None else delivery.frame.schema[name].dataType
        if isinstance(delivered, spark.IntegralType) and (column.parse.formats or column.parse.true):
            raw, delivered = raw.cast("string"), spark.StringType()  # epochs, and yes and no as numbers
        if isinstance(delivered, spark.StringType):
            nulls = (*delivery.nulls, *column.parse.nulls)
            if column.parse.trim:
                raw = F.btrim(raw, F.lit(_WHITE_OF_ANY_SCRIPT))
            if nulls:
                raw = _unless_null(raw, nulls, column.type)
            typed[column.name] = _read(raw, column, shown)
            present = F.coalesce(_is_present(raw), F.lit(False))  # looked at only where there is no value
        elif column.parse.timezone and isinstance(delivered, spark.TimestampNTZType):
            typed[column.name] = _of_four_digits(
                moment_in(_of_four_digits(raw, delivered).cast("timestamp"), column.parse), delivered
            )
            present = raw.isNotNull()
        else:
            typed[column.name] = _fit(raw, delivered, spark_type(column.type))
            present = raw.isNotNull()
        if column.source_name in delivery.beyond:
            present = present | F.col(delivery.beyond[column.source_name]).isNotNull()
        checks += _checks(column, present, untyped=not isinstance(delivered, spark.StringType))
    well_formed = F.col(MALFORMED).isNull()
    own = [F.when(well_formed & broken, F.lit(reason)) for reason, broken in checks]
    told = F.array_compact(F.array(F.when(~well_formed, F.lit("malformed")), *own))
    any_broken = reduce(operator.or_, (broken for _, broken in checks), ~well_formed)
    reasons = F.when(any_broken, told).otherwise(F.array().cast("array<string>"))

    held = [*(delivery.held or [raw for _, raw in delivery.raw()]), *delivery.told, *delivery.beyond.values()]
    if delivery.unknown is not None:
        held.append(delivery.unknown)
    platform = [value.alias(name) for name, value in _platform_columns(contract, delivery, date).items()]
    judged = (
        # First what clocks show, for Spark works out anew whatever an expression asks for twice.
        delivery.frame.select("*", *(value.alias(name) for name, value in shown.items()))
        .select("*", *(value.alias(f"typed_{name}") for name, value in typed.items()))
        .withColumn(REASONS, reasons)
        .select(
            *held,
            MALFORMED,
            POSITION,
            REASONS,
            *(F.col(f"typed_{name}").alias(name) for name in typed),
            *platform,
        )
    )
    possible = ("malformed", *(reason for reason, _ in checks))

    def sound(rows: DataFrame) -> DataFrame:
        return _sound(rows, contract, held, platform)

    return Conformed(judged, sound, contract, delivery, possible)


def _sound(
    rows: DataFrame, contract: Contract, held: Sequence[str], platform: Sequence[Expression]
) -> DataFrame:
    """Rows that were seen to keep the contract as they were read, as those are that were judged."""
    return rows.select(
        *(F.col(name) if name in rows.columns else F.lit(None).alias(name) for name in held),
        F.lit(None).cast("string").alias(MALFORMED),
        POSITION,
        F.array().cast("array<string>").alias(REASONS),
        *(
            (F.col(f"typed_{column.name}") if f"typed_{column.name}" in rows.columns else F.lit(None))
            .cast(spark_type(column.type))
            .alias(column.name)
            for column in contract.source_columns
        ),
        *platform,
    )


def _present(text: Expression) -> Expression:
    """The text, or null where it is blank."""
    return F.when(_is_present(text), text)


def _unless_null(text: Expression, nulls: Sequence[str], kind: str = "string") -> Expression:
    """The text, or null where it is one that stands for a missing value."""
    said = text if kind == "string" else F.btrim(text, F.lit(_WHITE))
    return F.when(~said.isin(*nulls), text)


def _is_present(text: Expression) -> Expression:
    return ((text >= "!") & (text < "\x7f")) | text.rlike(_INK)  # most are told by their first letter


def _read(text: Expression, column: Column, shown: dict[str, Expression]) -> Expression:
    """The text as a value of the column, spelled as the contract declares; null where it is not, as of `_cast`.
    `shown` takes what the clocks of a zone show, by the names under which the value asks for it.
    """
    parse = column.parse
    if parse.true:
        return boolean_of(text, parse)
    if parse.decimal or parse.grouping:
        return _cast(plain_number(text, parse), column.type)
    value = _cast(text, column.type)
    if parse.formats or parse.timezone:
        times = times_of(text, column.type, parse, value)
        moments = []
        for place, time in enumerate(times):
            if time.is_shown:
                name = f"shown_{place}_{column.name}"
                shown[name] = time.value
                moments.append(moment_in(F.col(f"`{name}`"), parse))
            else:
                moments.append(time.value)
        value = F.coalesce(*moments)
    return _of_four_digits(value, spark_type(column.type))


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
    spelled = text.rlike(rf"^[ \t\r\n]*{spelling}[ \t\r\n]*\z")
    if spelling == _WHOLE:
        spelled = ~text.contains(".")  # all else that is no whole number is none to Spark either
    value = text.cast(kind)
    if kind == "timestamp":
        # Spark knows no small letters in it. The session's zone is UTC, and to be told so in each value costs Spark
        # more than all else of it.
        small = text.contains("t") | text.contains("z")
        moment = F.when(small, F.translate(text, "tz", "TZ")).otherwise(text)
        value = F.substring_index(moment, "Z", 1).cast(kind)
    cast = F.when(spelled, value)
    if kind in ("double", "float"):
        return F.when(F.abs(cast) < float("inf"), cast)
    return cast


def _fit(value: Expression, delivered: spark.DataType, wanted: spark.DataType) -> Expression:
    """A typed value as another type; null where something of it would be lost, or it is of another kind."""
    zoneless = isinstance(delivered, spark.TimestampNTZType) and isinstance(wanted, spark.TimestampType)
    value = _of_four_digits(value, delivered)
    if zoneless:
        return value.cast(wanted)
    if isinstance(delivered, spark.NumericType) and isinstance(wanted, spark.NumericType):
        cast = value.cast(wanted)
        whole = cast.cast(delivered) == value
        if isinstance(wanted, (spark.DoubleType, spark.FloatType)):
            whole = whole & (F.abs(cast) < float("inf"))
        return F.when(whole, cast)
    return value if delivered == wanted else F.lit(None).cast(wanted)


def _of_four_digits(value: Expression, delivered: spark.DataType) -> Expression:
    """A day or a moment, null where its year is none that all who read the table have. Other values as they are."""
    if isinstance(delivered, spark.DateType):
        return F.when(F.unix_date(value).between(*_DAYS), value)
    if isinstance(delivered, (spark.TimestampType, spark.TimestampNTZType)):
        return F.when(F.unix_micros(value.cast("timestamp")).between(*_MICROSECONDS), value)
    return value


def unmapped_of(fields: Expression, nulls: Sequence[str]) -> Expression:
    """Those of a map of texts that say something; null where none does. `nulls` stand for a missing value."""
    present = F.map_filter(
        fields, lambda _, value: _is_present(_unless_null(value, nulls) if nulls else value)
    )
    return F.when(F.size(present) > 0, present)


def _text(raw: str, delivered: spark.DataType, beyond: str | None = None) -> Expression:
    """A raw column as text, for people."""
    if beyond is not None:
        return F.coalesce(F.col(beyond), _text(raw, delivered))
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
    known = {column.source_name for column in contract.source_columns}
    extras = [
        (name, _text(raw, delivery.frame.schema[raw].dataType, delivery.beyond.get(name)))
        for name, raw in delivery.raw()
        if name not in known
    ]
    if delivery.nulls:
        extras = [(name, _unless_null(text, delivery.nulls)) for name, text in extras]
    nothing = F.lit(None).cast("map<string,string>")
    unmapped = nothing
    if extras:
        delivered = F.create_map(*(part for name, text in extras for part in (F.lit(name), _present(text))))
        present = F.map_filter(delivered, lambda _, value: value.isNotNull())
        unmapped = F.when(F.size(present) > 0, present)
    if delivery.unknown is not None:
        unmapped = unmapped_of(F.col(delivery.unknown), delivery.nulls)
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
