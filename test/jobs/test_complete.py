"""Whether a delivery is complete, by what its source says of that: until it is, nothing is written."""

from __future__ import annotations

import csv
import gzip
import hashlib
from dataclasses import replace
from typing import Any

import pytest
from conftest import DAY, Lake
from platforms import delivering

from jobs.common.declaration import Completeness, Declaration
from jobs.common.errors import LandingChangedError, LandingIncompleteError, LandingMissingError
from jobs.common.landing import list_delivered, reading
from jobs.ingest import crm_accounts_ingest


def listed(lake: Lake, **complete: str) -> list[str]:
    """The names of the files of a day, all of which hold data."""
    selection = replace(lake.declaration.source("crm_accounts").selection, complete=Completeness(**complete))
    files, warnings = list_delivered(lake.spark, lake.landing("accounts", DAY).as_uri() + "/", selection)
    assert warnings == ()
    with reading(lake.spark, files, selection):
        pass
    return [file.rpartition("/")[2] for file in files]


def put(lake: Lake, **files: str | bytes) -> None:
    """Put files of these contents into the day's folder; `_dot_` in a name is a dot."""
    for name, content in files.items():
        said = content if isinstance(content, bytes) else content.encode()
        lake.deliver("accounts", DAY, said, name.replace("_dot_", "."))


def awaits(lake: Lake, said: str, **complete: str) -> Any:
    with pytest.raises(LandingIncompleteError, match=said) as refused:
        listed(lake, **complete)
    return refused.value.details.get("awaited")


def test_a_marker_of_the_day_is_awaited_and_is_no_data(lake: Lake) -> None:
    lake.landing("accounts", DAY)
    for marker in ("_SUCCESS", "ready.txt"):
        with pytest.raises(LandingMissingError):
            listed(lake, marker=marker)
    put(lake, a_dot_csv="x")
    assert awaits(
        lake, r"not complete: _SUCCESS, ready\.txt awaited", marker="_SUCCESS", count="ready.txt"
    ) == [
        "_SUCCESS",
        "ready.txt",
    ]
    put(lake, _SUCCESS="")
    assert listed(lake, marker="_SUCCESS") == ["a.csv"]
    put(lake, ready_dot_txt="")
    assert listed(lake, marker="_SUCCESS", count="ready.txt") == ["a.csv"]


def test_a_marker_of_each_file_is_awaited_and_so_is_the_file_that_one_speaks_of(lake: Lake) -> None:
    put(lake, a_dot_csv="x", b_dot_csv="x", a_dot_csv_dot_ok="")
    assert awaits(lake, r"b\.csv\.ok awaited", marker="{file}.ok") == ["b.csv.ok"]
    put(lake, b_dot_csv_dot_ok="", c_dot_csv_dot_ok="")
    assert awaits(lake, r"c\.csv awaited", marker="{file}.ok") == ["c.csv"]
    put(lake, c_dot_csv="x")
    assert listed(lake, marker="{file}.ok") == ["a.csv", "b.csv", "c.csv"]


def test_a_marker_of_each_file_may_leave_out_what_the_file_ends_with(lake: Lake) -> None:
    put(lake, a_dot_csv="x", b_dot_csv_dot_gz=gzip.compress(b"x"), c="x", a_dot_ok="", b_dot_ok="")
    assert awaits(lake, r"not complete: c\.ok awaited", marker="{stem}.ok") == ["c.ok"]
    put(lake, c_dot_ok="", d_dot_ok="")
    assert awaits(lake, r"d\.\* awaited", marker="{stem}.ok") == ["d.*"]
    put(lake, d_dot_1_dot_csv="x")
    assert awaits(lake, r"d\.1\.ok", marker="{stem}.ok") == ["d.1.ok", "d.*"]
    put(lake, d_dot_csv="x", d_dot_1_dot_ok="")
    assert listed(lake, marker="{stem}.ok") == ["a.csv", "b.csv.gz", "c", "d.1.csv", "d.csv"]
    digest = hashlib.md5(b"x", usedforsecurity=False).hexdigest()
    put(lake, a_dot_md5=digest, b_dot_md5=digest, c_dot_md5=digest, d_dot_1_dot_md5=digest, d_dot_md5=digest)
    awaits(
        lake,
        r"the md5 of \S+/b\.csv\.gz is \w+, and by \S+/b\.md5 it is",
        md5="{stem}.md5",
        marker="{stem}.ok",
    )


