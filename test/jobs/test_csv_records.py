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
from jobs.common.csv_records import Dialect, Header, header_of
from jobs.common.declaration import Source
from jobs.common.errors import LandingEncodingError
from jobs.common.landing import read_delivery

COLUMNS = ["id", "b", "c"]
Records = list[list[str]]
MALFORMED = "malformed"


@pytest.fixture
def wanted() -> Contract:
    """A contract that knows of none but the key: what the fields are is all that is asked."""
    return contract({}, [])


def read(
    lake: Lake, wanted: Contract, files: Sequence[bytes], delimiter: str = ",", **options: object
) -> list[Records]:
    """What is read of each file: records in order, a malformed one as `[MALFORMED, text]`."""
    folder = lake.folder / "things"
    folder.mkdir()
    for number, content in enumerate(files):
        (folder / f"{number}.csv").write_bytes(content)
    source = Source("things", "csv", "things/{date}/", {"delimiter": delimiter, **options})
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
    [
        (",", 200),
        *(pytest.param(*drawn, marks=pytest.mark.heavy) for drawn in ((";", 60), ("\t", 60), (",", 20_000))),
    ],
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


@pytest.mark.parametrize("count", [200, pytest.param(20_000, marks=pytest.mark.heavy)])
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
    assert header_of(text, Dialect()) == header


def escaped(records: Records, quote: str, end: str) -> str:
    """Records as programs write them that escape a quote instead of doubling it."""

    def field(text: str) -> str:
        return quote + text.replace("\\", "\\\\").replace(quote, f"\\{quote}") + quote

    return "".join(",".join(map(field, record)) + end for record in records)


@st.composite
def escaped_files(draw: st.DrawFn, quote: str) -> tuple[str, Records]:
    """A file of which each value stands between quotes, and what is to be read in it."""
    values = st.text(st.sampled_from("ab \"',\n\r\\é"), max_size=8)
    records = draw(st.lists(st.tuples(st.sampled_from("12"), values, values).map(list), max_size=6))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return escaped([COLUMNS, *records], quote, end), records


@pytest.mark.parametrize(("quote", "count"), [('"', 200), ("'", 60)])
def test_a_quote_that_is_escaped_is_part_of_its_value(
    lake: Lake, wanted: Contract, quote: str, count: int
) -> None:
    files = draw(escaped_files(quote), count)
    found = read(lake, wanted, [text.encode() for text, _ in files], quote=quote, escape="\\")
    for (text, expected), records in zip(files, found):
        assert records == expected, repr(text)


def test_an_escape_means_something_between_quotes_and_before_a_quote_or_itself_alone(
    lake: Lake, wanted: Contract
) -> None:
    lines = [r"1,\d\",\\\\share", r'2,"a \d \\ \" b",c', r'3,"a""b",c', r'4,"a\",c', "5,b,c"]
    (found,) = read(lake, wanted, ["\n".join(["id,b,c", *lines]).encode()], escape="\\")
    assert found == [
        ["1", r"\d\"", r"\\\\share"],  # outside of quotes both are letters like others
        ["2", r'a \d \ " b', "c"],
        [MALFORMED, lines[2]],
        [MALFORMED, lines[3]],
        ["5", "b", "c"],
    ]


def test_without_quotes_every_letter_is_one_of_a_value(lake: Lake, wanted: Contract) -> None:
    text = 'id\tb\tc\n1\t5" pipe\t"\n2\t"a\tb"\n3\tx\ty\tz\n'
    (found,) = read(lake, wanted, [text.encode()], "\t", quote="")
    assert found == [["1", '5" pipe', '"'], ["2", '"a', 'b"'], [MALFORMED, "3\tx\ty\tz"]]


@pytest.mark.parametrize(
    ("mark", "encoding", "end"),
    [
        ("", "utf-8", "\n"),
        ("\ufeff", "utf-8", "\r\n"),
        ("\ufeff", "utf-16le", "\r"),
        *(
            pytest.param(*marked, end, marks=pytest.mark.heavy)
            for marked in (("", "utf-8"), ("\ufeff", "utf-8"), ("\ufeff", "utf-16le"))
            for end in ("\n", "\r\n", "\r")
        ),
    ],
)
def test_files_without_a_header_begin_with_their_rows(
    lake: Lake, wanted: Contract, mark: str, encoding: str, end: str
) -> None:
    files = [
        mark + end.join(["1,b,c", "", "id,b,c", "3,b,c"]),
        mark + end.join(["1,\ufeff,c", "\ufeff2,b,c", "3,b,c,d", "4,b,c", ""]),
        mark + end.join(["1,b,c", '2,"b', 'b",c', "3,b,c", ""]),
    ]
    told: list[Records] = [
        [["1", "b", "c"], ["id", "b", "c"], ["3", "b", "c"]],
        [["1", "\ufeff", "c"], ["\ufeff2", "b", "c"], [MALFORMED, "3,b,c,d"], ["4", "b", "c"]],
        [["1", "b", "c"], ["2", f"b{end}b", "c"], ["3", "b", "c"]],
    ]
    contents = [text.encode(encoding) for text in files]
    found = read(lake, wanted, contents, encoding=encoding, header=False, columns=COLUMNS)
    assert found == told


