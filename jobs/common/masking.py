"""Masks of columns, by contract. Pure.

Each is a function of a value and, for hashes and date shifts, of one key: the same value has the same mask in every
table and on every day, so that what joined joins still, and nobody without the key can try values out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.common.contract import Column, Contract, Mask
from jobs.common.secret import Secret

KEYED = ("hash", "date-shift")
"""The rules that are made with the key."""

_HIDDEN = "***"


def needs_key(contract: Contract) -> bool:
    """Whether a mask of the contract is made with the key."""
    return any(mask.rule in KEYED for mask in contract.masks.values())


def masked(frame: DataFrame, contract: Contract, key: Secret | None) -> DataFrame:
    """The rows with every mask of their contract laid over them."""
    masks = masks_of(contract, key)
    return frame.select(*(masks.get(name, F.col(name)).alias(name) for name in frame.columns))


def masks_of(contract: Contract, key: Secret | None) -> Mapping[str, Expression]:
    """What becomes of each column that has a mask; null stays null."""
    return {
        column.name: _masked(column, column.mask, contract, key)
        for column in contract.columns
        if column.mask is not None
    }


def fingerprint(contract: Contract, key: Secret | None) -> str:
    """Changes with every mask and with the key, and tells neither."""
    masks = {name: [mask.rule, dict(mask.settings)] for name, mask in contract.masks.items()}
    text = json.dumps(masks, sort_keys=True)
    return str(hasher(key.reveal())(f"fingerprint {text}")) if key else text


# What these two make runs in Spark's Python processes, which need not find this package: it goes there as it is, and
# names nothing of it.


def hasher(key: str) -> Callable[[str | None], str | None]:
    """HMAC-SHA256 under a key, in hexadecimal; nothing of nothing."""

    def keyed_hash(text: str | None) -> str | None:
        import hashlib
        import hmac

        return None if text is None else hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()

    return keyed_hash


def shifter(key: str, most: int) -> Callable[[str], int]:
    """By how many days, up to `most` to either side, the dates of what a text names are shifted. Never by none: a date
    that stayed could be taken at its word.
    """
    # Under a key of its own, so that no hash of any text tells a shift.
    keyed_hash = hasher(str(hasher(key)("date-shift")))

    def shift(text: str) -> int:
        place = int(str(keyed_hash(text))[:16], 16) % (2 * most)
        return place - most if place < most else place - most + 1

    return shift


def _masked(column: Column, mask: Mask, contract: Contract, key: Secret | None) -> Expression:
    value, settings = F.col(column.name), mask.settings
    if mask.rule == "null":
        return F.lit(None).cast(column.type)
    if mask.rule == "partial":
        show = settings["show"]
        part = (
            F.substring(value, 1, show)
            if settings.get("from") == "start"
            else F.substring(value, -show, show)
        )
        hidden = F.lit(_HIDDEN)
        shown = F.concat(part, hidden) if settings.get("from") == "start" else F.concat(hidden, part)
        # Of a text that is no longer than that, nothing would be hidden.
        return F.when(value.isNotNull(), F.when(F.length(value) > show, shown).otherwise(hidden))
    if mask.rule == "generalise":
        return _generalised(column, mask)
    if key is None:
        raise AssertionError(f"{contract.id}.{column.name} is masked by {mask.rule}, and there is no key")
    # The key is inside of functions, which no plan shows; a literal would stand in every log of queries.
    if mask.rule == "hash":
        return F.udf(hasher(key.reveal()), "string")(value)
    days = F.udf(shifter(key.reveal(), settings["days"]), "int")(_entity(contract, settings.get("by")))
    if column.type == "date":
        return F.date_add(value, days)
    return F.timestamp_micros(F.unix_micros(value) + days.cast("bigint") * F.lit(86_400_000_000))


def _generalised(column: Column, mask: Mask) -> Expression:
    value, settings = F.col(column.name), mask.settings
    if "to" in settings:
        truncated = F.date_trunc(settings["to"], value)
        return truncated.cast("date") if column.type == "date" else truncated
    if "step" in settings:
        step = settings["step"]
        exact = F.lit(step).cast("decimal(18,6)") if column.type.startswith("decimal") else F.lit(step)
        return (value - F.pmod(value, exact)).cast(column.type)
    return F.substring(value, 1, settings["letters"])


def _entity(contract: Contract, by: str | None) -> Expression:
    """What decides how far a row's dates are shifted: a column, and where it is null or not named the row's key."""
    row = F.to_json(F.array(*(F.col(name).cast("string") for name in contract.primary_key)))
    return row if by is None else F.coalesce(F.col(by).cast("string"), row)