@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_a_checksum_is_held_against_the_bytes_that_lie_there(lake: Lake, kind: str) -> None:
    packed = gzip.compress(b"x" * 100)
    digests = {name: hashlib.new(kind, content).hexdigest() for name, content in (("a", b"x"), ("b", packed))}
    put(
        lake,
        a_dot_csv="x",
        b_dot_csv_dot_gz=packed[:-1],
        a_dot_csv_dot_sum=f"{digests['a'].upper()}  a.csv\n",
    )
    assert awaits(lake, r"b\.csv\.gz\.sum awaited", **{kind: "{file}.sum"}) == ["b.csv.gz.sum"]
    put(lake, b_dot_csv_dot_gz_dot_sum=digests["b"])
    assert awaits(
        lake, rf"the {kind} of \S+/b\.csv\.gz is \w+, and by \S+ it is {digests['b']}", **{kind: "{file}.sum"}
    ) == ["b.csv.gz"]
    put(lake, b_dot_csv_dot_gz=packed)
    assert listed(lake, **{kind: "{file}.sum"}) == ["a.csv", "b.csv.gz"]
    put(lake, a_dot_csv_dot_sum="none yet")
    awaits(lake, rf"a\.csv\.sum does not say the {kind} of a\.csv", **{kind: "{file}.sum"})


def test_a_list_of_checksums_names_all_files_of_the_day(lake: Lake) -> None:
    """As `sha256sum` writes it, of files read as text and as bytes."""
    digest = hashlib.sha256(b"x").hexdigest()
    put(lake, a_dot_csv="x", SUMS=f"{digest}  a.csv\n{digest} *./b.csv\n")
    assert awaits(lake, r"b\.csv awaited", sha256="SUMS") == ["b.csv"]
    put(lake, b_dot_csv="x")
    assert listed(lake, sha256="SUMS") == ["a.csv", "b.csv"]
    put(lake, c_dot_csv="x")
    awaits(lake, r"SUMS does not say the sha256 of c\.csv", sha256="SUMS")


def test_a_file_that_comes_behind_its_marker_is_seen(lake: Lake) -> None:
    put(lake, a_dot_csv="x", _SUCCESS="")
    selection = replace(
        lake.declaration.source("crm_accounts").selection, complete=Completeness(marker="_SUCCESS")
    )
    files, _ = list_delivered(lake.spark, lake.landing("accounts", DAY).as_uri(), selection)
    with pytest.raises(LandingChangedError, match=r"b\.csv changed"), reading(lake.spark, files, selection):
        put(lake, b_dot_csv="x")


def declared(lake: Lake, **complete: str) -> Declaration:
    """The declaration with what says that accounts are complete."""
    options = {**lake.declaration.source("crm_accounts").options, "completeWhen": complete}
    return delivering(lake.declaration, "crm_accounts", options=options)


@pytest.mark.heavy
def test_a_count_is_held_against_the_rows_that_were_read(lake: Lake) -> None:
    sample = lake.deliver_sample("accounts", DAY)
    with sample.open(encoding="utf-8", newline="") as opened:
        rows = sum(1 for _ in csv.reader(opened)) - 1
    header = sample.read_bytes().split(b"\n")[0] + b"\n"
    put(lake, nothing_dot_csv=header, nothing_dot_csv_dot_rows="0\n", accounts_dot_csv_dot_rows=f"{rows + 1}")

    def run(**complete: str) -> int:
        context = lake.context("crm_accounts", DAY, declaration=declared(lake, **complete))
        return crm_accounts_ingest.run(context).rows_read

    for name, mark in (("accounts.csv", "{file}.rows"), ("the day", "_ROWS")):
        put(lake, _ROWS=f"\ufeff{rows + 1}\r\n")
        with pytest.raises(
            LandingIncompleteError, match=rf"{name} has {rows} rows, and by \S+ it has {rows + 1}"
        ):
            run(count=mark, **({} if "{" in mark else {"marker": "{file}.rows"}))
    assert not (lake.folder / "bronze").exists()
    put(lake, _ROWS=f"{rows}", accounts_dot_csv_dot_rows="many")
    with pytest.raises(LandingIncompleteError, match="is no number"):
        run(count="{file}.rows")
    put(lake, accounts_dot_csv_dot_rows=f"{rows}")
    assert run(count="{file}.rows", marker="_ROWS") == rows
    before = lake.version("crm_accounts")
    put(lake, _ROWS=f"{rows - 1}")
    with pytest.raises(LandingIncompleteError, match=rf"the day has {rows} rows"):
        run(count="_ROWS", marker="{file}.rows")
    assert lake.version("crm_accounts") == before
