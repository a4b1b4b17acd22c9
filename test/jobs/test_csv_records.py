"""Records of CSV files: held against Python's `csv` where a file is sound, else against what was damaged in it.

Each example is a file; all of a test are one delivery, so that many of them cost one pass.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import Lake
from drawn import draw
from hypothesis import strategies as st
from test_conform import contract

from jobs.common.contract import Contract
from jobs.common.csv_records import Header, header_of
from jobs.common.declaration import Source
from jobs.common.landing import read_delivery

COLUMNS = ["id", "b", "c"]
Records = list[list[str]]
MALFORMED = "malformed"


@pytest.fixture
def wanted() -> Contract:
    """A contract that knows of none but the key: what the fields are is all that is asked."""
    return contract({}, [])


def read(lake: Lake, wanted: Contract, files: Sequence[bytes], delimiter: str = ",") -> list[Records]:
    """What is read of each file: records in order, a malformed one as `[MALFORMED, text]`."""
    folder = lake.folder / "things"
    folder.mkdir()
    for number, content in enumerate(files):
        (folder / f"{number}.csv").write_bytes(content)
    source = Source("things", "csv", "things/{date}/", {"header": True, "delimiter": delimiter})
    frame = read_delivery(lake.spark, source, folder.as_uri(), wanted).frame
    found: list[Records] = [[] for _ in files]
    for row in frame.orderBy("_position").collect():
        number = int(Path(row["_source_file"]).stem)
        values = [row[f"raw_{place}"] for place in range(len(COLUMNS))]
        found[number].append(values if row["_malformed"] is None else [MALFORMED, row["_malformed"]])
    return found


def written(records: Records, ends: Sequence[str], quoting: int, delimiter: str) -> str:
    """Records as CSV, each with its own line end."""
    text = io.StringIO(newline="")
    for record, end in zip(records, ends):
        csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end).writerow(record)
    return text.getvalue()


texts = st.text(st.sampled_from('ab "",,\n\r\t;\\é\u2028'), max_size=8)


@st.composite
def sound_files(draw: st.DrawFn, delimiter: str) -> str:
    """A file as programs write them, whatever they end a line with and put into quotes."""
    records = draw(st.lists(st.tuples(st.sampled_from("12"), texts, texts).map(list), max_size=6))
    ends = st.lists(st.sampled_from(["\n", "\r\n"]), min_size=len(records) + 1, max_size=len(records) + 1)
    quoting = draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
    if any("\r" in field for record in records for field in record):
        quoting = (
            csv.QUOTE_ALL
        )  # Python's `csv` leaves it bare where lines end with LF, and then takes it for a line end
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return mark + written([COLUMNS, *records], draw(ends), quoting, delimiter)


@pytest.mark.parametrize(
    ("delimiter", "count"),
    [(",", 300), (";", 60), ("\t", 60), pytest.param(",", 20_000, marks=pytest.mark.heavy)],
)
def test_a_sound_file_is_what_python_reads_in_it(
    lake: Lake, wanted: Contract, delimiter: str, count: int
) -> None:
    files = draw(sound_files(delimiter), count)
    told = [
        list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))[1:]
        for text in files
    ]
    found = read(lake, wanted, [text.encode() for text in files], delimiter)
    for text, records, expected in zip(files, found, told):
        assert records == expected, repr(text)


plain = st.text(st.sampled_from("ab é\\'"), min_size=1, max_size=5)
inner = st.text(st.sampled_from('ab ,"\né'), min_size=1, max_size=8).map(lambda text: f"x{text}y")
rows = st.tuples(st.sampled_from("123"), st.one_of(plain, inner), st.one_of(plain, inner)).map(list)
damages = st.sampled_from(
    ['9,"Acme,c', '9,b,"Acme', '9,"a" b,c', '9,"a \\"b\\" c",c', "9,b", "9,b,c,d", '9,"5" x,"c']
)


@st.composite
def damaged_files(draw: st.DrawFn) -> tuple[str, Records]:
    """A file with lines that are no records, and what is to be read in it."""
    parts = draw(st.lists(st.one_of(rows, damages), min_size=1, max_size=8))
    quoting = draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = written([COLUMNS], [end], quoting, ",")
    for part in parts:
        text += part + end if isinstance(part, str) else written([part], [end], quoting, ",")
    return text, [[MALFORMED, part] if isinstance(part, str) else part for part in parts]


@pytest.mark.parametrize("count", [300, pytest.param(20_000, marks=pytest.mark.heavy)])
def test_a_line_that_is_no_record_is_malformed_and_takes_no_other_with_it(
    lake: Lake, wanted: Contract, count: int
) -> None:
    files = draw(damaged_files(), count)
    found = read(lake, wanted, [text.encode() for text, _ in files])
    for (text, expected), records in zip(files, found):
        assert records == expected, repr(text)


def test_the_header_is_told_from_a_row_that_says_the_same(lake: Lake, wanted: Contract) -> None:
    (found,) = read(lake, wanted, [b'\n"id",b,c\n1,2,3\n"id",b,c\n'])
    assert found == [["1", "2", "3"], ["id", "b", "c"]]


def test_lines_may_end_with_cr_alone(lake: Lake, wanted: Contract) -> None:
    (found,) = read(lake, wanted, [b'id,b,c\r1,"2\r3",4\r5,6,7'])
    assert found == [["1", "2\r3", "4"], ["5", "6", "7"]]


def test_a_header_of_several_lines(lake: Lake, wanted: Contract) -> None:
    (found,) = read(lake, wanted, [b'id,"b\nb",c\n1,2,3\n'])
    assert found == [["1", "2", "3"]]


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("a,b\n1,2\n", Header(("a", "b"), "a,b", 1, "\n")),
        ("\ufeffa,b\r\n1,2\r\n", Header(("a", "b"), "a,b", 1, "\n")),
        ("\n \na, b \n", Header(("a", "b"), "a, b ", 3, "\n")),
        ("a,b\r1,2\r", Header(("a", "b"), "a,b", 1, "\r")),
        ('a,"b\nc"\n', Header(("a", "b\nc"), 'a,"b\nc"', 2, "\n")),
        ("a,,b", Header(("a", "_column_2", "b"), "a,,b", 1, "\n")),
        ("\n\n", None),
        ("", None),
    ],
)
def test_the_header_is_the_first_record_that_says_something(text: str, header: Header | None) -> None:
    assert header_of(text, ",") == header
