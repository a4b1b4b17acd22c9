"""The euro's reference rates into bronze: from delivered files, and from a server that answers as the ECB does."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from conftest import Lake
from expected import DATES
from peers.http_peer import HttpPeer, Request, Response
from pyspark.sql import SparkSession

from jobs.common.declaration import Declaration
from jobs.common.errors import LandingMissingError, SourceError
from jobs.common.eurofxref import is_closing_day, parse_rates
from jobs.common.result import JobResult
from jobs.ingest.fx_rates_ingest import JOB, run

FRIDAY, SATURDAY, MONDAY = "2026-01-09", "2026-01-10", "2026-01-12"


@dataclass
class Bank:
    """What the server has: rates by day, and how it misbehaves next."""

    days: dict[str, dict[str, str]] = field(default_factory=dict)
    next: list[Response] = field(default_factory=list)
    cut_after: int | None = None

    def answer(self, request: Request) -> Response:
        if self.next:
            return self.next.pop(0)
        if request.path != "/stats/eurofxref/eurofxref-hist-90d.xml":
            return Response(404, b"no such document")
        return Response(200, document(self.days), {"Content-Type": "text/xml"}, self.cut_after)


@dataclass
class Rates:
    """A lake that takes its rates from a bank."""

    lake: Lake
    bank: Bank
    peer: HttpPeer

    def run(self, date: str) -> JobResult:
        connector = {"kind": "http", "url": f"{self.peer.url}/stats/eurofxref"}
        return run(self.lake.context(JOB, date, declaration=self.lake.reaching("fx", connector)))

    def bronze(self, date: str) -> set[tuple[str, ...]]:
        return bronze(self.lake, date)


def bronze(lake: Lake, date: str) -> set[tuple[str, ...]]:
    """A partition as (day, currency, rate), the rate to eight places."""
    return {
        (str(row["rate_date"]), row["quote_currency"], str(row["rate"]))
        for row in lake.rows("fx_rates")
        if str(row["ingest_date"]) == date
    }


def document(days: dict[str, dict[str, str]]) -> bytes:
    """The ECB's document, newest day first."""
    cubes = "".join(
        f'<Cube time="{day}">'
        + "".join(f'<Cube currency="{currency}" rate="{rate}"/>' for currency, rate in rates.items())
        + "</Cube>"
        for day, rates in sorted(days.items(), reverse=True)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"'
        ' xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">'
        f"<gesmes:subject>Reference rates</gesmes:subject><Cube>{cubes}</Cube></gesmes:Envelope>"
    ).encode()


def bank() -> Bank:
    """One that has fixed Friday's rates."""
    return Bank({"2026-01-08": {"USD": "1.1700"}, FRIDAY: {"USD": "1.1712", "JPY": "184.05"}})


@pytest.fixture
def rates(lake: Lake) -> Iterator[Rates]:
    there = bank()
    with HttpPeer(there.answer) as peer:
        yield Rates(lake, there, peer)


@pytest.fixture(scope="module")
def friday(
    spark: SparkSession, declaration: Declaration, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Rates, JobResult]]:
    """A lake that has Friday's rates. To look at only, or to begin with: see `after`."""
    there = bank()
    with HttpPeer(there.answer) as peer:
        rates = Rates(Lake(tmp_path_factory.mktemp("friday"), spark, declaration), there, peer)
        yield rates, rates.run(FRIDAY)


def after(friday: tuple[Rates, JobResult], rates: Rates) -> Rates:
    """Let a lake of a test's own have Friday's rates, as if it had been run there."""
    shutil.copytree(friday[0].lake.folder / "bronze", rates.lake.folder / "bronze")
    return rates


THURSDAY = ("2026-01-08", "USD", "1.17000000")
FRIDAYS = {(FRIDAY, "USD", "1.17120000"), (FRIDAY, "JPY", "184.05000000")}


def test_a_day_has_its_rates_and_those_of_the_days_before(
    rates: Rates, friday: tuple[Rates, JobResult]
) -> None:
    there, result = friday
    assert there.bronze(FRIDAY) == {THURSDAY, *FRIDAYS}
    assert (result.rows_written, result.rows_quarantined, result.outputs[0].unmapped) == (3, 0, {})
    (origin,) = {row["_source_file"] for row in there.lake.rows("fx_rates")}
    assert origin == f"{there.peer.url}/stats/eurofxref/eurofxref-hist-90d.xml"

    rates.bank.days["2026-01-12"] = {"USD": "9"}  # what came later is not of the day
    after(friday, rates).run(FRIDAY)
    assert rates.bronze(FRIDAY) == there.bronze(FRIDAY)
    assert len(rates.lake.rows("fx_rates")) == 3


def test_a_weekend_has_no_rates_of_its_own(rates: Rates) -> None:
    rates.run(SATURDAY)
    assert rates.bronze(SATURDAY) == {THURSDAY, *FRIDAYS}


def test_a_working_day_without_rates_yet_is_an_error_and_writes_nothing(
    rates: Rates, friday: tuple[Rates, JobResult]
) -> None:
    after(friday, rates)
    with pytest.raises(SourceError, match=f"up to {FRIDAY}, none of {MONDAY} yet"):
        rates.run(MONDAY)
    assert rates.lake.version("fx_rates") == 0
    with pytest.raises(SourceError, match=r"begins with 2026-01-08"):
        rates.run("2026-01-07")


