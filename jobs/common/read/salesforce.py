"""Reads Salesforce's objects: what changed by SOQL, over REST page by page or, from the connector's `bulkThreshold` on
and where the query is too long for an address, by a job of Bulk API 2.0. Records that were deleted come too, with
`is_deleted`. All of its fields are asked for, so one that an administrator adds is told of by the next run.

Names become those of a table: `ConvertedContactId__c` is `converted_contact_id__c`.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import reduce

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as spark

from jobs.common.contract import Contract
from jobs.common.delivery import SOURCE_FILE, Delivery, delivery_of
from jobs.common.errors import DeclarationError, SourceError
from jobs.common.ingest import Extraction
from jobs.common.json_files import of_files, read_objects
from jobs.common.json_objects import NO_OBJECT, field, names_in, with_fields
from jobs.common.landing import LINE
from jobs.common.salesforce import Record, Salesforce, fits_address
from jobs.common.secret import field_of, secret_of

log = logging.getLogger("dataplat.salesforce")

_AT_ONCE = 50_000  # records that the driver holds
_OFFSET = r"([+-]\d{2})(\d{2})$"
_ATTRIBUTES = "attributes"  # what the REST API says of a record beside its fields


@contextmanager
def read_salesforce(extraction: Extraction) -> Iterator[Delivery]:
    """The reader of the kind `salesforce`.

    :raises SourceError: Salesforce does not answer, refuses, or breaks off
    """
    source, connector = extraction.source, extraction.connector
    entity = source.entity or ""
    if not re.fullmatch(r"[A-Za-z]\w*", entity):
        raise DeclarationError(f"source {source.id}: the entity {source.entity} is no name of an object")
    secret = secret_of(extraction.context.environment, connector)
    login_url = str(connector.setting("loginUrl"))
    client_id, client_secret = (field_of(secret, name, connector) for name in ("clientId", "clientSecret"))
    with Salesforce(login_url, str(connector.setting("apiVersion")), client_id, client_secret) as salesforce:
        names = salesforce.fields(entity)
        condition = _condition(extraction)
        soql = f"SELECT {', '.join(names)} FROM {entity}{condition}"  # noqa: S608 -- names that Salesforce gave
        count = salesforce.count(entity, condition)
        in_bulk = count >= int(connector.setting("bulkThreshold")) or not fits_address(soql)
        log.info("%s: %d records, over %s", entity, count, "Bulk API 2.0" if in_bulk else "REST")
        pages = salesforce.bulk_query(soql) if in_bulk else salesforce.query(soql)
        frame = _frame(extraction.context.spark, names, pages)
        if in_bulk:
            _refuse_repeated(frame, entity)
    contract = extraction.contract
    delivery = delivery_of(_named(frame, names, contract), f"{login_url}/{entity}", contract)
    yield replace(delivery, spelled=_spelled(names, contract))


@contextmanager
def read_record_files(extraction: Extraction) -> Iterator[Delivery]:
    """The reader of the kind `files`: records as the REST API answers them, one a line or in one array."""
    context, contract = extraction.context, extraction.contract
    source = extraction.source
    folder = context.storage.uri("landing", source.folder(context.date))
    lines, files = read_objects(context.spark, source, folder)
    records = with_fields(lines, F.col(LINE))
    names = [name for name in names_in(records) if name != _ATTRIBUTES]
    decimals = [
        name
        for name in names
        for column in contract.source_columns
        if column.source_name in (name, table_name(name)) and column.type.startswith("decimal")
    ]
    frame = records.select(*(field(name, decimals).alias(name) for name in names), NO_OBJECT, SOURCE_FILE)
    delivery = delivery_of(
        _named(frame, names, contract, NO_OBJECT, SOURCE_FILE),
        F.col(SOURCE_FILE),
        contract,
        malformed=NO_OBJECT,
        beside=[SOURCE_FILE],
    )
    yield of_files(replace(delivery, spelled=_spelled(names, contract)), source, files)


def table_name(name: str) -> str:
    """A field's name as a column's: lower case, words apart."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _condition(extraction: Extraction) -> str:
    source, window = extraction.source, extraction.window
    if window is None:
        return ""
    if not re.fullmatch(r"[A-Za-z]\w*", source.watermark or ""):
        raise DeclarationError(f"source {source.id}: the watermark {source.watermark} is no name of a field")
    since = "" if window.after is None else f"{source.watermark} > {_literal(window.after)} AND "
    return f" WHERE {since}{source.watermark} < {_literal(window.before)}"


def _literal(time: dt.datetime) -> str:
    """A time in SOQL; Salesforce keeps none finer than seconds."""
    return f"{time.astimezone(dt.timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def _frame(session: SparkSession, names: Sequence[str], pages: Iterable[list[Record]]) -> DataFrame:
    """The records as texts. Where there are many, the cluster holds them and the driver forgets them."""
    schema = spark.StructType([spark.StructField(name, spark.StringType()) for name in names])
    parts = [
        session.createDataFrame([tuple(record.get(name) for name in names) for record in records], schema)
        .coalesce(4)
        .localCheckpoint(eager=True)
        for records in _gathered(pages)
    ]
    return reduce(DataFrame.unionAll, parts) if parts else session.createDataFrame([], schema)


def _refuse_repeated(frame: DataFrame, entity: str) -> None:
    """:raises SourceError: a record came twice. As many came as were told, so another has not come."""
    came = frame.agg(F.count("*").alias("all"), F.count_distinct("Id").alias("different")).collect()[0]
    if came["all"] != came["different"]:
        raise SourceError(
            f"Salesforce broke off: of {came['all']} records of {entity} {came['different']} are different ones"
        )


def _gathered(pages: Iterable[list[Record]]) -> Iterator[list[Record]]:
    """Pages put together until there is something to do."""
    held: list[Record] = []
    for page in pages:
        held += page
        if len(held) >= _AT_ONCE:
            yield held
            held = []
    if held:
        yield held


def _named(frame: DataFrame, names: Sequence[str], contract: Contract, *others: str) -> DataFrame:
    """The fields under the names of columns; times with their offset spelled as everywhere else."""
    columns = _columns(names, contract)
    times = {column.source_name for column in contract.source_columns if column.type == "timestamp"}

    def column(name: str) -> Expression:
        text = F.col(f"`{name}`")
        named = columns[name]
        # Salesforce writes 2026-01-05T08:00:00.000+0000.
        return (F.regexp_replace(text, _OFFSET, "$1:$2") if named in times else text).alias(named)

    return frame.select(*(column(name) for name in names), *others)


def _columns(names: Sequence[str], contract: Contract) -> dict[str, str]:
    """By each field the column's name that it goes by: its own where the contract knows that."""
    own = {column.source_name for column in contract.source_columns}
    return {name: name if name in own else table_name(name) for name in names}


def _spelled(names: Sequence[str], contract: Contract) -> dict[str, str]:
    return {column: name for name, column in _columns(names, contract).items()}
