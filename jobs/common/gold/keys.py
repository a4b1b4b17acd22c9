"""Surrogate keys: from the business key alone, so that a rebuild, another day or another region gives the same."""

from __future__ import annotations

from pyspark.sql import Column as Expression
from pyspark.sql import functions as F

_DIGITS = 32  # 128 bits: two keys of a billion rows meet once in 10^20


def surrogate_key(*columns: str) -> Expression:
    """The first 32 hexadecimal digits of the SHA-256 of the business key, its parts joined by `|`. A time counts as
    microseconds since 1970, whatever zone a session is in.
    """
    return F.substring(
        F.sha2(F.concat_ws("|", *(F.col(name).cast("string") for name in columns)), 256), 1, _DIGITS
    )
