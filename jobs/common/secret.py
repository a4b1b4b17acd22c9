"""Secrets, from Secrets Manager by their names, and nowhere else: never from a file, never from an argument.

What was fetched does not get into a log: its text is hidden, and every line of the log is searched for it.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from urllib.parse import quote, quote_plus

from jobs.common.declaration import Connector, Environment
from jobs.common.errors import DeclarationError, SecretError

_HIDDEN = "***"
_LEAST_KEY = 32
_LEAST_LINE = 16
_known: set[str] = set()


class Secret:
    """A value that prints as `***`. `reveal()` where it is handed on."""

    def __init__(self, value: str) -> None:
        self._value = value
        if len(value) >= 4:  # what is shorter would hide half of the log and protects nothing
            _known.update(_spellings(value))

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return _HIDDEN

    __str__ = __repr__


class SecretFilter(logging.Filter):
    """Takes the secrets that were fetched out of log lines, whoever wrote them in."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every line, without secrets; a traceback too."""
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = without_secrets(record.exc_text)
        message = record.getMessage()
        hidden = without_secrets(message)
        if hidden != message:
            record.msg, record.args = hidden, ()
        return True


def _spellings(value: str) -> set[str]:
    """A secret as it may be met: in an address, in JSON, and a key of several lines by each of them."""
    lines = {line for line in value.splitlines() if len(line) >= _LEAST_LINE and not line.startswith("-----")}
    return {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], *lines}


def without_secrets(text: str) -> str:
    """A text with every secret that was fetched in this process taken out."""
    for value in sorted(_known, key=len, reverse=True):
        text = text.replace(value, _HIDDEN)
    return text


def secret_of(environment: Environment, connector: Connector) -> Mapping[str, Secret]:
    """The fields of a connector's secret, which is a JSON object of texts.

    :raises SecretError: it is not there, may not be read, or is no such object
    """
    if connector.secret is None:
        raise DeclarationError(f"the connector of {connector.system} ({connector.kind}) names no secret")
    return _fetch(environment, connector.secret)


def masking_key(environment: Environment) -> Secret:
    """The key that hashes and date shifts are made with: `key` of a secret of its own.

    :raises SecretError: it is not there, may not be read, or is too short to keep anything secret
    """
    name = environment.masking_key
    secret = _fetch(environment, name)
    if "key" not in secret or len(secret["key"].reveal()) < _LEAST_KEY:
        raise SecretError(
            f'the secret {name} has no "key" of at least {_LEAST_KEY} letters; an administrator puts one in, once, '
            f"for example of: openssl rand -hex 32"
        )
    return secret["key"]


def _fetch(environment: Environment, name: str) -> Mapping[str, Secret]:
    # Only jobs with a secret need it, and its import takes a third of a second.
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client = boto3.client("secretsmanager", region_name=environment.region, **endpoint_of(environment))
        text = client.get_secret_value(SecretId=name)["SecretString"]
        fields = json.loads(text)
    except (BotoCoreError, ClientError) as error:
        raise SecretError(f"cannot fetch the secret {name}: {error}") from None
    except (KeyError, ValueError):
        raise SecretError(
            f"the secret {name} is no JSON object; put one in by aws secretsmanager put-secret-value"
        ) from None
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        raise SecretError(f"the secret {name} is no JSON object whose values are texts")
    return {key: Secret(value) for key, value in fields.items()}


def field_of(secret: Mapping[str, Secret], key: str, connector: Connector) -> Secret:
    """A field that must be there.

    :raises SecretError: it is not
    """
    if key not in secret:
        raise SecretError(f'the secret {connector.secret} has no "{key}"; {connector.system} asks for it')
    return secret[key]


def endpoint_of(environment: Environment) -> dict[str, str]:
    """How AWS is reached, as the session reaches S3: one with an endpoint only with the account for a key."""
    if environment.endpoint_port is None:
        return {}
    return {
        "endpoint_url": os.environ.get("AWS_ENDPOINT_URL") or f"http://127.0.0.1:{environment.endpoint_port}",
        "aws_access_key_id": environment.account,
        "aws_secret_access_key": "local",
    }
