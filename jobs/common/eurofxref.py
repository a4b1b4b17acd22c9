"""The euro's reference rates in the shape in which the European Central Bank publishes them.

One document holds one day or many: an outer `Cube`, in it a `Cube time="…"` a day, in that a `Cube currency rate` each.
Source: ECB, "Euro foreign exchange reference rates" (eurofxref-daily.xml, -hist-90d.xml, -hist.xml).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

from dateutil.easter import easter
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from jobs.common.errors import SourceError

_NAMESPACE = "{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}"
_CUBE = f"{_NAMESPACE}Cube"


@dataclass(frozen=True)
class Rate:
    """One rate as a document says it: the day and the currency, and the units of it for a euro as a text."""

    day: str
    currency: str | None
    text: str | None


def is_closing_day(date: dt.date) -> bool:
    """Whether no rates are fixed on a day: weekends, and the days on which T2, the euro's payment system, is closed.

    Source: ECB, "T2 calendar": New Year's Day, Good Friday, Easter Monday, 1 May, 25 and 26 December.
    """
    sunday = easter(date.year)
    moving = {sunday - dt.timedelta(days=2), sunday + dt.timedelta(days=1)}
    return (
        date.weekday() >= 5
        or date in moving
        or (date.month, date.day) in {(1, 1), (5, 1), (12, 25), (12, 26)}
    )


def parse_rates(document: bytes, where: str) -> list[Rate]:
    """Read a document.

    :raises SourceError: it is cut off, no XML, not of this shape, or holds no day
    """
    try:
        envelope = fromstring(document)
    except (ParseError, DefusedXmlException) as error:
        raise SourceError(f"{where} is cut off or no XML ({error}); nothing was written") from None
    days = envelope.findall(f"{_CUBE}/{_CUBE}")
    rates = [
        Rate(day.get("time", ""), one.get("currency"), one.get("rate"))
        for day in days
        for one in day.iterfind(_CUBE)
    ]
    if not rates or any(not re.fullmatch(r"\d{4}-\d{2}-\d{2}", rate.day) for rate in rates):
        raise SourceError(f"{where} has no days with rates in the ECB's shape; nothing was written")
    return rates
