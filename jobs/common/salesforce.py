"""Salesforce's REST API and Bulk API 2.0, as far as an ingest needs them: records by SOQL, page by page, as texts.

Source: Salesforce, "REST API Developer Guide" and "Bulk API 2.0 and Bulk API Developer Guide". Records that were
deleted come too (`queryAll`); `IsDeleted` says which. A session that ends is renewed once a call; where Salesforce asks
to wait (429, 503 with Retry-After) the client waits and asks again. What it says it sends is held against what comes,
by number and by `Id`: half of a result is no result, and one in which a record comes twice in another's place is none.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from jobs.common.errors import SourceError
from jobs.common.secret import Secret, without_secrets

log = logging.getLogger("dataplat.salesforce")

Record = dict[str, "str | None"]
"""A record's fields as texts; None where a field is empty."""

_TIMEOUT = (10, 120)  # seconds to connect, and between two bytes
_WAITS = 6  # how often a busy Salesforce is asked again
_CONNECTS = 2
_PAGE = 50_000  # records of a bulk job's page: bounds what the driver holds at once
_NO_TABLE = {"address", "location", "base64", "complexvalue"}  # types of fields that are not one value
_ENDED = {"Aborted", "Failed"}
_ADDRESS = (
    15_000  # letters of a query that an address holds: Salesforce refuses addresses of more than 16,384 (414)
)
_STATEMENT = 100_000  # letters that Salesforce takes of a query, however it comes


class Salesforce:
    """One organisation, logged into by the OAuth client-credentials flow.

    :raises SourceError: every method, where Salesforce does not answer, refuses, or breaks off
    """

    def __init__(self, login_url: str, version: str, client_id: Secret, client_secret: Secret) -> None:
        self._login_url = login_url.rstrip("/")
        self._root = f"/services/data/v{version}"
        self._credentials = (client_id, client_secret)
        self._http = requests.Session()
        retry = Retry(
            total=_WAITS,
            connect=_CONNECTS,
            backoff_factor=1,
            status_forcelist=(429, 503),
            allowed_methods=None,  # a query that is posted twice is asked twice, no more
            raise_on_status=False,
        )
        for scheme in ("https://", "http://"):
            self._http.mount(scheme, HTTPAdapter(max_retries=retry))
        self._instance = ""

    def __enter__(self) -> Salesforce:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def fields(self, entity: str) -> list[str]:
        """The fields of an object that hold one value each, in its own order."""
        described = self._json("GET", f"{self._root}/sobjects/{entity}/describe")
        return [one["name"] for one in described["fields"] if one.get("type") not in _NO_TABLE]

    def count(self, entity: str, condition: str) -> int:
        """How many records a condition finds, deleted ones included."""
        soql = f"SELECT COUNT() FROM {entity}{condition}"  # noqa: S608 -- out of the declaration, looked at by the caller
        found = self._json("GET", f"{self._root}/queryAll", {"q": soql})
        return int(found["totalSize"])

    def query(self, soql: str) -> Iterator[list[Record]]:
        """The records of a query, over REST."""
        page = self._json("GET", f"{self._root}/queryAll", {"q": soql})
        ids: set[str | None] = set()
        places: set[str] = set()
        got = 0
        while True:
            records = [
                {name: _text(value) for name, value in record.items() if name != "attributes"}
                for record in _told(page, "records", "the query")
            ]
            got += len(records)
            ids.update(record.get("Id") for record in records)
            yield records
            if _told(page, "done", "the query"):
                _require(_told(page, "totalSize", "the query"), got, "the query")
                _require(str(got), len(ids), "the query", "different ones")
                return
            place = _told(page, "nextRecordsUrl", "the query, which is not done,")
            if place in places:
                raise SourceError(f"Salesforce broke off: the query goes round in circles, at {place}")
            places.add(place)
            page = self._json("GET", place)

    def bulk_query(self, soql: str) -> Iterator[list[Record]]:
        """The records of a query, by a job of Bulk API 2.0, which is put away afterwards."""
        asked = {"operation": "queryAll", "query": soql}
        job = f"{self._root}/jobs/query/{self._json('POST', f'{self._root}/jobs/query', body=asked)['id']}"
        try:
            found = self._await(job)
            got, locators = 0, {"null"}
            locator: str | None = None
            while locator != "null":
                place = {"maxRecords": str(_PAGE), **({"locator": locator} if locator else {})}
                answer = self._call("GET", f"{job}/results", place)
                records = _records(answer.content.decode("utf-8", errors="replace"))
                _require(
                    answer.headers.get("Sforce-NumberOfRecords", ""), len(records), "the query job's page"
                )
                got += len(records)
                yield records
                locator = answer.headers.get("Sforce-Locator", "null")
                if locator in locators - {"null"}:
                    raise SourceError(
                        f"Salesforce broke off: the query job goes round in circles, at {locator}"
                    )
                locators.add(locator)
            if found is not None:
                _require(found, got, "the query job")
        finally:
            self._put_away(job)

    def _await(self, job: str) -> str | None:
        """Wait for the job's end. How many records it has found, where it says so."""
        wait = 0.5
        while True:
            state = self._json("GET", job)
            if state["state"] == "JobComplete":
                return state.get("numberRecordsProcessed")
            if state["state"] in _ENDED:
                raise SourceError(
                    without_secrets(
                        f"Salesforce's query job is {state['state']}: {state.get('errorMessage', '')}"
                    )
                )
            time.sleep(wait)
            wait = min(wait * 1.5, 20)

    def _put_away(self, job: str) -> None:
        try:
            self._call("DELETE", job)
        except SourceError as error:  # it ends by itself after seven days; the records are here
            log.warning("the query job stays at Salesforce: %s", error)

    def _json(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None
    ) -> dict[str, Any]:
        answer = self._call(method, path, query, body)
        try:
            # Numbers as they are written: a sum of money is no floating-point number.
            value = json.loads(answer.content, parse_float=str, parse_int=str)
        except ValueError:
            raise SourceError(f"Salesforce's answer to {path} is cut off or no JSON") from None
        if not isinstance(value, dict):
            raise SourceError(f"Salesforce's answer to {path} is no object")
        return value

    def _call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None
    ) -> requests.Response:
        if not self._instance:
            self._log_in()
        answer = self._send(method, path, query, body)
        if answer.status_code == 401:
            log.info("the session with Salesforce has ended; logging in again")
            self._log_in()
            answer = self._send(method, path, query, body)
        if not answer.ok:
            raise SourceError(
                f"Salesforce answers {method} {path} with {answer.status_code}: {_reason(answer)}"
            )
        return answer

    def _send(self, method: str, path: str, query: Mapping[str, str] | None, body: Any) -> requests.Response:
        try:
            return self._http.request(
                method, f"{self._instance}{path}", params=query, json=body, timeout=_TIMEOUT
            )
        except requests.RequestException as error:
            raise SourceError(without_secrets(f"Salesforce broke off or does not answer: {error}")) from None

    def _log_in(self) -> None:
        client_id, client_secret = self._credentials
        try:
            answer = self._http.post(
                f"{self._login_url}/services/oauth2/token",
                data={
                    "grant_type": "client_credentials",
                    "client_id": client_id.reveal(),
                    "client_secret": client_secret.reveal(),
                },
                timeout=_TIMEOUT,
            )
        except requests.RequestException as error:
            raise SourceError(without_secrets(f"cannot log in to Salesforce: {error}")) from None
        if not answer.ok:
            raise SourceError(f"Salesforce refuses the login ({answer.status_code}): {_reason(answer)}")
        try:
            session = answer.json()
            token = Secret(str(session["access_token"]))  # hidden from here on, as every secret
            self._instance = str(session["instance_url"]).rstrip("/")
        except (ValueError, KeyError, TypeError):
            raise SourceError("Salesforce's answer to the login is cut off or tells no session") from None
        self._http.headers["Authorization"] = f"Bearer {token.reveal()}"


