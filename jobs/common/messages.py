"""Messages of a topic as a delivery: JSON objects whose fields are held to a contract, and where each message stood."""

from __future__ import annotations

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.common.contract import Contract
from jobs.common.delivery import Delivery, delivery_of
from jobs.common.json_objects import NO_OBJECT, field, names_in, with_fields

TOPIC, PARTITION, OFFSET, TIMESTAMP = "_topic", "_partition", "_offset", "_timestamp"
PLACE = (TOPIC, PARTITION, OFFSET, TIMESTAMP)
"""Where and when a message came in: columns of the table, and of its quarantine."""
MESSAGE = "_message"


def delivery_of_messages(messages: DataFrame, contract: Contract) -> Delivery:
    """The messages of a batch, which is to be held by the cluster already: its fields are looked for first.

    `messages` has the columns of `PLACE`, and the message itself as bytes. What is no JSON object, or no UTF-8, is
    malformed as a whole.
    """
    parsed = with_fields(messages, F.decode(MESSAGE, "UTF-8"))
    known = [column.name for column in contract.source_columns]
    decimals = [column.name for column in contract.source_columns if column.type.startswith("decimal")]
    names = [*known, *(name for name in names_in(parsed) if name not in known)]
    return delivery_of(
        parsed.select(
            *(field(name, decimals).alias(name) for name in names),
            NO_OBJECT,
            *PLACE,
            *(_arrival(name) for name in contract.partitioned_by),
        ),
        F.format_string("%s/%d", TOPIC, PARTITION),
        contract,
        position=OFFSET,
        malformed=NO_OBJECT,
        provided=(*PLACE, *contract.partitioned_by),
    )


def _arrival(partition: str) -> Expression:
    """A stream has no logical date: a message belongs to the day on which it came in, UTC."""
    return F.to_date(TIMESTAMP).alias(partition)
