"""What a source delivered, before it is held to a contract: the shape that every reader hands to `conform`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.common.contract import Contract
from jobs.common.declaration import ALL_FILES, Selection
from jobs.common.errors import SourceSchemaError
from jobs.common.result import ColumnsTaken

SOURCE_FILE, POSITION, MALFORMED = "_source_file", "_position", "_malformed"
REPLACEMENT = "\ufffd"  # what a decoder puts in the place of bytes that are no letter


@dataclass(frozen=True)
class Sound:
    """Rows that were seen to keep the contract as they were read."""

    rows: DataFrame
    """The value of each of the contract's columns that was delivered, as `typed_` and its name; raw columns for all
    else, and those of place.
    """
    again: Callable[[], tuple[DataFrame, tuple[DataFrame, ...]]]
    """Reads them once more, now with the `held` columns of the delivery, for few deliveries have a row of which these
    are told. The second is what is held of them.
    """
    count: int
    latest: int | None
    """The highest value of the watermark, in microseconds since 1970."""
    unmapped: Mapping[str, int]
    """How many values there are of each name that the contract does not know."""
    alone: bool = False
    """Whether the delivery has no other rows."""
    keys_differ: bool = False
    """Whether no two of them were seen to have the same key."""


@dataclass(frozen=True)
class FileVersion:
    """What differs when a file was replaced."""

    bytes: int
    modified: int
    """Milliseconds since 1970; S3 counts in seconds."""
    etag: str = ""


@dataclass(frozen=True)
class Delivery:
    """Rows as delivered.

    `frame` has a column `raw_<i>` for each of `names`, and `_source_file`, `_position` (ascending within a file) and
    `_malformed`, the text of a row whose fields can't be told apart. A raw column that is text is read by the
    contract's spellings; one with a type of its own is taken over where it is the contract's or fits into it.
    """

    frame: DataFrame
    names: tuple[str, ...]
    files: tuple[str, ...] = ()
    """Files of text, which may have bytes that are not in `encoding`; none where a system decodes its own."""
    encoding: str = "utf-8"
    provided: tuple[str, ...] = ()
    """Columns of the frame that are columns of the platform's in the contract, an offset for example."""
    versions: Mapping[str, FileVersion] = field(default_factory=dict)
    """Of files that are read once more after they were looked at."""
    selection: Selection = ALL_FILES
    """Which files of their folder these are."""
    warnings: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    """Columns of the frame out of which `retold` makes the raw ones once more, so that these need not be held while
    rows are judged; without them they are.
    """
    retold: Callable[[], Sequence[Expression]] | None = None
    """Says for each of `names` the text that was delivered, out of `held`."""
    unknown: str | None = None
    """A column with what was delivered beside `names`, where names differ from row to row: texts by name."""
    nulls: tuple[str, ...] = ()
    """Texts that stand for a missing value in every column."""
    told: tuple[str, ...] = ()
    """Columns of text that `_raw` of a malformed row has besides the row's own text."""
    beyond: Mapping[str, str] = field(default_factory=dict)
    """By a delivered name whose type here holds less than at the source: the column with a value's text where it does
    not hold the value, which is null then.
    """
    sound: Sound | None = None
    """Rows that are not in `frame`, for they were seen to keep the contract as they were read."""
    let_go: tuple[DataFrame, ...] = ()
    """What is held while the rows are used."""
    spelled: Mapping[str, str] = field(default_factory=dict)
    """How the source itself spells those of `names` that the reader has called otherwise."""
    format: str | None = None
    """What Spark calls the format of files that it reads itself: one of them may turn out damaged behind its schema."""

    def raw(self) -> list[tuple[str, str]]:
        """Each delivered name with the frame's column of it."""
        return [(name, f"raw_{index}") for index, name in enumerate(self.names)]

    def taken_from(self, source: str, contract: Contract) -> ColumnsTaken:
        """Which of the source's columns became which of the contract's."""
        delivered = {name: self.spelled.get(name, name) for name in self.names}
        names = {one.name: delivered.get(one.source_name) for one in contract.source_columns}
        return ColumnsTaken(source, {column: name for column, name in names.items() if name is not None})

    def column(self, name: str) -> str | None:
        """The frame's column of a delivered column, None where it was not delivered."""
        return f"raw_{self.names.index(name)}" if name in self.names else None


