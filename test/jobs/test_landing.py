"""Deliveries as they come: what is read from a CSV file, and what is refused whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Lake

from jobs.common.contract import Contract
from jobs.common.declaration import Source
from jobs.common.delivery import Delivery
from jobs.common.errors import (
    JobError,
    LandingEmptyError,
    LandingEncodingError,
    LandingHeaderError,
    LandingMissingError,
)
from jobs.common.landing import LINE, read_delivery, read_lines

SOURCE = Source("crm_accounts", "csv", "crm/accounts/{date}/", {"header": True, "multiLine": True})
HEADER = "account_id,account_name,country,is_active,created_at,updated_at,billing_address"


@pytest.fixture
def accounts(lake: Lake) -> Contract:
    return lake.declaration.contract("crm_accounts_bronze")


def read(lake: Lake, contract: Contract, content: bytes, name: str = "accounts.csv") -> Delivery:
    file = lake.deliver("accounts", "2026-01-05", content, name)
    return read_delivery(lake.spark, SOURCE, file.parent.as_uri(), contract)


def rows(delivery: Delivery) -> list[list[str | None]]:
    columns = [f"raw_{index}" for index in range(len(delivery.names))]
    return [
        list(row) for row in delivery.frame.orderBy("_source_file", "_position").select(*columns).collect()
    ]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_marks_and_line_ends_are_no_part_of_a_value(
    lake: Lake, accounts: Contract, mark: bytes, end: str
) -> None:
    text = f'{HEADER}{end}1,"Big, ""B"" & Co",DE,true,x,y,"a{end}b"{end}{end}2,\\n,"",,,y,\'q\'{end}3,,,,,,z'
    delivery = read(lake, accounts, mark + text.encode())
    assert delivery.names == tuple(HEADER.split(","))
    found = [[value or None for value in row] for row in rows(delivery)]
    assert found == [
        ["1", 'Big, "B" & Co', "DE", "true", "x", "y", f"a{end}b"],
        ["2", "\\n", None, None, None, "y", "'q'"],
        ["3", None, None, None, None, None, "z"],
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_line_break_within_quotes_is_kept_as_it_is(lake: Lake, accounts: Contract, end: str) -> None:
    text = f'{HEADER}{end}1,a,DE,true,x,y,"a\nb"{end}2,a,DE,true,x,y,"a\r\nb"{end}'
    assert [row[6] for row in rows(read(lake, accounts, text.encode()))] == ["a\nb", "a\r\nb"]


def test_files_with_other_orders_of_columns_are_put_together_by_name(lake: Lake, accounts: Contract) -> None:
    lake.deliver("accounts", "2026-01-05", f"{HEADER}\n1,a,DE,true,x,y,z\n".encode(), "1.csv")
    turned = ",".join(reversed(HEADER.split(",")))
    delivery = read(lake, accounts, f"new,{turned}\n!,z,y,x,true,DE,a,2\n".encode(), "2.csv")
    assert delivery.names == (*HEADER.split(","), "new")
    assert rows(delivery) == [
        ["1", "a", "DE", "true", "x", "y", "z", None],
        ["2", "a", "DE", "true", "x", "y", "z", "!"],
    ]


def test_a_row_with_too_few_or_too_many_fields_is_malformed_and_kept_whole(
    lake: Lake, accounts: Contract
) -> None:
    lines = ["1,a,DE,true,x,y,z", "2,too,few", "3,a,DE,true,x,y,z,too,many", "4,a,DE,true,x,y,z"]
    delivery = read(lake, accounts, "\n".join([HEADER, *lines, ""]).encode())
    found = [(row["raw_0"], row["_malformed"]) for row in delivery.frame.collect()]
    assert found == [
        ("1", None),
        (None, "2,too,few"),
        (None, "3,a,DE,true,x,y,z,too,many"),
        ("4", None),
    ]


def test_hidden_files_are_not_data(lake: Lake, accounts: Contract) -> None:
    lake.deliver("accounts", "2026-01-05", b"", "_SUCCESS")
    lake.deliver("accounts", "2026-01-05", b"junk", ".accounts.csv.tmp")
    assert len(rows(read(lake, accounts, f"{HEADER}\n1,a,DE,true,x,y,z\n".encode()))) == 1


def test_a_name_with_pattern_letters_in_it_is_a_name(lake: Lake, accounts: Contract) -> None:
    lake.deliver("accounts", "2026-01-05", f"{HEADER}\n1,a,DE,true,x,y,z\n".encode(), "a1.csv")
    found = rows(read(lake, accounts, f"{HEADER}\n2,a,DE,true,x,y,z\n".encode(), "a[1] {x}.csv"))
    assert sorted(str(row[0]) for row in found) == ["1", "2"]


def test_nothing_delivered_is_told_with_the_path(lake: Lake, accounts: Contract) -> None:
    folder = (lake.folder / "landing" / "crm" / "accounts" / "2027-05-05").as_uri()
    with pytest.raises(LandingMissingError, match=r"no file in .*crm/accounts/2027-05-05"):
        read_delivery(lake.spark, SOURCE, folder, accounts)


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"", LandingEmptyError, "not even a header"),
        (b"\xef\xbb\xbf", LandingEmptyError, "not even a header"),
        (b"\n\n", LandingEmptyError, "not even a header"),
        (
            b"account_id,account_name\n1,2\n",
            LandingHeaderError,
            "lacks country, is_active, created_at, updated_at",
        ),
        (f"{HEADER},Country\n".encode(), LandingHeaderError, "has country twice"),
        (HEADER.encode("utf-16"), LandingEncodingError, "not UTF-8"),
        (f"{HEADER}\n1,Müller".encode("latin-1"), LandingEncodingError, "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_and_named(
    lake: Lake, accounts: Contract, content: bytes, kind: type[JobError], said: str
) -> None:
    with pytest.raises(kind, match=rf"accounts/2026-01-05/accounts\.csv.*{said}"):
        read(lake, accounts, content)


def test_bytes_that_are_not_utf8_are_found_behind_the_header_too(lake: Lake, accounts: Contract) -> None:
    line = "1,a,DE,true,x,y,z\n"
    long = f"{HEADER}\n{line * 8000}"
    # The replacement character may be the source's own.
    assert len(rows(read(lake, accounts, f"{long}2,\ufffd ü,DE,true,x,y,z\n".encode()))) == 8001
    with pytest.raises(LandingEncodingError, match="not UTF-8 in 1 of its lines"):
        read(lake, accounts, long.encode() + "2,Müller,DE,true,x,y,z\n".encode("latin-1"))


def test_a_header_without_rows_is_a_delivery(lake: Lake, accounts: Contract, tmp_path: Path) -> None:
    assert rows(read(lake, accounts, f"{HEADER}\n".encode())) == []


def test_lines_are_utf8_too(lake: Lake) -> None:
    folder = lake.folder / "landing" / "leads"
    folder.mkdir(parents=True)
    (folder / "leads.jsonl").write_bytes("\ufeff{1}\n\n{2}\r\n".encode())
    lines, _ = read_lines(lake.spark, folder.as_uri())
    assert [row[LINE] for row in lines.collect()] == ["{1}", "{2}"]
    for encoding in ("utf-16", "utf-16-le", "latin-1"):
        (folder / "leads.jsonl").write_bytes('{"name": "Müller"}\n'.encode(encoding))
        with pytest.raises(LandingEncodingError, match=r"leads\.jsonl is not UTF-8"):
            read_lines(lake.spark, folder.as_uri())
