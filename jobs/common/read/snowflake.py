"""Reads Snowflake. The warehouse prepares the result in Arrow chunks; each is fetched by the task that writes it, so
the driver never holds the rows.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

from pyspark.sql import types as spark
from pyspark.sql.pandas.types import to_arrow_schema

from jobs.common.declaration import Connector, Environment
from jobs.common.delivery import Delivery, delivery_of
from jobs.common.errors import SecretError, SourceError
from jobs.common.ingest import Extraction
from jobs.common.read.changes import changes_query
from jobs.common.secret import field_of, secret_of, without_secrets

# Snowflake's numbers of its types, as a cursor describes a result by them.
_TYPES: dict[str, spark.DataType] = {
    "REAL": spark.DoubleType(),
    "DATE": spark.DateType(),
    "TIMESTAMP_LTZ": spark.TimestampType(),
    "TIMESTAMP_TZ": spark.TimestampType(),
    "TIMESTAMP_NTZ": spark.TimestampNTZType(),
    "BINARY": spark.BinaryType(),
    "BOOLEAN": spark.BooleanType(),
}


@contextmanager
def read_snowflake(extraction: Extraction) -> Iterator[Delivery]:
    """The reader of the kind `snowflake`.

    :raises SourceError: Snowflake does not answer or refuses
    :raises SecretError: its secret is not there, or says no way to log in
    """
    from snowflake.connector.errors import Error

    context, source, connector = extraction.context, extraction.source, extraction.connector
    try:
        with (
            closing(_connect(context.environment, connector)) as connection,
            closing(connection.cursor()) as cursor,
        ):
            cursor.execute(changes_query(extraction))
            schema = spark.StructType(
                [
                    spark.StructField(
                        column.name.lower(), _type_of(column.type_code, column.precision, column.scale)
                    )
                    for column in cursor.description
                ]
            )
            chunks = [
                (index, pickle.dumps(chunk)) for index, chunk in enumerate(cursor.get_result_batches() or [])
            ]
    except Error as error:
        raise SourceError(
            f"Snowflake, {source.entity}: {without_secrets(str(error)).splitlines()[0]}"
        ) from None
    session = context.spark
    tasks = session.sparkContext.parallelize(chunks, max(1, len(chunks)))
    fetched = session.createDataFrame(tasks, "number int, chunk binary").mapInArrow(_fetching(schema), schema)
    origin = f"snowflake://{connector.setting('account')}/{connector.setting('database')}.{source.entity}"
    yield delivery_of(fetched, origin, extraction.contract)


def _connect(environment: Environment, connector: Connector) -> Any:
    import snowflake.connector

    secret = secret_of(environment, connector)
    login: dict[str, Any] = {"user": field_of(secret, "user", connector).reveal()}
    if "privateKey" in secret:
        login["private_key"] = _der(secret["privateKey"].reveal(), connector)
    else:
        login["password"] = field_of(secret, "password", connector).reveal()
    url = urlsplit(connector.settings.get("url") or "")
    place = {"host": url.hostname, "protocol": url.scheme, "port": url.port or 443} if url.hostname else {}
    role = connector.settings.get("role")
    return snowflake.connector.connect(
        account=connector.setting("account"),
        warehouse=connector.setting("warehouse"),
        database=connector.setting("database"),
        **login,
        **place,
        **({"role": role} if role else {}),
        arrow_number_to_decimal=True,  # else 0.1 comes as a binary fraction
        login_timeout=60,
        network_timeout=600,
        client_session_keep_alive=False,
        session_parameters={"TIMEZONE": "UTC", "CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
    )


def _der(pem: str, connector: Connector) -> bytes:
    """A private key as the client wants it."""
    from cryptography.hazmat.primitives import serialization

    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except ValueError:
        raise SecretError(f'"privateKey" of the secret {connector.secret} is no private key in PEM') from None
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _type_of(code: int, precision: int | None, scale: int | None) -> spark.DataType:
    from snowflake.connector.constants import FIELD_ID_TO_NAME

    name = FIELD_ID_TO_NAME[code]
    if name == "FIXED":
        return spark.DecimalType(precision or 38, scale or 0)
    return _TYPES.get(name, spark.StringType())  # TEXT, TIME, and VARIANT and its like as JSON


def _fetching(schema: spark.StructType) -> Any:
    """What a task does with its chunks. A function within a function: it travels to the workers by its value, for a
    plain script's workers cannot import this module.
    """
    columns = to_arrow_schema(schema)

    def fetch(batches: Any) -> Any:
        import pickle

        for batch in batches:
            for chunk in batch.column("chunk").to_pylist():
                table = pickle.loads(chunk).to_arrow()  # noqa: S301 -- our own driver made it
                if table is None or table.num_rows == 0:
                    continue
                # A chunk has the narrowest types that its own values fit into, and times to the nanosecond.
                yield from table.rename_columns(columns.names).cast(columns, safe=False).to_batches(10_000)

    return fetch