def test_a_late_correction_is_found_by_the_next_run_and_by_running_the_day_again(
    rates: Rates, friday: tuple[Rates, JobResult]
) -> None:
    after(friday, rates)
    rates.bank.days[FRIDAY]["USD"] = "1.1812"
    rates.bank.days[MONDAY] = {"USD": "1.1900", "JPY": "184.00"}
    rates.run(MONDAY)
    corrected = (FRIDAY, "USD", "1.18120000")
    assert corrected in rates.bronze(MONDAY)
    assert corrected not in rates.bronze(FRIDAY)
    rates.run(FRIDAY)
    assert rates.bronze(FRIDAY) == {THURSDAY, corrected, (FRIDAY, "JPY", "184.05000000")}


def test_a_body_that_is_cut_short_writes_nothing(rates: Rates, friday: tuple[Rates, JobResult]) -> None:
    after(friday, rates)
    rates.bank.days[FRIDAY]["USD"] = "5"
    rates.bank.cut_after = len(document(rates.bank.days)) - 40
    with pytest.raises(SourceError, match="nothing was written"):
        rates.run(FRIDAY)
    rates.bank.cut_after = None
    for body in (document(rates.bank.days)[:-40], b"", b"<html>down for maintenance</html>"):
        rates.bank.next = [Response(200, body)]
        with pytest.raises(SourceError, match="nothing was written"):
            rates.run(FRIDAY)
    assert rates.lake.version("fx_rates") == 0
    assert rates.bronze(FRIDAY) == {THURSDAY, *FRIDAYS}


def test_a_server_that_is_busy_is_asked_again(rates: Rates) -> None:
    rates.bank.next = [Response(503, b"", {"Retry-After": "0"}), Response(429, b"", {"Retry-After": "0"})]
    assert rates.run(FRIDAY).rows_written == 3
    rates.bank.next = [Response(404, b"gone")]
    with pytest.raises(SourceError, match="404"):
        rates.run(FRIDAY)


def test_a_rate_that_is_none_is_quarantined_and_the_others_land(rates: Rates) -> None:
    rates.bank.days[FRIDAY] = {
        **dict.fromkeys(("USD", "CHF", "GBP", "SEK", "NOK", "DKK", "PLN"), "1.5"),
        "JPY": "N/A",
        "gbp": "0.8",
    }
    result = rates.run(FRIDAY)
    assert result.reasons == {"type:rate": 1, "pattern:quote_currency": 1}
    assert result.rows_written == 8


def test_entities_of_xml_are_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    with pytest.raises(SourceError, match="no XML"):
        parse_rates(bomb, "somewhere")


@pytest.mark.parametrize(
    ("date", "closed"),
    [
        ("2026-01-01", True),  # New Year's Day
        ("2026-04-03", True),  # Good Friday; Easter was on April 5
        ("2026-04-06", True),
        ("2026-04-07", False),
        ("2026-05-01", True),
        ("2026-12-24", False),
        ("2026-12-25", True),
        (SATURDAY, True),
        (MONDAY, False),
    ],
)
def test_rates_are_fixed_on_days_on_which_the_payment_system_is_open(date: str, closed: bool) -> None:
    assert is_closing_day(dt.date.fromisoformat(date)) is closed


@pytest.mark.parametrize("times", [1, pytest.param(2, marks=pytest.mark.heavy)])
def test_a_delivered_document_does_as_well_and_the_last_of_two_counts(lake: Lake, times: int) -> None:
    folder = lake.folder / "landing" / "fx" / FRIDAY
    folder.mkdir(parents=True)
    (folder / "a.xml").write_bytes(
        document({FRIDAY: {"USD": "1.1", "JPY": "184"}, "2026-01-07": {"USD": "1"}})
    )
    (folder / "b.xml").write_bytes(document({FRIDAY: {"USD": "1.2"}}))
    for _ in range(times):
        result = run(lake.context(JOB, FRIDAY))
        assert result.reasons == {"duplicate:rate_date,quote_currency": 1}
        assert bronze(lake, FRIDAY) == {
            (FRIDAY, "USD", "1.20000000"),
            (FRIDAY, "JPY", "184.00000000"),
            ("2026-01-07", "USD", "1.00000000"),
        }
        assert len(lake.rows("fx_rates")) == 3


def test_a_closing_day_needs_no_file_and_a_working_day_does(lake: Lake) -> None:
    closed = [date for date in DATES if is_closing_day(dt.date.fromisoformat(date))]
    assert len(closed) == 10
    result = run(lake.context(JOB, closed[0]))
    assert (result.rows_read, len(lake.rows("fx_rates"))) == (0, 0)
    with pytest.raises(LandingMissingError):
        run(lake.context(JOB, "2026-01-05"))


def test_what_is_no_document_of_rates_is_told(lake: Lake) -> None:
    folder = lake.folder / "landing" / "fx" / "2026-01-05"
    folder.mkdir(parents=True)
    (folder / "rates.xml").write_bytes(document({"05.01.2026": {"USD": "1"}}))
    with pytest.raises(SourceError, match="no days with rates in the ECB's shape"):
        run(lake.context(JOB, "2026-01-05"))
