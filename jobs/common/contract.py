"""Data contracts (`config/schemas/*.json`): JSON Schema with an `x-dataplat` block, as Spark understands it. Pure.

A rule of JSON Schema that is not known here is an error and not passed over: a contract that seems to be checked and
is not would be worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import types as spark

from jobs.common.errors import DeclarationError

_RULES = {
    "pattern",
    "enum",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
}
_PASSIVE = {
    "type",
    "format",
    "title",
    "description",
    "examples",
    "default",
    "items",
    "properties",
    "additionalProperties",
    "$comment",
    "x-dataplat",
}
_PARSE = {
    "from",
    "formats",
    "timezone",
    "overlap",
    "decimal",
    "grouping",
    "true",
    "false",
    "trim",
    "nulls",
}
_TYPES = {"string": "string", "integer": "bigint", "number": "double", "boolean": "boolean"}
_SPARK_TYPES: Mapping[str, spark.DataType] = {
    "string": spark.StringType(),
    "boolean": spark.BooleanType(),
    "tinyint": spark.ByteType(),
    "smallint": spark.ShortType(),
    "int": spark.IntegerType(),
    "bigint": spark.LongType(),
    "float": spark.FloatType(),
    "double": spark.DoubleType(),
    "date": spark.DateType(),
    "timestamp": spark.TimestampType(),
    "binary": spark.BinaryType(),
}
_FORMATS = {"date": "date", "date-time": "timestamp"}


@dataclass(frozen=True)
class Column:
    """A column of a contract. `type` is as Spark SQL spells it, `rules` are JSON Schema's by keyword."""

    name: str
    type: str
    nullable: bool
    """Whether a value may be missing: its type admits null, or it is not required."""
    required: bool
    """Whether a delivery must have the column at all."""
    description: str
    from_platform: bool
    """Set by the job, not read from the source."""
    rules: Mapping[str, Any]
    date_of: str | None = None
    """The timestamp column whose day, in UTC, this one is."""
    mask: Mask | None = None
    parse: Parse = field(default_factory=lambda: Parse())

    @property
    def source_name(self) -> str:
        """What the source calls it."""
        return self.parse.source_name or self.name


@dataclass(frozen=True)
class Parse:
    """How the texts of a column come, where they do not as the contract spells them: `x-dataplat.parse`."""

    source_name: str | None = None
    formats: tuple[str, ...] = ()
    """Of dates and times, tried in this order."""
    timezone: str | None = None
    """The zone of times that come without one."""
    overlap: str | None = None
    """`earlier` or `later`: which moment a time is that came twice, for clocks were set back. Else it is none."""
    decimal: str | None = None
    grouping: str | None = None
    true: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    trim: bool = False
    nulls: tuple[str, ...] = ()
    """Texts that stand for a missing value, besides those of the source."""


@dataclass(frozen=True)
class Mask:
    """How a column is masked; `settings` are the rule's own, by the key that the contract has."""

    rule: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MaskInPlace:
    """Where rows are masked in the table that they are in."""

    marked_by: str
    """The column that says which columns of a row are masked."""
    since: str | None = None
    """The date or time that tells a row's age."""


@dataclass(frozen=True)
class Contract:
    """One dataset's contract."""

    id: str
    layer: str
    table: str
    description: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    partitioned_by: tuple[str, ...]
    watermark: str | None
    write: str
    ordered_by: tuple[str, ...] = ()
    """Columns that order the changes of a key, the most significant first; where changes are merged."""
    deleted_by: str | None = None
    """The boolean column that says that a change is a deletion."""
    masked_copy_of: str | None = None
    """The dataset whose rows these are, with its masks laid over them."""
    mask_in_place: MaskInPlace | None = None

    @property
    def masks(self) -> Mapping[str, Mask]:
        """The masks of the columns that have one."""
        return {column.name: column.mask for column in self.columns if column.mask is not None}

    @property
    def source_columns(self) -> tuple[Column, ...]:
        """The columns that a source delivers."""
        return tuple(column for column in self.columns if not column.from_platform)

    @property
    def watermark_is_time(self) -> bool:
        """Whether there is a watermark that tells a time, so that a run can go on where another ended."""
        return any(column.name == self.watermark and column.type == "timestamp" for column in self.columns)

    @property
    def quarantine_table(self) -> str:
        """The table beside the dataset's own that takes the rows which break the contract."""
        return f"{self.table}__quarantine"


def contract_of(document: Mapping[str, Any]) -> Contract:
    """The contract that a JSON document declares.

    :raises DeclarationError: a column has a type or a rule that is not known, or a key names no column
    :raises KeyError: a part of the contract is missing
    """
    extension = document["x-dataplat"]
    required = document.get("required", [])
    columns = tuple(_column(name, schema, required) for name, schema in document["properties"].items())
    contract = Contract(
        id=document["$id"],
        layer=extension["layer"],
        table=extension["table"],
        description=document.get("description", ""),
        columns=columns,
        primary_key=tuple(extension["primaryKey"]),
        partitioned_by=tuple(extension["partitionedBy"]),
        watermark=extension.get("watermark"),
        write=extension["write"],
        ordered_by=tuple(extension.get("merge", {}).get("orderedBy", ())),
        deleted_by=extension.get("merge", {}).get("deletedBy"),
        masked_copy_of=extension.get("maskedCopyOf"),
        mask_in_place=_in_place(extension.get("maskInPlace")),
    )
    spark_schema(contract)  # every type is known
    names = {column.name for column in columns}
    in_place = contract.mask_in_place
    named = (
        *contract.primary_key,
        *contract.partitioned_by,
        *contract.ordered_by,
        *filter(None, [contract.watermark, contract.deleted_by, *(column.date_of for column in columns)]),
        *filter(None, (mask.settings.get("by") for mask in contract.masks.values())),
        *filter(None, [in_place.marked_by, in_place.since] if in_place else []),
    )
    for name in named:
        if name not in names:
            raise DeclarationError(
                f'"x-dataplat" names the column "{name}", which is not among the properties'
            )
    return contract


