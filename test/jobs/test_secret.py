"""Secrets do not show, wherever they get to. That they are fetched is for the tests of the sources that need one."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from unittest.mock import Mock

import pytest
import requests
from pyspark.errors import StreamingQueryException

from jobs.common.declaration import Connector, Declaration, Source
from jobs.common.errors import DeclarationError, SecretError, SourceError
from jobs.common.log import configure_logging
from jobs.common.read.jdbc import _said as said_by_database
from jobs.common.salesforce import _reason as reason_of
from jobs.common.secret import Secret, field_of, masking_key, secret_of, without_secrets
from jobs.common.stream import _await as await_stream


def test_a_secret_does_not_print() -> None:
    secret = Secret("correct horse battery")
    assert f"{secret} {secret!r} {[secret]} {(secret,)}".count("***") == 4
    assert "horse" not in f"{secret} {secret!r} {vars(Connector('s', 'jdbc'))}"
    assert secret.reveal() == "correct horse battery"


def test_a_secret_does_not_get_into_the_log_not_even_in_a_traceback(
    declaration: Declaration, capfd: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before = root.handlers[:]
    try:
        configure_logging(declaration.root, None)
        password = Secret("tr0ub4dor&3").reveal()
        logging.getLogger("dataplat.test").warning("connecting with %s", {"password": password})
        try:
            raise ValueError(f"bad URL jdbc:x?password={password}")
        except ValueError:
            logging.getLogger("somebody.else").exception("it broke with %s", password)
        said = capfd.readouterr().err
    finally:
        root.handlers[:] = before
    assert "connecting with" in said
    assert "Traceback" in said
    assert "bad URL jdbc:x?password=***" in said
    assert password not in said
    assert without_secrets(f"failed: {password}") == "failed: ***"


def test_a_secret_is_known_again_as_addresses_and_json_spell_it_and_by_each_line_of_a_key() -> None:
    Secret('p@ss w"rd/1')
    for spelled in ("p%40ss%20w%22rd%2F1", "p%40ss+w%22rd%2F1", 'p@ss w\\"rd/1'):
        assert without_secrets(f"jdbc:x?password={spelled}&ssl=true") == "jdbc:x?password=***&ssl=true"
    Secret(
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\nw0BAQEFAASCBKcwggSj\n-----END PRIVATE KEY-----\n"
    )
    assert without_secrets("unexpected end of MIIEvQIBADANBgkqhkiG") == "unexpected end of ***"
    assert without_secrets("-----BEGIN PRIVATE KEY-----") == "-----BEGIN PRIVATE KEY-----"


def test_what_a_source_says_is_searched_before_it_is_cut() -> None:
    secret = Secret("c4nary-of-a-length").reveal()
    answer = requests.Response()
    answer.status_code = 502
    answer._content = f"{'x' * 190}{secret}".encode()
    assert reason_of(answer) == "x" * 190 + "***"
    answer._content = json.dumps(["x" * 180 + secret]).encode()
    assert "c4" not in reason_of(answer)

    query = Mock()
    query.awaitTermination.side_effect = StreamingQueryException(
        f"terminated with exception: {'x' * 490}{secret}"
    )
    orders = Source("orders", "json", "queue/orders/", {}, "queue", "orders")
    with pytest.raises(SourceError) as broke_off:
        await_stream(query, orders, Connector("queue", "kafka"))
    assert "xx***" in str(broke_off.value)
    assert "c4" not in str(broke_off.value)

    java = (
        f'org.postgresql.util.PSQLException: FATAL: password "{secret}" is wrong\n\tat org.postgresql.Driver'
    )
    assert said_by_database(Exception(java)) == 'FATAL: password "***" is wrong'


def test_what_a_secret_lacks_is_told_by_name() -> None:
    connector = Connector("shop", "jdbc", "dataplat-dev/shop")
    with pytest.raises(SecretError, match=r'dataplat-dev/shop has no "user"'):
        field_of({"password": Secret("12345")}, "user", connector)


def test_a_connector_without_a_secret_and_an_endpoint_that_is_not_there_are_told(
    declaration: Declaration, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = declaration.environment
    with pytest.raises(DeclarationError, match="names no secret"):
        secret_of(local, Connector("shop", "jdbc"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(SecretError, match="cannot fetch the secret dataplat-local/shop"):
        secret_of(local, Connector("shop", "jdbc", "dataplat-local/shop"))


def test_a_setting_that_a_connector_lacks_is_named() -> None:
    with pytest.raises(DeclarationError, match='has no "warehouse"'):
        Connector("shop", "snowflake").setting("warehouse")


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """What is asked for is answered by name, as Secrets Manager answers."""
    kept: dict[str, str] = {}

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["SecretId"]
            known = asked in kept
            answer = {"SecretString": kept[asked]} if known else {"__type": "ResourceNotFoundException"}
            self.send_response(200 if known else 400)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield kept
    server.shutdown()
    server.server_close()


def test_the_key_of_masks_is_the_environments_own_and_long_enough(
    declaration: Declaration, secrets: dict[str, str]
) -> None:
    local = declaration.environment
    with pytest.raises(SecretError, match=r"cannot fetch the secret dataplat-local/masking-key"):
        masking_key(local)
    for short in ("{}", json.dumps({"key": "k" * 31})):
        secrets["dataplat-local/masking-key"] = short
        with pytest.raises(SecretError, match=r'has no "key" of at least 32 letters.*openssl rand -hex 32'):
            masking_key(local)
    secrets["dataplat-local/masking-key"] = json.dumps({"key": "k" * 32})
    assert masking_key(local).reveal() == "k" * 32
