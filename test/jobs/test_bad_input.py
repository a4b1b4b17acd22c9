"""Every row of docs/BAD_INPUT.md: what comes, and what becomes of it, on Delta tables in a folder; as heavy tests,
behind `s3://` on the local endpoint too. Heavy are also the rows that the tests of records, types and formats hold in
small. The tables are shared by all tests; each compares them with what they were before it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import gzip
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import boto3
import pyarrow
import pyarrow.parquet
import pytest
from conftest import PROJECT
from delta_folder import delta_rows
from peers.http_peer import HttpPeer, Response
from peers.local_endpoint import local_endpoint
from platforms import delivering
from pyspark.sql import SparkSession

from jobs.common.context import RunContext, Storage
from jobs.common.declaration import Connector, Declaration
from jobs.common.delivery import Delivery
from jobs.common.errors import (
    JobError,
    LandingChangedError,
    LandingDamagedError,
    LandingEmptyError,
    LandingEncodingError,
    LandingFolderError,
    LandingHeaderError,
    QualityError,
    SourceError,
    SourceSchemaError,
)
from jobs.common.ingest import Extraction, ingest, read_files
from jobs.common.result import JobResult
from jobs.common.session import s3a_properties
from jobs.ingest import crm_accounts_ingest, fx_rates_ingest

PAGE = PROJECT / "docs" / "BAD_INPUT.md"
DAY = "2026-01-05"
COLUMNS = [
    "account_id",
    "account_name",
    "industry",
    "country",
    "annual_revenue",
    "employees",
    "is_active",
    "created_at",
    "updated_at",
]
SOUND = {
    "account_name": "Müller & Söhne",
    "industry": "retail",
    "country": "DE",
    "annual_revenue": "1234.50",
    "employees": "12",
    "is_active": "true",
    "created_at": "2025-03-01T08:00:00Z",
    "updated_at": "2026-01-05T10:00:00Z",
}
ADDRESSED = [*COLUMNS, "billing_address"]
ROWS = 12  # of which one may be broken: that is less than the 10 % at which a run fails
Row = dict[str, str]


def sound(count: int = ROWS) -> list[Row]:
    return [{"account_id": f"ACC-{number:06d}", **SOUND} for number in range(1, count + 1)]


def one_with(**values: str) -> list[Row]:
    """Sound rows but for the third."""
    rows = sound()
    rows[2].update(values)
    return rows


def csv_of(rows: list[Row], columns: list[str] = COLUMNS, header: list[str] | None = None) -> bytes:
    lines = [header or columns, *([row[name] for name in columns] for row in rows)]
    return "".join(",".join(line) + "\n" for line in lines).encode()


Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class State:
    """A table at a moment: no commit since, no row changed."""

    commits: int
    content: tuple[str, ...]


class Objects(Protocol):
    """Where a lake's buckets are."""

    storage: Storage

    def rows(self, table: str, spark: SparkSession) -> Rows:
        """A table of bronze as JSON has it."""
        ...

    def put(self, bucket: str, key: str, content: bytes) -> None: ...

    def delete(self, bucket: str, key: str) -> None: ...

    def keys(self, bucket: str, prefix: str) -> list[str]: ...