def delivery_of(
    frame: DataFrame,
    origin: str | Expression,
    contract: Contract,
    position: str | None = None,
    malformed: str | None = None,
    provided: Sequence[str] = (),
    beside: Sequence[str] = (),
    unknown: str | None = None,
    told: Sequence[str] = (),
    beyond: Mapping[str, str] | None = None,
) -> Delivery:
    """A delivery of rows that a system has given as a frame: typed, or all text where it said them in JSON.

    `origin` is what `_source_file` says of the rows, an address without any secret. `position` names a column of the
    frame that rises within an origin, `malformed` one with the text of rows that could not be read, `provided` those
    that the contract has from the platform, `beside` those that are there for `origin` alone; `unknown`, `told` and
    `beyond`: see `Delivery`. None of them counts as delivered.

    :raises SourceSchemaError: see `refuse_schema`
    """
    texts = dict(beyond or {})
    names = tuple(
        name
        for name in frame.columns
        if name not in (position, malformed, unknown, *provided, *beside, *told, *texts.values())
    )
    refuse_schema(names, contract, str(origin) if isinstance(origin, str) else contract.id)
    return Delivery(
        frame.select(
            *(F.col(quoted(name)).alias(f"raw_{index}") for index, name in enumerate(names)),
            (F.lit(None).cast("string") if malformed is None else F.col(malformed)).alias(MALFORMED),
            (F.lit(origin) if isinstance(origin, str) else origin).alias(SOURCE_FILE),
            (F.monotonically_increasing_id() if position is None else F.col(position)).alias(POSITION),
            *provided,
            *([] if unknown is None else [unknown]),
            *told,
            *texts.values(),
        ),
        names,
        provided=tuple(provided),
        unknown=unknown,
        told=tuple(told),
        beyond=texts,
    )


def source_file(frame: DataFrame | None = None) -> Expression:
    """The file of a row that Spark reads, named as it was delivered: Spark has its address, in which some letters are
    escaped. `frame`: what was read, where it may have a column that is called as what Spark says of files.
    """
    metadata = F.col("_metadata") if frame is None else Expression(frame._jdf.metadataColumn("_metadata"))
    address = metadata["file_path"]
    decoded = F.url_decode(F.replace(address, F.lit("+"), F.lit("%2B")))
    return F.when(address.contains("%"), decoded).otherwise(address).alias(SOURCE_FILE)


def refuse_schema(names: Sequence[str], contract: Contract, where: str) -> None:
    """:raises SourceSchemaError: the names lack a column that the contract requires, hold one twice, or spell one in
    another case, which would else pass for a new column while its values go missing
    """
    missing = [
        column.source_name
        for column in contract.source_columns
        if column.required and column.source_name not in names
    ]
    if missing:
        raise SourceSchemaError(
            f"{where} lacks {', '.join(missing)}, required by the contract {contract.id}; "
            f"it has {', '.join(names)}; nothing was written"
        )
    # Spark takes names that differ in case alone for the same.
    twice = [name for name, count in Counter(name.lower() for name in names).items() if count > 1]
    if twice:
        raise SourceSchemaError(f"{where} has {', '.join(twice)} twice; nothing was written")
    spelled = {column.source_name.lower(): column.source_name for column in contract.source_columns}
    renamed = [name for name in names if spelled.get(name.lower(), name) != name]
    if renamed:
        raise SourceSchemaError(
            f"{where} has {', '.join(renamed)}, in the contract {contract.id} "
            f"{', '.join(spelled[name.lower()] for name in renamed)}; nothing was written"
        )


def quoted(name: str) -> str:
    """A column's name as Spark takes it for nothing else."""
    return "`" + name.replace("`", "``") + "`"
