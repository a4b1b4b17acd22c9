"""Messages of a topic as a delivery: JSON objects whose fields are held to a contract, and where each message stood."""

from __future__ import annotations

import datetime as dt

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.common.contract import Contract
from jobs.common.delivery import Delivery, delivery_of
from jobs.common.json_objects import NO_OBJECT, field, fields_but, with_fields

TOPIC, PARTITION, OFFSET, TIMESTAMP = "_topic", "_partition", "_offset", "_timestamp"
PLACE = (TOPIC, PARTITION, OFFSET, TIMESTAMP)
"""Where and when a message came in: columns of the table, and of its quarantine."""
MESSAGE, TAKEN = "_message", "_taken"
KEY, HEADERS, TOMBSTONE = "_key", "_headers", "_tombstone"
SENT = (KEY, HEADERS, TOMBSTONE)
"""What came with a message, as text: `_raw` of a malformed one has it."""
UNKNOWN = "_unknown"
"""Fields that the contract does not know, by name."""
_FIRST_DAY = dt.date(2011, 1, 1)  # the year of Kafka's first release: no message is older


def delivery_of_messages(messages: DataFrame, contract: Contract) -> Delivery:
    """The messages of a batch.

    `messages` has the columns of `PLACE`, when the stream took them, and the message, its key and its headers as bytes.
    What is no JSON object, or no UTF-8, is malformed as a whole. Fields that the contract does not know, whatever they
    are called, are unknown and no more: no message can stop a stream.
    """
    text = as_text(F.col(MESSAGE))
    parsed = with_fields(messages, text)
    known = known_names(contract)
    decimals = [column.source_name for column in contract.source_columns if column.type.startswith("decimal")]
    return delivery_of(
        parsed.select(
            *(field(name, decimals).alias(name) for name in known),
            NO_OBJECT,
            fields_but(known).alias(UNKNOWN),
            as_text(F.col(KEY)).alias(KEY),
            HEADERS,
            F.when(F.col(MESSAGE).isNull(), F.lit("true")).alias(TOMBSTONE),
            *PLACE,
            *(arrival(name) for name in contract.partitioned_by),
        ),
        origin(),
        contract,
        position=OFFSET,
        malformed=NO_OBJECT,
        provided=(*PLACE, *contract.partitioned_by),
        unknown=UNKNOWN,
        told=SENT,
    )


def known_names(contract: Contract) -> tuple[str, ...]:
    """The fields of a message that columns are made of."""
    return tuple(dict.fromkeys(column.source_name for column in contract.source_columns))


def origin() -> Expression:
    """What `_source_file` says of a message."""
    return F.format_string("%s/%d", TOPIC, PARTITION)


def as_text(sent: Expression) -> Expression:
    """Bytes as the text that they are, else `base64:` and what they are."""
    text = F.decode(sent, "UTF-8")
    return F.when(F.encode(text, "UTF-8") == sent, text).otherwise(F.concat(F.lit("base64:"), F.base64(sent)))


def arrival(partition: str) -> Expression:
    """A stream has no logical date: a message belongs to the day of its timestamp, UTC. Unless the topic says otherwise
    that is the producer's clock; where it cannot be right, the day is the one on which the stream took the message.
    """
    day, taken = F.to_date(TIMESTAMP), F.to_date(TAKEN)
    return F.when(day.between(F.lit(_FIRST_DAY), taken), day).otherwise(taken).alias(partition)
