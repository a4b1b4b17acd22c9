"""What the session is told; that it works is for the other tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from platforms import declared
from py4j.clientserver import JavaClient
from py4j.protocol import CALL_COMMAND_NAME, REFLECTION_COMMAND_NAME
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.common.declaration import Declaration
from jobs.common.errors import UsageError
from jobs.common.session import jar_properties, s3a_properties


def test_the_session_has_them(spark: SparkSession) -> None:
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"
    assert spark.conf.get("spark.sql.ansi.enabled") == "false"


def test_java_is_asked_once_for_a_name(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    send = JavaClient.send_command

    def noting(self: JavaClient, command: str, *more: object) -> str:
        asked.append(command)
        return str(send(self, command, *more))

    monkeypatch.setattr(JavaClient, "send_command", noting)
    for _ in range(2):
        asked.clear()
        F.soundex(F.col("name"))
    called = [command for command in asked if command.startswith(CALL_COMMAND_NAME)]
    assert len(called) > 1
    assert [command for command in asked if command.startswith(REFLECTION_COMMAND_NAME)] == []


def test_the_local_endpoint_is_reached_with_the_account_for_a_key(
    declaration: Declaration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("DATAPLAT_LOCAL_PORT", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREALKEY")
    properties = s3a_properties(declaration.environment)
    assert properties["spark.hadoop.fs.s3a.endpoint"] == "http://127.0.0.1:4577"
    assert properties["spark.hadoop.fs.s3a.path.style.access"] == "true"
    assert properties["spark.hadoop.fs.s3a.access.key"] == "123456789012"
    assert properties["spark.hadoop.fs.s3.impl"] == "org.apache.hadoop.fs.s3a.S3AFileSystem"
    assert "AKIAREALKEY" not in str(properties)


def test_the_port_and_the_endpoint_can_be_named(
    declaration: Declaration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    local = replace(declaration.environment, endpoint_port=5000)
    assert s3a_properties(local)["spark.hadoop.fs.s3a.endpoint"] == "http://127.0.0.1:5000"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:6000")
    assert s3a_properties(local)["spark.hadoop.fs.s3a.endpoint"] == "http://127.0.0.1:6000"


def test_an_account_is_reached_with_its_own_keys_and_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    names = set(s3a_properties(declared(environment="prod").environment))
    assert not {name for name in names if name.endswith((".key", ".s3a.endpoint", "path.style.access"))}


def test_jars_come_from_a_directory_or_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b.jar", "a.jar", "notes.txt"):
        (tmp_path / name).touch()
    both = f"{tmp_path}/a.jar,{tmp_path}/b.jar"
    for named in (str(tmp_path), both, both.replace(",", ":")):
        monkeypatch.setenv("DATAPLAT_SPARK_JARS", named)
        assert jar_properties(needs_s3=True) == {"spark.jars": both}


def test_jars_that_are_not_there_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAPLAT_SPARK_JARS", f"{tmp_path}/gone.jar")
    with pytest.raises(UsageError, match=r"gone\.jar"):
        jar_properties(needs_s3=False)


def test_without_a_name_spark_fetches_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATAPLAT_SPARK_JARS", raising=False)
    assert "hadoop-aws" not in jar_properties(needs_s3=False)["spark.jars.packages"]
    assert "hadoop-aws" in jar_properties(needs_s3=True)["spark.jars.packages"]