def _as_json(value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.strftime(f"%Y-%m-%dT%H:%M:%S.{value.microsecond // 1000:03d}Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


class Folders:
    """Buckets as folders."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.storage = Storage({}, root.as_uri())

    def rows(self, table: str, spark: SparkSession) -> Rows:
        return [
            {name: _as_json(value) for name, value in row.items() if value is not None}
            for row in delta_rows(self.root / "bronze" / table)
        ]

    def put(self, bucket: str, key: str, content: bytes) -> None:
        file = self.root / bucket / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def delete(self, bucket: str, key: str) -> None:
        (self.root / bucket / key).unlink()

    def keys(self, bucket: str, prefix: str) -> list[str]:
        base = self.root / bucket
        files = (str(file.relative_to(base)) for file in base.rglob("*") if file.is_file())
        return [key for key in files if key.startswith(prefix)]


class Buckets:
    """Buckets of the local endpoint."""

    def __init__(self, s3: Any) -> None:
        self.s3 = s3
        self.storage = Storage({bucket: f"bad-input-{bucket}" for bucket in ("landing", "bronze")})
        for bucket in self.storage.buckets:
            region = {"LocationConstraint": s3.meta.region_name}
            s3.create_bucket(Bucket=self.name(bucket), CreateBucketConfiguration=region)

    def rows(self, table: str, spark: SparkSession) -> Rows:
        frame = spark.read.format("delta").load(self.storage.uri("bronze", f"{table}/"))
        return [json.loads(row) for row in frame.toJSON().collect()]

    def name(self, bucket: str) -> str:
        return self.storage.buckets[bucket]

    def put(self, bucket: str, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket=self.name(bucket), Key=key, Body=content)

    def delete(self, bucket: str, key: str) -> None:
        self.s3.delete_object(Bucket=self.name(bucket), Key=key)

    def keys(self, bucket: str, prefix: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.name(bucket), Prefix=prefix)
        return [content["Key"] for content in found.get("Contents", [])]


@dataclass(frozen=True)
class Lake:
    """A lake, and runs over it."""

    spark: SparkSession
    declaration: Declaration
    objects: Objects

    def context(self, job: str, date: str, connector: Connector | None = None) -> RunContext:
        environment = self.declaration.environment
        if connector is not None:
            connectors = {**environment.connectors, connector.system: connector}
            environment = dataclasses.replace(environment, connectors=connectors)
        return RunContext(
            spark=self.spark,
            declaration=self.declaration,
            environment=environment,
            storage=self.objects.storage,
            job=self.declaration.job(job),
            date=dt.date.fromisoformat(date),
            run_id="test",
        )

    def put(self, name: str, content: bytes, date: str = DAY) -> None:
        self.objects.put("landing", f"crm/accounts/{date}/{name}", content)

    def deliver(self, date: str = DAY, **files: bytes) -> None:
        """Let a date's folder hold these files and no other; `_` in a name is a dot."""
        for key in self.objects.keys("landing", f"crm/accounts/{date}/"):
            self.objects.delete("landing", key)
        for name, content in files.items():
            self.put(name.replace("_", "."), content, date)

    def run(self, date: str = DAY) -> JobResult:
        return crm_accounts_ingest.run(self.context("crm_accounts", date))

    def state(self, table: str = "crm_accounts") -> State:
        return State(self.commits(table), tuple(sorted(map(repr, self.rows(table)))))

    def commits(self, table: str = "crm_accounts") -> int:
        return sum(key.endswith(".json") for key in self.objects.keys("bronze", f"{table}/_delta_log/"))

    def rows(self, table: str = "crm_accounts") -> Rows:
        return self.objects.rows(table, self.spark)

    def bronze(self, date: str = DAY) -> dict[str, dict[str, Any]]:
        """A date's accounts by their key."""
        return {row["account_id"]: row for row in self.rows() if row["ingest_date"] == date}

    def rejected(self, date: str = DAY) -> list[tuple[str, list[str]]]:
        """A date's quarantine: key and reasons."""
        return sorted(
            (row["_raw"].get("account_id", ""), row["_reasons"])
            for row in self.rows("crm_accounts__quarantine")
            if row["ingest_date"] == date
        )


@contextmanager
def buckets(spark: SparkSession, declaration: Declaration, folder: Path) -> Iterator[Buckets]:
    """Buckets of a local endpoint, which Spark reaches too as long as this lasts."""
    manager = "spark.sql.streaming.checkpointFileManagerClass"
    with pytest.MonkeyPatch.context() as patch, local_endpoint(folder) as port:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        local = declaration.environment
        properties = s3a_properties(local)
        hadoop = spark.sparkContext._jsc.hadoopConfiguration()
        for name, value in properties.items():
            if name.startswith("spark.hadoop."):
                hadoop.set(name[len("spark.hadoop.") :], value)
        spark.conf.set(manager, properties[manager])
        s3 = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name=local.region,
            aws_access_key_id=local.account,
            aws_secret_access_key="local",
        )
        yield Buckets(s3)
        spark.conf.unset(manager)


@pytest.fixture(scope="module", params=["folders", pytest.param("buckets", marks=pytest.mark.heavy)])
def objects(
    request: pytest.FixtureRequest,
    spark: SparkSession,
    declaration: Declaration,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Objects]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "folders":
        yield Folders(folder)
    else:
        with buckets(spark, declaration, folder) as made:
            yield made


@pytest.fixture(scope="module")
def landed(objects: Objects, spark: SparkSession, declaration: Declaration) -> Lake:
    """A lake whose table holds one sound day."""
    lake = Lake(spark, declaration, objects)
    lake.deliver(accounts_csv=csv_of(sound()))
    assert lake.run().rows_written == ROWS
    return lake


@contextmanager
def failing(lake: Lake, kind: type[JobError], said: str, table: str = "crm_accounts") -> Iterator[None]:
    """What is done within fails, and the table is as it was: no commit, no row."""
    before = lake.state(table)
    with pytest.raises(kind, match=said):
        yield
    assert lake.state(table) == before


def accepted(lake: Lake) -> dict[str, dict[str, Any]]:
    """Run the date: all of its rows are in bronze, none in quarantine, and there was one commit."""
    before = lake.commits()
    result = lake.run()
    bronze = lake.bronze()
    assert (result.rows_quarantined, result.rows_written) == (0, len(bronze))
    assert lake.commits() == before + 1
    return bronze


def only_third_rejected(lake: Lake, *reasons: str) -> None:
    """Run the date: the third row is in quarantine for these reasons and not in bronze, the others are there."""
    result = lake.run()
    assert lake.rejected() == [("ACC-000003", list(reasons))]
    assert set(lake.bronze()) == {row["account_id"] for row in sound()} - {"ACC-000003"}
    assert result.reasons == dict.fromkeys(reasons, 1)


def of_format(lake: Lake, folder: Path, kind: str) -> Lake:
    """The lake, and accounts declared as files of another format."""
    declaration = delivering(lake.declaration, "crm_accounts", format=kind, options={})
    return dataclasses.replace(lake, declaration=declaration)


def parquet_of(rows: list[Row], **others: pyarrow.Array) -> bytes:
    """A file with these rows in texts, but for the columns that are given otherwise."""
    content = io.BytesIO()
    columns = {name: [row[name] for row in rows] for name in COLUMNS}
    pyarrow.parquet.write_table(pyarrow.table({**columns, **others}), content)
    return content.getvalue()


def test_column_added(landed: Lake) -> None:
    rows = [{**row, "region_code": f"R{index}"} for index, row in enumerate(sound())]
    landed.deliver(accounts_csv=csv_of(rows, [*COLUMNS[:4], "region_code", *COLUMNS[4:]]))
    bronze = accepted(landed)
    assert bronze["ACC-000003"]["_unmapped"] == {"region_code": "R2"}
    assert bronze["ACC-000003"]["annual_revenue"] == 1234.5


def test_required_column_removed(landed: Lake) -> None:
    landed.deliver(accounts_csv=csv_of(sound(), [name for name in COLUMNS if name != "country"]))
    with failing(landed, LandingHeaderError, "lacks country"):
        landed.run()


@pytest.mark.heavy
def test_optional_column_removed(landed: Lake) -> None:
    landed.deliver(accounts_csv=csv_of(sound(), [name for name in COLUMNS if name != "industry"]))
    bronze = accepted(landed)
    assert len(bronze) == ROWS
    assert all("industry" not in row for row in bronze.values())


@pytest.mark.heavy
def test_value_of_another_type(landed: Lake) -> None:
    landed.deliver(accounts_csv=csv_of(one_with(employees="a dozen")))
    only_third_rejected(landed, "type:employees")


@pytest.mark.heavy
def test_column_retyped(landed: Lake) -> None:
    rows = [{**row, "created_at": "1740816000"} for row in sound()]
    landed.deliver(accounts_csv=csv_of(rows))
    with failing(landed, QualityError, r"12 of 12 rows break the contract \(type:created_at 12\)"):
        landed.run()
    assert len(landed.rejected()) == ROWS


@pytest.mark.heavy
def test_columns_reordered(landed: Lake) -> None:
    landed.deliver(accounts_csv=csv_of(sound()))
    landed.run()
    before = landed.state().content
    landed.deliver(accounts_csv=csv_of(sound(), COLUMNS[::-1]))
    accepted(landed)
    assert landed.state().content == before


@pytest.mark.parametrize("name", ["account_id", "industry"])
def test_column_renamed_in_case(landed: Lake, name: str) -> None:
    header = [column.title() if column == name else column for column in COLUMNS]
    landed.deliver(accounts_csv=csv_of(sound(), header=header))
    with failing(landed, LandingHeaderError, rf"{name.title()}.*nothing was written"):
        landed.run()


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_wrong_encoding(landed: Lake, encoding: str) -> None:
    landed.deliver(accounts_csv=csv_of(sound()).decode().encode(encoding))
    with failing(landed, LandingEncodingError, "not UTF-8"):
        landed.run()


def test_wrong_encoding_far_into_the_file(landed: Lake) -> None:
    rows = [{**row, "account_name": "Mueller"} for row in sound(1500)]
    content = csv_of(rows)
    assert len(content) > 1 << 16
    landed.deliver(
        accounts_csv=content + csv_of(sound(1501)[-1:]).split(b"\n", 1)[1].replace(b"\xc3\xbc", b"\xfc")
    )
    with failing(landed, LandingEncodingError, "not UTF-8"):
        landed.run()


@pytest.mark.heavy
def test_gzip_whole(landed: Lake) -> None:
    landed.deliver(accounts_csv_gz=gzip.compress(csv_of(sound()), mtime=0))
    assert accepted(landed)["ACC-000003"]["account_name"] == "Müller & Söhne"


@pytest.mark.parametrize("rows", [ROWS, 5000], ids=["in its first block", "far into it"])
def test_gzip_cut_short(landed: Lake, rows: int) -> None:
    whole = gzip.compress(csv_of(sound(rows)), mtime=0)
    landed.deliver(accounts_csv_gz=whole[: len(whole) * 9 // 10])
    with failing(landed, LandingDamagedError, r"accounts\.csv\.gz is cut short or damaged"):
        landed.run()


def test_gzip_of_plain_text(landed: Lake) -> None:
    landed.deliver(accounts_csv_gz=csv_of(sound()))
    with failing(landed, LandingDamagedError, r"accounts\.csv\.gz is cut short or damaged"):
        landed.run()


def test_empty_file(landed: Lake) -> None:
    landed.deliver(accounts_csv=b"")
    with failing(landed, LandingEmptyError, "not even a header"):
        landed.run()


def run_while(lake: Lake, name: str, content: bytes) -> JobResult:
    """A run during which a file is delivered: after the headers were read, before the rows are."""

    @contextmanager
    def reader(extraction: Extraction) -> Iterator[Delivery]:
        with read_files(extraction) as delivery:
            lake.put(name, content)
            yield delivery

    return ingest(lake.context("crm_accounts", DAY), {"files": reader})


def test_file_replaced_while_read(landed: Lake) -> None:
    landed.deliver(accounts_csv=csv_of(sound()))
    turned = [*COLUMNS[:1], COLUMNS[2], COLUMNS[1], *COLUMNS[3:]]  # as many bytes, in the same second perhaps
    with failing(landed, LandingChangedError, r"accounts\.csv changed while it was read"):
        run_while(landed, "accounts.csv", csv_of(sound(), turned))


def test_file_added_while_read(landed: Lake) -> None:
    landed.deliver(accounts_1_csv=csv_of(sound()))
    with failing(landed, LandingChangedError, r"accounts\.2\.csv changed while it was read"):
        run_while(landed, "accounts.2.csv", csv_of(sound(13)[12:]))


@pytest.mark.heavy
def test_two_files_for_one_day(landed: Lake) -> None:
    newer = {**sound()[2], "employees": "13", "updated_at": "2026-01-05T11:00:00Z"}
    landed.deliver(
        accounts_1_csv=csv_of(sound()), accounts_2_csv=csv_of([newer, *sound(14)[12:]], COLUMNS[::-1])
    )
    landed.run()
    bronze = landed.bronze()
    assert set(bronze) == {row["account_id"] for row in sound(14)}
    assert bronze["ACC-000003"]["employees"] == 13
    assert landed.rejected() == [("ACC-000003", ["duplicate:account_id"])]


@pytest.mark.heavy
def test_ten_megabytes_in_one_cell(landed: Lake) -> None:
    large = "ü" * (5 << 20)
    landed.deliver(accounts_csv=csv_of(one_with(account_name=large)))
    assert accepted(landed)["ACC-000003"]["account_name"] == large


@pytest.mark.heavy
def test_timestamp_of_another_zone(landed: Lake) -> None:
    landed.deliver(accounts_csv=csv_of(one_with(updated_at="2026-01-05T12:30:00+05:30")))
    assert accepted(landed)["ACC-000003"]["updated_at"] == "2026-01-05T07:00:00.000Z"


@pytest.mark.heavy
def test_timestamp_without_zone(landed: Lake) -> None:
    landed.deliver(accounts_csv=csv_of(one_with(updated_at="2026-01-05T12:30:00")))
    only_third_rejected(landed, "type:updated_at")


@pytest.mark.heavy
@pytest.mark.parametrize("value", ["0000-12-31T12:00:00Z", "9999-12-31T23:59:59-05:00"])
def test_moment_outside_of_the_years(landed: Lake, value: str) -> None:
    landed.deliver(accounts_csv=csv_of(one_with(updated_at=value)))
    only_third_rejected(landed, "type:updated_at")


@pytest.mark.heavy  # test_conform.py has both kinds
@pytest.mark.parametrize(
    "value",
    ["10000000000000000", "1.005"],
    ids=["before the point", "behind it"],
)
def test_decimal_overflow(landed: Lake, value: str) -> None:
    landed.deliver(accounts_csv=csv_of(one_with(annual_revenue=value)))
    only_third_rejected(landed, "type:annual_revenue")


def test_file_ends_within_a_row(landed: Lake) -> None:
    content = csv_of(sound())
    landed.deliver(accounts_csv=content[: content.rindex(b",DE,") + 1])
    result = landed.run()
    assert (result.rows_written, result.reasons) == (ROWS - 1, {"malformed": 1})
    assert [reasons for _, reasons in landed.rejected()] == [["malformed"]]


@pytest.mark.heavy  # test_csv_records.py has all three
@pytest.mark.parametrize(
    "name",
    ['"Acme Corp', '"Rohre 5" Zoll"', '"Rohre \\"5 Zoll\\" GmbH"'],
    ids=["not closed", "not doubled", "behind a backslash"],
)
def test_quotes_that_do_not_come_out(landed: Lake, name: str) -> None:
    quoted = [{**row, "account_name": f'"{row["account_name"]}"'} for row in sound()]
    quoted[2]["account_name"] = name
    landed.deliver(accounts_csv=csv_of(quoted))
    result = landed.run()
    assert (result.rows_read, result.reasons) == (ROWS, {"malformed": 1})
    assert set(landed.bronze()) == {row["account_id"] for row in sound()} - {"ACC-000003"}
    (kept,) = [row for row in landed.rows("crm_accounts__quarantine") if row["ingest_date"] == DAY]
    assert kept["_raw"]["_record"].startswith(f"ACC-000003,{name},retail,")


@pytest.mark.heavy
def test_line_ends_mixed(landed: Lake) -> None:
    header, *lines = csv_of([{**row, "billing_address": "Weg 1"} for row in sound()], ADDRESSED).splitlines()
    content = header + b"\n" + b"\r\n".join(lines[:6]) + b"\r\n" + b"\n".join(lines[6:])
    landed.deliver(accounts_csv=content)
    assert {row["billing_address"] for row in accepted(landed).values()} == {"Weg 1"}


def test_folder_among_the_files(landed: Lake) -> None:
    landed.deliver("2026-01-06", accounts_csv=csv_of(sound()))
    landed.put("part2/accounts.csv", csv_of(sound(13)[12:]), "2026-01-06")
    with failing(landed, LandingFolderError, r"2026-01-06/part2 is a folder"):
        landed.run("2026-01-06")


@pytest.mark.heavy
def test_file_that_is_still_uploaded(landed: Lake) -> None:
    landed.deliver(accounts_csv=csv_of(sound()))
    landed.put("accounts2.csv._COPYING_", csv_of(sound(13)[12:]))
    result = landed.run()
    assert result.rows_written == ROWS
    (warning,) = result.warnings
    assert re.search(r"accounts2\.csv\._COPYING_ is no delivery yet", warning)


@pytest.mark.parametrize("name", ["accounts_csv_GZ", pytest.param("accounts_zip", marks=pytest.mark.heavy)])
def test_packed_in_another_way(landed: Lake, name: str) -> None:
    landed.deliver(**{name: gzip.compress(csv_of(sound()), mtime=0)})
    with failing(landed, LandingDamagedError, "packed in a way that is not read here"):
        landed.run()


@pytest.mark.heavy
def test_text_that_cannot_be_seen(landed: Lake) -> None:
    rows = sound()
    for row, name in zip(rows, ["\u00a0", "\u3000", "\u200b", " \u00a0\t"]):
        row["account_name"] = name
    rows += [{**row, "account_id": f"ACC-1{number:05d}"} for number, row in enumerate(sound(40))]
    landed.deliver(accounts_csv=csv_of(rows))
    landed.run()
    assert landed.rejected() == [(f"ACC-{number:06d}", ["required:account_name"]) for number in range(1, 5)]


@pytest.mark.heavy
def test_more_digits_of_a_second(landed: Lake) -> None:
    rows = sound()
    rows[0]["updated_at"] = "2026-01-05T10:00:00.1230000Z"
    rows[2]["updated_at"] = "2026-01-05T10:00:00.1230001Z"
    rows[3]["updated_at"] = "2026-01-05t10:00:00.123000000z"
    landed.deliver(accounts_csv=csv_of(rows))
    only_third_rejected(landed, "type:updated_at")
    moments = {key: row["updated_at"] for key, row in landed.bronze().items()}
    assert moments["ACC-000001"] == moments["ACC-000004"] == "2026-01-05T10:00:00.123Z"


@pytest.mark.heavy
def test_column_called_as_one_of_sparks(landed: Lake) -> None:
    rows = [{**row, "_metadata": "1"} for row in sound()]
    landed.deliver(accounts_csv=csv_of(rows, [*COLUMNS, "_metadata"]))
    assert accepted(landed)["ACC-000003"]["_unmapped"] == {"_metadata": "1"}


def test_source_dies_half_way(landed: Lake) -> None:
    rates = (PROJECT / "samples" / "fx" / DAY / "eurofxref-daily.xml").read_bytes()
    answers = [Response(200, rates), Response(200, rates, cut_after=len(rates) // 2)]
    with HttpPeer(lambda _: answers.pop(0)) as peer:
        connector = Connector("fx", "http", settings={"url": peer.url})
        fx_rates_ingest.run(landed.context("fx_rates", DAY, connector))
        with failing(landed, SourceError, "nothing was written", table="fx_rates"):
            fx_rates_ingest.run(landed.context("fx_rates", DAY, connector))
    assert answers == []


@pytest.mark.heavy  # test_ingest.py runs a day twice
def test_same_delivery_again(landed: Lake) -> None:
    landed.deliver(accounts_csv=csv_of(one_with(employees="none")))
    first = landed.run()
    before = landed.state().content, landed.state("crm_accounts__quarantine").content
    assert landed.run() == first
    assert (landed.state().content, landed.state("crm_accounts__quarantine").content) == before


@pytest.mark.heavy
def test_same_file_under_two_names(landed: Lake) -> None:
    landed.deliver(accounts_1_csv=csv_of(sound()), accounts_2_csv=csv_of(sound()))
    with failing(landed, QualityError, r"12 of 24 rows break the contract \(duplicate:account_id 12\)"):
        landed.run()


@pytest.mark.heavy
def test_marks_of_missing_values(landed: Lake) -> None:
    rows = one_with(employees="\\N")
    rows[0]["account_name"] = "NULL"
    landed.deliver(accounts_csv=csv_of(rows))
    only_third_rejected(landed, "type:employees")
    assert landed.bronze()[rows[0]["account_id"]]["account_name"] == "NULL"


def test_file_without_a_header(landed: Lake) -> None:
    landed.deliver(accounts_csv=csv_of(sound()).split(b"\n", 1)[1])
    with failing(landed, LandingHeaderError, "lacks account_id, .*nothing was written"):
        landed.run()


def test_lines_above_the_header(landed: Lake) -> None:
    landed.deliver(accounts_csv=b"Accounts of the day\n\n" + csv_of(sound()))
    with failing(landed, LandingHeaderError, "lacks account_id, .*nothing was written"):
        landed.run()


def test_the_page_has_a_row_for_every_test_and_no_other() -> None:
    told = re.findall(r"\| `(test_\w+)` \|$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    here = re.findall(
        r"^def (test_\w+)\(landed: Lake", Path(__file__).read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(told) == len(set(told))
    assert sorted(told) == sorted(here)


def test_the_page_names_kinds_of_errors_that_exist() -> None:
    kinds = {kind.kind for kind in JobError.__subclasses__()}
    told = re.findall(r"\| fail(?:; declare [^|]*)? \| [^|]* \| `([\w-]+)`", PAGE.read_text(encoding="utf-8"))
    assert told
    assert set(told) <= kinds


def test_parquet_cut_short(landed: Lake, tmp_path: Path) -> None:
    lake = of_format(landed, tmp_path, "parquet")
    lake.deliver(accounts_parquet=parquet_of(sound()))
    assert accepted(lake)["ACC-000003"]["annual_revenue"] == 1234.5
    for broken in (parquet_of(sound())[:-100], csv_of(sound())):
        lake.deliver(accounts_parquet=broken)
        with failing(lake, LandingDamagedError, r"accounts\.parquet is no Parquet, or it is cut short"):
            lake.run()


def test_parquet_of_two_types(landed: Lake, tmp_path: Path) -> None:
    lake = of_format(landed, tmp_path, "parquet")
    lake.deliver(
        a_parquet=parquet_of(sound()), b_parquet=parquet_of(sound(), employees=pyarrow.array([1] * ROWS))
    )
    with failing(
        lake, SourceSchemaError, r"employees is string in \S+/a\.parquet and bigint in \S+/b\.parquet"
    ):
        lake.run()