def spark_schema(contract: Contract) -> spark.StructType:
    """The table's schema in Spark. Columns are nullable, as in every lake table; that nothing is missing where it must
    not be is for `conform` to see to. Descriptions become the columns' comments.
    """
    return spark.StructType(
        [
            spark.StructField(column.name, spark_type(column.type), True, {"comment": column.description})
            for column in contract.columns
        ]
    )


def spark_type(text: str) -> spark.DataType:
    """The Spark type of a column type (`bigint`, `decimal(18,2)`, `map<string,string>`, …).

    :raises DeclarationError: no such type
    """
    if text in _SPARK_TYPES:
        return _SPARK_TYPES[text]
    decimal = re.fullmatch(r"decimal\((\d+),(\d+)\)", text)
    if decimal and 1 <= int(decimal[1]) <= 38 and int(decimal[2]) <= int(decimal[1]):
        return spark.DecimalType(int(decimal[1]), int(decimal[2]))
    mapping = re.fullmatch(r"map<([^,]+),(.+)>", text)
    if mapping:
        return spark.MapType(spark_type(mapping[1]), spark_type(mapping[2]))
    array = re.fullmatch(r"array<(.+)>", text)
    if array:
        return spark.ArrayType(spark_type(array[1]))
    raise DeclarationError(f'"{text}" is no column type that a job can write')


def java_pattern(pattern: str) -> str:
    """A JSON Schema pattern as Java's regular expressions mean it: there `$` also matches before a last line break."""
    result, in_class, escaped = [], False, False
    for letter in pattern:
        if not escaped and not in_class and letter == "$":
            result.append(r"\z")
        else:
            result.append(letter)
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == "[":
            in_class = True
        elif letter == "]":
            in_class = False
    return "".join(result)


def _column(name: str, schema: Mapping[str, Any], required: list[str]) -> Column:
    unknown = set(schema) - _RULES - _PASSIVE
    if unknown:
        raise DeclarationError(f'column "{name}" has rules that are not known: {", ".join(sorted(unknown))}')
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    extension = schema.get("x-dataplat", {})
    return Column(
        name=name,
        type=re.sub(r"\s+", "", extension.get("type") or _type_of(name, schema, kinds)),
        nullable="null" in kinds or name not in required,
        required=name in required,
        description=schema.get("description", ""),
        from_platform=extension.get("origin") == "platform",
        rules={keyword: schema[keyword] for keyword in schema if keyword in _RULES},
        date_of=extension.get("dateOf"),
        mask=_mask(extension.get("masking")),
        parse=_parse(name, extension.get("parse") or {}),
    )


def _parse(name: str, declared: Mapping[str, Any]) -> Parse:
    unknown = set(declared) - _PARSE
    if unknown:
        raise DeclarationError(
            f'"parse" of column "{name}" has {", ".join(sorted(unknown))}, which is not known'
        )
    return Parse(
        source_name=declared.get("from"),
        formats=tuple(declared.get("formats", ())),
        timezone=declared.get("timezone"),
        overlap=declared.get("overlap"),
        decimal=declared.get("decimal"),
        grouping=declared.get("grouping"),
        true=tuple(declared.get("true", ())),
        false=tuple(declared.get("false", ())),
        trim=declared.get("trim", False),
        nulls=tuple(declared.get("nulls", ())),
    )


def _mask(declared: Mapping[str, Any] | None) -> Mask | None:
    if declared is None:
        return None
    return Mask(declared["rule"], {key: value for key, value in declared.items() if key != "rule"})


def _in_place(declared: Mapping[str, Any] | None) -> MaskInPlace | None:
    if declared is None:
        return None
    return MaskInPlace(declared["markedBy"], declared.get("since"))


def _type_of(name: str, schema: Mapping[str, Any], kinds: list[str]) -> str:
    named = [kind for kind in kinds if kind != "null"]
    if len(named) == 1:
        kind, form = named[0], schema.get("format")
        if kind == "string" and form is not None:
            if form not in _FORMATS:
                raise DeclarationError(f'column "{name}" has the format "{form}", which is not known')
            return _FORMATS[form]
        if kind in _TYPES:
            return _TYPES[kind]
        values = schema.get("additionalProperties")
        if kind == "object" and isinstance(values, dict) and values.get("type") in _TYPES:
            return f"map<string,{_TYPES[values['type']]}>"
    raise DeclarationError(f'the JSON type of column "{name}" tells no column type; name one in "x-dataplat"')
