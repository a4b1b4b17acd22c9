"""The words around a query in a statement that changes something: names, properties, options."""

from __future__ import annotations

from typing import Any

from catalog import CATALOG
from failures import QueryError, at
from sqlglot import Token, TokenType, tokenize

Property = str | float | bool | list[str]


class Clauses:
    """Reads a statement from its first word on. What is not as it must be raises in Athena's words."""

    def __init__(self, sql: str, hive: bool = False) -> None:
        # Athena has two parsers: Hive's for tables and databases, Trino's for what holds a query.
        self._sql = sql
        self._hive = hive
        self._tokens = tokenize(sql, read="hive" if hive else "trino")
        while self._tokens and self._tokens[-1].token_type == TokenType.SEMICOLON:
            self._tokens.pop()
        self._next = 0

    def beginning(self) -> str:
        """The first two words, which say what kind of statement it is."""
        return " ".join(token.text.upper() for token in self._tokens[:2])

    def take(self, *words: str) -> bool:
        """Goes on behind these words where they are next."""
        following = self._tokens[self._next : self._next + len(words)]
        if [token.text.upper() for token in following] != list(words) or any(
            token.token_type in (TokenType.STRING, TokenType.IDENTIFIER) for token in following
        ):
            return False
        self._next += len(words)
        return True

    def expect(self, *words: str) -> None:
        for word in words:
            if not self.take(word):
                raise self._unexpected()

    def name(self) -> str:
        """One name, in small letters as the catalog has them."""
        token = self._peek()
        if token is None or token.token_type in (TokenType.STRING, TokenType.NUMBER):
            raise self._unexpected()
        if not self._hive and token.text == "`":
            raise QueryError(
                f"{self._place(token)}backquoted identifiers are not supported; use double quotes to quote identifiers"
            )
        if token.token_type != TokenType.IDENTIFIER and not token.text.replace("_", "a").isalnum():
            raise self._unexpected()
        self._next += 1
        return token.text.lower()

    def table(self, default: str | None) -> tuple[str, str]:
        """A table's database and name, as far as they are said."""
        parts = [self.name()]
        while self.take("."):
            parts.append(self.name())
        if len(parts) == 3 and parts[0] != CATALOG:
            raise QueryError(f"CATALOG_NOT_FOUND: line 1:1: Catalog '{parts[0]}' does not exist")
        if len(parts) > 3:
            raise self._unexpected()
        database = parts[-2] if len(parts) > 1 else (default or "").lower()
        if database == "":
            raise QueryError(
                "MISSING_SCHEMA_NAME: line 1:1: Schema must be specified when session schema is not set"
            )
        return database, parts[-1]

    def text(self) -> str:
        """A text in quotes."""
        token = self._peek()
        if token is None or token.token_type != TokenType.STRING:
            raise self._unexpected()
        self._next += 1
        return token.text

    def properties(self) -> dict[str, Property]:
        """``(name = value, …)``; in Hive's the names are texts."""
        found: dict[str, Property] = {}
        self.expect("(")
        while True:
            name = self.text() if self._hive else self.name()
            self.expect("=")
            if name in found:
                raise QueryError(f"DUPLICATE_PROPERTY: line 1:1: Duplicate property: {name}")
            found[name] = self._value()
            if not self.take(","):
                self.expect(")")
                return found

    def rest(self) -> str:
        """What is left, at its place in the text, so that places in messages are those of the whole statement."""
        token = self._peek()
        if token is None:
            raise self._unexpected()
        return self._at_its_place(token.start, self._tokens[-1].end + 1)

    def bracketed(self) -> str:
        """What is in the brackets that are next, at its place."""
        self.expect("(")
        start, depth = self._peek(), 1
        while (token := self._peek()) is not None:
            self._next += 1
            depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
            if depth == 0 and start is not None:
                return self._at_its_place(start.start, token.start)
        raise self._unexpected()

    def before_last(self, *words: str) -> bool:
        """Takes these words off the end of the statement where they are there."""
        last = self._tokens[-len(words) :]
        if self._next > len(self._tokens) - len(words) or [token.text.upper() for token in last] != list(
            words
        ):
            return False
        del self._tokens[-len(words) :]
        return True

    def end(self) -> None:
        if self._peek() is not None:
            raise self._unexpected()

    def _value(self) -> Property:
        token = self._peek()
        if token is not None and token.token_type == TokenType.NUMBER:
            self._next += 1
            return float(token.text)
        for word in ("TRUE", "FALSE"):
            if self.take(word):
                return word == "TRUE"
        if self.take("ARRAY", "["):
            items = [self.text()]
            while self.take(","):
                items.append(self.text())
            self.expect("]")
            return items
        return self.text()

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _at_its_place(self, start: int, end: int) -> str:
        before = "".join(character if character == "\n" else " " for character in self._sql[:start])
        return before + self._sql[start:end]

    def _place(self, token: Token) -> str:
        return at(token.line, max(1, token.col - len(self._shown(token)) + 1))

    def _shown(self, token: Token) -> str:
        return self._sql[token.start : token.end + 1]

    def _unexpected(self) -> QueryError:
        token = self._peek()
        shown = "<EOF>" if token is None else self._shown(token)
        last = self._tokens[-1]
        place = at(last.line, last.col + 1) if token is None else self._place(token)
        if self._hive:
            return QueryError(
                f"FAILED: ParseException {place.rstrip(': ')} cannot recognize input near '{shown}'"
            )
        return QueryError(f"{place}mismatched input '{shown}'.")


def unsupported(what: str) -> QueryError:
    """What Athena does and the local endpoint does not."""
    return QueryError(f"NOT_SUPPORTED: {what} is not supported by the local endpoint")


def choice(properties: dict[str, Any], name: str, default: str) -> str:
    """A property that is one word, in capitals."""
    return str(properties.get(name, default)).upper()
