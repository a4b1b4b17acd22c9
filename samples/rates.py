"""Exchange rates as the European Central Bank publishes them: XML, a day a file, working days alone."""

from __future__ import annotations

import datetime as dt
from typing import Dict, List

from chance import DAYS, Draw
from feed import Feed

START = {"CHF": 9310, "GBP": 8690, "PLN": 42150, "SEK": 108200, "USD": 11720}
"""Units of a currency for a euro, in ten-thousandths."""
CLOSED = [dt.date(2026, 1, 1)]
CORRECTIONS = {dt.date(2026, 1, 16): dt.date(2026, 1, 14)}
"""On the one day the dollar of the other is published again, and another."""
WRONG = {
    dt.date(2026, 1, 21): {"type:rate": ("SEK", "N/A")},
    dt.date(2026, 1, 27): {"exclusiveMinimum:rate": ("PLN", "0.0000")},
}

FEED = Feed("fx", "currency", [], {}, {})


def deliver() -> Dict[str, bytes]:
    """The month's files, by their paths; none of a day without rates."""
    files: Dict[str, bytes] = {}
    rates, published = dict(START), {}
    for day in DAYS:
        if day.weekday() >= 5 or day in CLOSED:
            FEED.count(day, 0, {}, "no file")
            continue
        draw = Draw("fx", day.isoformat())
        rates = {currency: rate + draw.between(-rate // 200, rate // 200) for currency, rate in rates.items()}
        texts = {currency: f"{rate // 10000}.{rate % 10000:04d}" for currency, rate in rates.items()}
        wrong = WRONG.get(day, {})
        texts.update(dict(wrong.values()))
        published[day] = texts
        parts = [cube(day, texts)]
        rows, remark = len(texts), ""
        corrected = CORRECTIONS.get(day)
        if corrected is not None:
            usd = published[corrected]["USD"]
            parts.append(cube(corrected, {"USD": f"{usd[:-1]}{(int(usd[-1]) + 5) % 10}"}))
            rows, remark = rows + 1, f"corrects USD of {corrected.isoformat()}"
        FEED.count(day, rows, dict.fromkeys(wrong, 1), remark)
        files[f"fx/{day.isoformat()}/eurofxref-daily.xml"] = envelope(parts).encode()
    return files


def cube(day: dt.date, texts: Dict[str, str]) -> str:
    """One day's rates."""
    lines = [f"      <Cube currency='{currency}' rate='{text}'/>" for currency, text in sorted(texts.items())]
    return "\n".join([f"    <Cube time='{day.isoformat()}'>", *lines, "    </Cube>"])


def envelope(parts: List[str]) -> str:
    """The whole file."""
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"'
            ' xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">',
            "  <gesmes:subject>Reference rates</gesmes:subject>",
            "  <gesmes:Sender><gesmes:name>Invented sample</gesmes:name></gesmes:Sender>",
            "  <Cube>",
            *parts,
            "  </Cube>",
            "</gesmes:Envelope>",
            "",
        ]
    )
