"""Which columns of which tables queries read, by their syntax tree: JSON on stdin, JSON on stdout.

In: {"tables": {database: {table: [column, ...]}}, "queries": [{"name", "sql", "databases": [...]}]}, where `databases`
are those in which a table without one is looked for, in their order.
Out: [{"name", "reads": [{"database", "table", "column", "line", "col"}],
       "problems": [{"message", "line", "col", "near", "known"}]}]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope

Place = tuple[int, int]
Known = dict[str, dict[str, list[str]]]


class Reader:
    """Reads one query against the tables that are declared."""

    def __init__(self, tables: Known, databases: list[str]) -> None:
        self.tables = tables
        self.databases = databases
        self.reads: list[dict[str, Any]] = []
        self.problems: list[dict[str, Any]] = []

    def read(self, sql: str) -> None:
        try:
            self.read_trees(sql)
        except RecursionError:
            self.problem("is nested too deeply to be read", (1, 1))
        except SqlglotError as error:
            self.problem(f"is no SQL that Athena takes: {error}", (1, 1))

    def read_trees(self, sql: str) -> None:
        try:
            trees = [tree for tree in sqlglot.parse(sql, read="athena") if tree is not None]
        except ParseError as error:
            first = error.errors[0]
            self.problem(
                f"is no SQL that Athena takes: {first['description']}", (first["line"], first["col"])
            )
            return
        for tree in trees:
            for scope in traverse_scope(tree):
                self.read_scope(scope)

    def read_scope(self, scope: Scope) -> None:
        for source in scope.sources.values():
            if isinstance(source, exp.Table) and self.find(source) is None and not is_function(source):
                name = ".".join(part for part in (source.db, source.name) if part)
                known = sorted({table for database in self.tables.values() for table in database})
                self.problem(
                    f'reads a table "{name}" that no contract declares', place_of(source.this), name, known
                )
        for star in scope.stars:
            self.read_all(scope, star.table if isinstance(star, exp.Column) else "", place_of(star))
        if any(isinstance(one, exp.Star) for one in scope.expression.args.get("expressions") or []):
            self.read_all(scope, "", (1, 1))
        aliases = {one.alias for one in scope.expression.args.get("expressions") or [] if one.alias}
        for column in scope.columns:
            if isinstance(column.this, exp.Star):
                continue
            self.read_column(scope, column, aliases)

    def read_column(self, scope: Scope, column: exp.Column, aliases: set[str]) -> None:
        place = place_of(column.this)
        for within in outward(scope):
            named = within.sources.get(column.table) if column.table else None
            if column.table and named is None:
                continue
            sources = [named] if named is not None else list(within.sources.values())
            found = [source for source in sources if self.has(source, column.name)]
            if found:
                for source in found[:1]:
                    self.note(source, column.name, place)
                return
            if any(self.columns(source) is None for source in sources):
                return
        if not column.table and column.name in aliases and column.find_ancestor(exp.Order):
            return
        tables = [source for source in scope.sources.values() if isinstance(source, exp.Table)]
        named = next(
            (one.sources[column.table] for one in outward(scope) if column.table in one.sources), None
        )
        where = [named] if isinstance(named, exp.Table) else tables
        titles = " and ".join(f"{found[0]}.{found[1]}" for found in map(self.find, where) if found)
        known = [name for source in where for name in self.columns(source) or []]
        message = f'reads a column "{column.name}"' + (
            f", which {titles} has not" if titles else " of no table that it names"
        )
        self.problem(message, place, column.name, known)

    def read_all(self, scope: Scope, table: str, place: Place) -> None:
        for alias, source in scope.sources.items():
            if table in ("", alias) and isinstance(source, exp.Table):
                for name in self.columns(source) or []:
                    self.note(source, name, place)

    def note(self, source: object, column: str, place: Place) -> None:
        found = self.find(source) if isinstance(source, exp.Table) else None
        if found:
            database, table = found
            self.reads.append(
                {"database": database, "table": table, "column": column, "line": place[0], "col": place[1]}
            )

    def has(self, source: object, column: str) -> bool:
        names = self.columns(source)
        return names is not None and column.lower() in names

    def columns(self, source: object) -> list[str] | None:
        """The columns of a source; None where it cannot be told."""
        if isinstance(source, exp.Table):
            found = self.find(source)
            return self.tables[found[0]][found[1]] if found else None
        if isinstance(source, Scope):
            selected = getattr(source.expression, "named_selects", None)
            return None if not selected or "*" in selected else [name.lower() for name in selected]
        return None

    def find(self, table: exp.Table) -> tuple[str, str] | None:
        name = table.name.lower()
        for database in [table.db.lower()] if table.db else self.databases:
            if name in self.tables.get(database, {}):
                return database, name
        return None

    def problem(self, message: str, place: Place, near: str = "", known: list[str] | None = None) -> None:
        # A column of an outer table is met in the inner query as well.
        if any((one["line"], one["col"]) == place for one in self.problems):
            return
        self.problems.append(
            {"message": message, "line": place[0], "col": place[1], "near": near, "known": known or []}
        )


def outward(scope: Scope | None) -> Iterator[Scope]:
    """A query within another one sees that one's tables as well."""
    while scope is not None:
        yield scope
        scope = scope.parent


def is_function(table: exp.Table) -> bool:
    return not isinstance(table.this, exp.Identifier)


def place_of(node: exp.Expression | None) -> Place:
    """Where an identifier begins; sqlglot tells where it ends."""
    found = node.find(exp.Identifier) if node is not None else None
    if found is None or "line" not in found.meta:
        return 1, 1
    length = found.meta["end"] - found.meta["start"]
    return found.meta["line"], max(1, found.meta["col"] - length)


def main() -> None:
    asked = json.load(sys.stdin)
    answers = []
    for query in asked["queries"]:
        reader = Reader(asked["tables"], query["databases"])
        reader.read(query["sql"])
        answers.append({"name": query["name"], "reads": reader.reads, "problems": reader.problems})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