def fits_address(soql: str) -> bool:
    """Whether a query can be asked over REST, which has it in its address. One of six hundred fields cannot.

    :raises SourceError: it is longer than Salesforce takes of any query
    """
    if len(soql) > _STATEMENT:
        raise SourceError(
            f"a query of {len(soql)} letters; Salesforce takes {_STATEMENT}: hide fields from the user whom the "
            "connector logs in as"
        )
    return len(quote(soql)) <= _ADDRESS


def _records(text: str) -> list[Record]:
    """The records of a page of CSV, whose fields may be long and hold any letter."""
    csv.field_size_limit(sys.maxsize)  # else 131,072 letters: a long text area has as many
    # Python before 3.11 reads no NUL; a letter that is not in the text stands for it.
    nul = next(letter for letter in map(chr, range(0xE000, 0xF8FF)) if letter not in text)
    rows = csv.DictReader(io.StringIO(text.replace("\0", nul), newline=""))
    return [
        {name: value.replace(nul, "\0") if value else None for name, value in row.items()} for row in rows
    ]


def _told(page: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in page:
        raise SourceError(f"Salesforce broke off: {what} does not tell its {name}")
    return page[name]


def _require(told: str, got: int, what: str, kind: str = "of them") -> None:
    if told != str(got):
        raise SourceError(f"Salesforce broke off: {what} has {told} records, {got} {kind} came")


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)


def _reason(answer: requests.Response) -> str:
    try:
        said = answer.json()
    except ValueError:
        return without_secrets(answer.text)[:200]  # a secret that was cut off would not be known again
    first = said[0] if isinstance(said, list) and said else said
    if not isinstance(first, dict):
        return without_secrets(str(first))[:200]
    code = first.get("errorCode") or first.get("error") or ""
    return without_secrets(f"{code} {first.get('message') or first.get('error_description') or ''}".strip())
