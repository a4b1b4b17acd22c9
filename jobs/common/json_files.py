"""Reads what a source delivered into the landing bucket as JSON, an object a line or all objects of a file in
one array: files of one date, every field as a string and numbers as they were written.
"""

from __future__ import annotations

import dataclasses

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.common.contract import Contract
from jobs.common.declaration import Source
from jobs.common.delivery import SOURCE_FILE, Delivery, delivery_of, refuse_schema
from jobs.common.errors import LandingDamagedError
from jobs.common.json_objects import NO_OBJECT, elements_of, field, fields_but, names_in, with_fields
from jobs.common.landing import LINE, read_lines

_UNKNOWN, _ELEMENTS = "_unknown", "_elements"


def read_json_delivery(spark: SparkSession, source: Source, folder: str, contract: Contract) -> Delivery:
    """The files in `folder`, which must be there, be in the source's encoding and have the contract's required fields.

    :raises LandingMissingError, LandingFolderError, LandingEncodingError, LandingDamagedError, SourceSchemaError,
        StorageError:
    """
    objects, files = read_objects(spark, source, folder)
    records = with_fields(objects, F.col(LINE))
    names = names_in(records)
    spelled = {column.source_name for column in contract.source_columns}
    if source.options.get("array") and not names and records.isEmpty():
        known = sorted(spelled)  # an array of nothing says that the day has no rows
    else:
        refuse_schema(names, contract, folder)
        known = [name for name in names if name in spelled]
    decimals = [column.source_name for column in contract.source_columns if column.type.startswith("decimal")]
    frame = records.select(
        *(field(name, decimals).alias(name) for name in known),
        fields_but(known).alias(_UNKNOWN),
        NO_OBJECT,
        SOURCE_FILE,
    )
    delivery = delivery_of(
        frame,
        F.col(SOURCE_FILE),
        contract,
        malformed=NO_OBJECT,
        beside=[SOURCE_FILE],
        unknown=_UNKNOWN,
    )
    return of_files(delivery, source, files)


def of_files(delivery: Delivery, source: Source, files: tuple[str, ...]) -> Delivery:
    """A delivery with what its source declares of the files that it was read from."""
    return dataclasses.replace(
        delivery, files=files, encoding=source.encoding, nulls=source.nulls, selection=source.selection
    )


def read_objects(spark: SparkSession, source: Source, folder: str) -> tuple[DataFrame, tuple[str, ...]]:
    """The objects of the files in `folder`, as `LINE` with their file in `SOURCE_FILE`, and the files: one a line, or,
    as the option `array` says, all those of a file in one array.

    :raises LandingMissingError, LandingFolderError, LandingEncodingError, LandingDamagedError, StorageError:
    """
    is_array = bool(source.options.get("array"))
    lines, files = read_lines(spark, folder, source.encoding, source.selection, whole=is_array)
    if not is_array:
        return lines, files
    elements = lines.select(elements_of(F.col(LINE)).alias(_ELEMENTS), SOURCE_FILE)
    broken = elements.where(F.col(_ELEMENTS).isNull()).select(SOURCE_FILE).limit(1).collect()
    if broken:
        raise LandingDamagedError(
            f"{broken[0][0]} is not one array of JSON, or it is cut short; nothing was written. "
            "Where each line is an object, take the option array out"
        )
    return elements.select(F.explode(_ELEMENTS).alias(LINE), SOURCE_FILE), files