def test_lines_above_the_header_are_passed_over_and_no_other(lake: Lake, wanted: Contract) -> None:
    above = ['Report "X', "", "from,2026-01-01,to"]
    rows = ["1,b,c", '2,"b', 'b",c', "from,2026-01-01,to"]
    plain = [["1", "b", "c"], ["3", "b", "c"]]
    files = [
        "\ufeff" + "\r\n".join([*above, "id,b,c", "1,b,c", "3,b,c"]),
        "\n".join([*above, "id,b,c", *rows]),
        "\n".join([*above, "", "id,b,c", "1,b,c", "", "3,b,c"]),
    ]
    joined = [["1", "b", "c"], ["2", "b\nb", "c"], ["from", "2026-01-01", "to"]]
    found = read(lake, wanted, [text.encode() for text in files], skipRows=3)
    assert found == [plain, joined, plain]


def test_lines_with_a_mark_of_comments_are_no_records_except_between_quotes(
    lake: Lake, wanted: Contract
) -> None:
    files = [
        '# of "today\nid,b,c\n1,b,c\n# a,b\n2,#,c\n',
        'id,b,c\n1,"b\n# b",c\n# "no record\n2,b,#c\n',
        "\ufeff# a\n#\n\nid,b,c\n1,b,c",
    ]
    found = read(lake, wanted, [text.encode() for text in files], comment="#")
    assert found == [
        [["1", "b", "c"], ["2", "#", "c"]],
        [["1", "b\n# b", "c"], ["2", "b", "#c"]],
        [["1", "b", "c"]],
    ]


@pytest.mark.parametrize(
    ("encoding", "written_as", "letters"),
    [
        ("windows-1252", "cp1252", "Müller €"),
        ("iso-8859-1", "latin-1", "Müller ¤"),
        ("ibm850", "cp850", "Müller ½"),
        ("windows-31j", "cp932", "表ソ ①"),
        ("gb18030", "gb18030", "张三 €"),
        ("utf-16", "utf-16", "Müller 张三 😀"),
        ("utf-16le", "utf-16-le", "Müller 张三 😀"),
        ("utf-16be", "utf-16-be", "Müller 张三 😀"),
    ],
)
@pytest.mark.parametrize("end", ["\n", pytest.param("\r\n", marks=pytest.mark.heavy)])
def test_files_in_another_encoding_are_read_as_it_says(
    lake: Lake, wanted: Contract, encoding: str, written_as: str, letters: str, end: str
) -> None:
    by_line = end.join(["id,b,c", f"1,{letters},c", f"2,b,{letters}"])
    joined = end.join(["id,b,c", f'1,"{letters}', f'{letters}",c', "2,b,c", ""])
    found = read(lake, wanted, [text.encode(written_as) for text in (by_line, joined)], encoding=encoding)
    assert found == [
        [["1", letters, "c"], ["2", "b", letters]],
        [["1", f"{letters}{end}{letters}", "c"], ["2", "b", "c"]],
    ]


def test_both_byte_orders_of_utf16_in_one_delivery(lake: Lake, wanted: Contract) -> None:
    text = "\ufeffid,b,c\n1,é,c\n"
    files = [text.encode("utf-16-le"), text.encode("utf-16-be")]
    assert read(lake, wanted, files, encoding="utf-16") == [[["1", "é", "c"]]] * 2


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("windows-1252", b"id,b,c\n" + b"1,b,c\n" * 10_000 + b"2,\x81,c\n"),
        ("us-ascii", b"id,b,c\n1,\xfc,c\n"),
        ("utf-16", b"id,b,c\n1,b,c\n"),
        # A letter whose second half and the first half of the next are what a line end is.
        ("utf-16le", ("id,b,c\n" + "1,b,c\n" * 10_000 + "2,\u0a05\u0100,c\n").encode("utf-16-le")),
    ],
)
def test_what_is_not_in_the_encoding_refuses_the_file(
    lake: Lake, wanted: Contract, encoding: str, content: bytes
) -> None:
    with pytest.raises(LandingEncodingError, match=r"0\.csv .*; nothing was written"):
        read(lake, wanted, [content], encoding=encoding)


def test_every_row_of_a_file_in_parts_is_read_once(lake: Lake, wanted: Contract) -> None:
    """Spark cuts files anywhere, also within the two bytes of a letter."""
    lines = [f"{number},\u0a0a\u0a00,c" for number in range(3_000)]
    content = "\n".join(lines).encode("utf-16-be")
    key = "spark.sql.files.maxPartitionBytes"
    before = lake.spark.conf.get(key)
    lake.spark.conf.set(key, "4097")
    try:
        (found,) = read(lake, wanted, [content], encoding="utf-16be", header=False, columns=COLUMNS)
    finally:
        lake.spark.conf.set(key, before)
    assert sorted(int(row[0]) for row in found) == list(range(3_000))
