"""Up to where a silver table has its bronze, kept in the commits of the silver table itself.

Delta keeps one number with a commit for each application that writes (`txnAppId`, `txnVersion`), as long as the table.
The application here is the bronze table, by the id that Delta gave it, so that one which was dropped and made anew is
read from its beginning. The number is bronze's version and the date up to which it was read, in one: it rises with
either.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pyspark.sql import SparkSession

from jobs.common.contract import Contract
from jobs.common.delta_log import TableState, transaction_of
from jobs.common.write import Transaction

_DATES = 10_000_000  # more than there are dates


@dataclass(frozen=True, order=True)
class Position:
    """Everything of bronze is in silver that its version has, of the dates up to `through`."""

    version: int
    through: dt.date

    def transaction(self, bronze: Contract, state: TableState) -> Transaction:
        """As it stands in silver's log."""
        return Transaction(_application(bronze, state), self.version * _DATES + self.through.toordinal())


def position_of(spark: SparkSession, silver: str, bronze: Contract, state: TableState) -> Position | None:
    """Where the silver table at an URI is; None: it has nothing of this bronze table yet."""
    number = transaction_of(spark, silver, _application(bronze, state))
    if number is None:
        return None
    version, day = divmod(number, _DATES)
    return Position(version, dt.date.fromordinal(day))


def _application(bronze: Contract, state: TableState) -> str:
    return f"{bronze.id}/{state.id}"
