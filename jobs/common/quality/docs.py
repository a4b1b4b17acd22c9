"""The data docs: a page a dataset and date as Great Expectations draws it, and one that leads to them."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Mapping
from typing import Any

from pyspark.sql import SparkSession

from jobs.common.quality.outcome import FAILED, Outcome


def page(validation: Any, dataset: str, date: dt.date) -> str:
    """A dataset's page. It holds counts, and no value of a row."""
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    midnight = dt.datetime.combine(date, dt.time(), dt.timezone.utc)
    validation.meta["run_id"] = RunIdentifier(run_name=dataset, run_time=midnight)
    return str(DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(validation)))


def index(title: str, date: dt.date, found: Mapping[str, tuple[Outcome, ...]]) -> str:
    """The page that leads to the others: what is not met first, and everything else by dataset."""
    rows = [
        (one.status != FAILED, one.expectation.severity, dataset, one)
        for dataset, outcomes in found.items()
        for one in outcomes
    ]
    rows.sort(key=lambda row: row[:3])
    lines = [
        f"<tr class={one.status}><td><a href='{dataset}.html'>{dataset}</a><td>{_text(one.expectation.id)}"
        f"<td>{one.expectation.severity}<td>{one.status}<td>{_text(one.told)}<td>{_text(one.threshold)}"
        for _, _, dataset, one in rows
    ]
    style = (
        "body{font:15px system-ui,sans-serif;margin:2em}table{border-collapse:collapse}"
        "td,th{padding:.3em .7em;border-bottom:1px solid #ccc;text-align:left;vertical-align:top}"
        ".failed{background:#fde8e8}.measured{color:#666}"
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title} {date}</title><style>{style}</style>"
        f"<h1>{title}, {date}</h1><table><thead><tr><th>dataset<th>expectation<th>severity<th>status<th>found"
        f"<th>expected</thead><tbody>{''.join(lines)}</table></html>\n"
    )


def write_page(spark: SparkSession, uri: str, content: str) -> None:
    """Write a page to where the lake is, over the one of an earlier check."""
    jvm: Any = spark.sparkContext._jvm
    path = jvm.org.apache.hadoop.fs.Path(uri)
    stream = path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration()).create(path, True)
    try:
        stream.write(bytearray(content.encode()))
    finally:
        stream.close()


def _text(words: str) -> str:
    return html.escape(words)
