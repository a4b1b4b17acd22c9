"""From Athena's SQL to DuckDB's: parsing with Athena's messages, names, types."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from averages import TYPES, exact_averages
from catalog import CATALOG, Catalog, Source
from failures import QueryError, at
from sqlglot import Token, TokenType, exp, parse_one, tokenize
from sqlglot.errors import OptimizeError, ParseError, TokenError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope, traverse_scope
from views import View

AUTOMATIC = "__unnamed_"

_BEGINNINGS = {
    *(
        "SELECT",
        "WITH",
        "VALUES",
        "SHOW",
        "DESCRIBE",
        "DESC",
        "EXPLAIN",
        "INSERT",
        "CREATE",
        "DROP",
        "ALTER",
        "MSCK",
    ),
    *(
        "DELETE",
        "UPDATE",
        "MERGE",
        "UNLOAD",
        "VACUUM",
        "OPTIMIZE",
        "PREPARE",
        "EXECUTE",
        "DEALLOCATE",
        "ANALYZE",
        "(",
    ),
    *("GRANT", "REVOKE", "USE", "TABLE"),
}


def tokens_of(sql: str) -> list[Token]:
    """The words of a statement. Raises where it does not even begin as one."""
    try:
        tokens = tokenize(sql, read="athena")
    except TokenError as error:
        raise QueryError(f"line 1:1: {str(error).splitlines()[0]}") from error
    if not tokens:
        raise QueryError("line 1:1: mismatched input '<EOF>'. Expecting: <query>")
    if first_word(sql) not in _BEGINNINGS:
        raise QueryError(_mismatched(tokens[0]))
    for before, previous, token in zip([tokens[0], *tokens], tokens, tokens[1:], strict=False):
        of_all = previous.token_type == TokenType.STAR and before.text.upper() in (
            "SELECT",
            ",",
            ".",
            "DISTINCT",
        )
        if of_all and token.token_type == TokenType.VAR:
            raise QueryError(f"{_mismatched(token)} Expecting: ',', 'FROM', <EOF>")
        if token.token_type == TokenType.FROM and previous.text.upper() in ("SELECT", ",", "DISTINCT"):
            raise QueryError(f"{_mismatched(token)} Expecting: '*', <expression>, <identifier>")
    return tokens


def first_word(sql: str) -> str:
    """The first word behind comments, in capitals."""
    match = re.match(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(\w+|.)", sql, flags=re.S)
    return match[1].upper() if match else ""


def _mismatched(token: Token) -> str:
    return f"{at(token.line, _column(token))}mismatched input '{token.text}'."


def _column(token: Token) -> int:
    """Where a token begins; sqlglot counts to its last character."""
    return max(1, token.col - (token.end - token.start))


def parse(sql: str) -> exp.Expression:
    """Parses one query. Raises with Athena's message, which names line and column."""
    tokens = tokens_of(sql)
    try:
        return parse_one(sql, read="athena")
    except ParseError as error:
        what = error.errors[0] if error.errors else {}
        line, column, shown = what.get("line", 1), what.get("col", 1), what.get("highlight", "")
        last = tokens[-1]
        ends = what.get("description", "").startswith(("Required keyword", "Expecting")) and (
            (line, column) == (last.line, last.col)
        )
        if ends:
            raise QueryError(f"{at(last.line, last.col + 1)}mismatched input '<EOF>'.") from error
        raise QueryError(f"{at(line, max(1, column - len(shown) + 1))}mismatched input '{shown}'.") from error


@dataclass
class Translation:
    """A query in DuckDB's SQL and the tables it reads, by the name that it has for them there."""

    sql: str = ""
    names: list[str] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    # What the query says about partition columns: for each use of a table an SQL condition.
    conditions: list[tuple[str, str, str]] = field(default_factory=list)
    # Places, from 0, of columns that were given no name, and of those that have no type (a bare NULL).
    unnamed: list[int] = field(default_factory=list)
    untyped: list[int] = field(default_factory=list)


class Translator:
    """Translates one query."""

    def __init__(self, catalog: Catalog, database: str | None, information_schema: Any) -> None:
        self._catalog = catalog
        self._database = database
        self._information_schema = information_schema
        self._tokens: list[Token] = []

    def translate(self, sql: str, parameters: list[str]) -> Translation:
        self._tokens = tokens_of(sql)
        query = parse(sql)
        nameless = isinstance(query, exp.Values)
        if isinstance(query, exp.Values):
            query = _values_as_query(query)
        if not isinstance(query, exp.Query):
            raise QueryError(_mismatched(self._tokens[0]))
        query = _with_parameters(query, parameters)
        translation = Translation()
        query = self._resolve(query, translation, self._database, within=())
        _mark_unnamed(query)
        query = self._qualify(query, translation)
        self._check_types(query)
        _joda_patterns(query)
        exact_averages(query)
        translation.conditions = _partition_conditions(query, translation.sources)
        translation.names = _name_outputs(query)
        outputs = select.expressions if (select := _outermost(query)) is not None else []
        translation.unnamed = [
            place
            for place, item in enumerate(outputs)
            if nameless or item.alias_or_name.startswith(AUTOMATIC) or item.alias_or_name == ""
        ]
        translation.untyped = _untyped(query)
        for table in query.find_all(exp.Table):
            table.set("db", None)
        translation.sql = query.sql(dialect="duckdb")
        return translation

    def _resolve(
        self, query: exp.Query, translation: Translation, database: str | None, within: tuple[str, ...]
    ) -> exp.Query:
        """Gives each table the name that DuckDB has for it, and puts a view's query in its place."""
        for scope in traverse_scope(query):
            for table in list(scope.tables):
                if not isinstance(table.this, exp.Identifier):
                    continue
                name = table.name.lower()
                if not table.args.get("db") and name in scope.cte_sources:
                    continue
                schema = (table.db or database or "").lower()
                if table.catalog and table.catalog.lower() != CATALOG:
                    raise QueryError(f"{self._place(table)}Catalog '{table.catalog}' does not exist", 2)
                alias = table.alias or table.name
                found = self._read(table, schema, name)
                if isinstance(found, View):
                    inner = self._view(found, self._place(table), translation, schema, within)
                    table.replace(
                        exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(alias)))
                    )
                    continue
                key = f"{schema}__{name}"
                translation.sources[key] = found
                table.set("this", exp.to_identifier(key, quoted=True))
                table.set("db", exp.to_identifier("athena"))
                table.set("catalog", None)
                if not table.args.get("alias"):
                    table.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
        # Columns that name their table with its database keep only the table's name.
        for column in query.find_all(exp.Column):
            if column.args.get("db") and column.table:
                column.set("db", None)
                column.set("catalog", None)
        return query

    def _view(
        self, view: View, place: str, translation: Translation, schema: str, within: tuple[str, ...]
    ) -> exp.Query:
        """The query that a view stands for, over tables with the names that DuckDB has for them."""
        if view.name in within:
            raise QueryError(f"VIEW_IS_RECURSIVE: {place}View '{CATALOG}.{view.name}' is recursive")
        # Places in what is wrong with the view are those of its own text.
        outer = self._tokens
        try:
            self._tokens = tokens_of(view.sql)
            inner = parse(view.sql)
            if isinstance(inner, exp.Values):
                inner = _values_as_query(inner)
            if not isinstance(inner, exp.Query):
                raise QueryError(_mismatched(self._tokens[0]))
            inner = self._resolve(inner, translation, view.database or schema, (*within, view.name))
            qualified = inner.copy()
            _mark_unnamed(qualified)
            names = _name_outputs(self._qualify(qualified, translation))
        except QueryError as error:
            if error.category != 2 or error.reason.startswith(("INVALID_VIEW", "VIEW_IS", "NOT_SUPPORTED")):
                raise
            why = re.sub(r"^[A-Z_]+: ", "", error.reason)
            raise QueryError(
                f"INVALID_VIEW: {place}Failed analyzing stored view '{CATALOG}.{view.name}': {why}"
            ) from error
        finally:
            self._tokens = outer
        if view.columns is not None and [name.lower() for name in view.columns] != names:
            raise QueryError(
                f"VIEW_IS_STALE: {place}View '{CATALOG}.{view.name}' is stale or in invalid state: it has the columns "
                f"{', '.join(view.columns)}, its query gives {', '.join(names)}"
            )
        for node in inner.walk():
            for known in ("start", "end", "line", "col"):
                node.meta.pop(known, None)
        return inner

    def _read(self, table: exp.Table, schema: str, name: str) -> Source | View:
        if schema == "information_schema":
            found = self._information_schema(self._catalog, name)
            if found is not None:
                return found
        if schema == "":
            raise QueryError(
                f"MISSING_SCHEMA_NAME: {self._place(table)}Schema must be specified when session schema is not set"
            )
        glue = self._catalog.table(schema, name)
        if glue is None:
            if not self._catalog.has_database(schema) and schema != "information_schema":
                raise QueryError(f"SCHEMA_NOT_FOUND: {self._place(table)}Schema '{schema}' does not exist")
            raise QueryError(
                f"TABLE_NOT_FOUND: {self._place(table)}Table '{CATALOG}.{schema}.{name}' does not exist"
            )
        return self._catalog.read(schema, glue)

    def _place(self, node: exp.Expression) -> str:
        """Where a node begins, as ``line 1:8: ``; nothing where that is not known."""
        starts = [start for part in node.walk() if (start := part.meta.get("start")) is not None]
        token = next((token for token in self._tokens if starts and token.start == min(starts)), None)
        return "" if token is None else at(token.line, _column(token))

    def _qualify(self, query: exp.Query, translation: Translation) -> exp.Query:
        # Never empty: a schema without tables is no schema to sqlglot.
        schema: dict[str, Any] = {"athena": {"__none": {"none": "integer"}}}
        for name, source in translation.sources.items():
            schema["athena"][name] = source.columns
        try:
            qualified = qualify(
                query.copy(),
                dialect="athena",
                schema=schema,
                validate_qualify_columns=True,
                quote_identifiers=True,
            )
        except OptimizeError as error:
            text = str(error)
            match = re.search(r"(?:Column|Unknown column:?|Unknown table:?) '?\"?([^'\" ]+)'?\"?", text)
            if "ambiguous" in text and match:
                raise QueryError(
                    f"AMBIGUOUS_NAME: {self._named(match[1])}Column '{match[1]}' is ambiguous"
                ) from error
            name = match[1] if match else text
            raise QueryError(
                f"COLUMN_NOT_FOUND: {self._named(name)}Column '{name}' cannot be resolved or requester is "
                "not authorized to access requested resources"
            ) from error
        return annotate_types(qualified, schema=schema, expression_metadata=TYPES, dialect="athena")  # type: ignore[return-value]

    def _named(self, name: str) -> str:
        last = name.split(".")[-1].strip('"').lower()
        token = next((token for token in self._tokens if token.text.lower() == last), None)
        return "" if token is None else at(token.line, _column(token))

    def _check_types(self, query: exp.Query) -> None:
        """Refuses what Athena refuses and DuckDB would convert: a date compared with text, for example."""
        signs = {
            exp.EQ: "=",
            exp.NEQ: "<>",
            exp.GT: ">",
            exp.GTE: ">=",
            exp.LT: "<",
            exp.LTE: "<=",
            exp.Add: "+",
            exp.Sub: "-",
            exp.Mul: "*",
            exp.Div: "/",
        }
        for node in query.walk():
            pairs: list[tuple[exp.Expression, exp.Expression, str]] = []
            if type(node) in signs:
                pairs = [(node.left, node.right, signs[type(node)])]  # type: ignore[attr-defined]
            elif isinstance(node, exp.Between):
                pairs = [(node.this, node.args["low"], ">="), (node.this, node.args["high"], "<=")]
            elif isinstance(node, exp.In):
                pairs = [(node.this, item, "=") for item in node.expressions]
            for left, right, sign in pairs:
                kinds = _family(left), _family(right)
                if None in kinds or kinds[0] == kinds[1]:
                    continue
                place = self._operator(left, right)
                shown = f"{_type_name(left)} {sign} {_type_name(right)}"
                raise QueryError(f"TYPE_MISMATCH: {place}Cannot apply operator: {shown}")

    def _operator(self, left: exp.Expression, right: exp.Expression) -> str:
        """Where the sign between two operands stands, as far as their places are known."""
        ends = [part.meta["end"] for part in left.walk() if "end" in part.meta]
        starts = [part.meta["start"] for part in right.walk() if "start" in part.meta]
        for place, token in enumerate(self._tokens):
            if ends and token.end == max(ends) and place + 1 < len(self._tokens):
                following = self._tokens[place + 1]
                return at(following.line, _column(following))
            if starts and place > 0 and token.start == min(starts):
                before = self._tokens[place - 1]
                return at(before.line, _column(before))
        return ""


_FAMILIES = {
    "text": exp.DataType.TEXT_TYPES,
    "number": exp.DataType.NUMERIC_TYPES,
    "boolean": {exp.DataType.Type.BOOLEAN},
    "time": {
        exp.DataType.Type.DATE,
        exp.DataType.Type.TIMESTAMP,
        exp.DataType.Type.TIMESTAMPTZ,
        exp.DataType.Type.TIMESTAMPLTZ,
        exp.DataType.Type.DATETIME,
    },
}


def _family(node: exp.Expression) -> str | None:
    kind = node.type
    if kind is None or isinstance(node, exp.Null | exp.Subquery):
        return None
    return next((name for name, members in _FAMILIES.items() if kind.this in members), None)


def _type_name(node: exp.Expression) -> str:
    if isinstance(node, exp.Literal) and node.is_string:
        return f"varchar({len(node.name)})"
    name = node.type.sql(dialect="athena").lower() if node.type else "unknown"
    return {"int": "integer", "string": "varchar", "timestamp(3)": "timestamp(3)"}.get(
        name, name.replace(", ", ",")
    )


def _values_as_query(values: exp.Values) -> exp.Query:
    """A bare VALUES as a query; its columns have no names."""
    width = len(values.expressions[0].expressions) if isinstance(values.expressions[0], exp.Tuple) else 1
    names = [exp.to_identifier(f"_col{place}") for place in range(width)]
    rows = values.copy()
    rows.set("alias", exp.TableAlias(this=exp.to_identifier("_values"), columns=names))
    return exp.select(*[exp.column(name.copy()) for name in names]).from_(rows)


def _with_parameters(query: exp.Query, parameters: list[str]) -> exp.Query:
    """Puts execution parameters, which are literals of SQL, in the places of the question marks."""
    places = [node for node in query.find_all(exp.Placeholder) if node.args.get("this") is None]
    # The tree is not walked in the order of the text.
    if len(places) != len(parameters):
        raise QueryError(
            f"INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: "
            f"expected {len(places)} but found {len(parameters)}"
        )
    numbered = iter(parameters)
    ordered = _in_text_order(query, places)
    for place in ordered:
        place.replace(parse_one(next(numbered), read="athena"))
    return query


def _in_text_order(query: exp.Query, places: list[exp.Placeholder]) -> list[exp.Placeholder]:
    """Placeholders as they come in the SQL that the query is written as."""
    marked = {f"__place_{number}__": place for number, place in enumerate(places)}
    for mark, place in marked.items():
        place.set("this", mark)
    text = query.sql(dialect="athena")
    for place in places:
        place.set("this", None)
    return [marked[mark] for mark in re.findall(r"__place_\d+__", text)]


def _outermost(query: exp.Query) -> exp.Select | None:
    inner: Any = query
    while isinstance(inner, exp.SetOperation | exp.Subquery):
        inner = inner.this
    return inner if isinstance(inner, exp.Select) else None


def _mark_unnamed(query: exp.Query) -> None:
    select = _outermost(query)
    if select is None:
        return
    for number, item in enumerate(list(select.expressions)):
        if not isinstance(item, exp.Alias | exp.Column | exp.Star | exp.Dot | exp.Aliases):
            item.replace(exp.alias_(item.copy(), f"{AUTOMATIC}{number}"))


def _name_outputs(query: exp.Query) -> list[str]:
    """Names of the result's columns: Athena calls those without one by their position, ``_col0``."""
    select = _outermost(query)
    if select is None:
        return []
    names = []
    for place, item in enumerate(select.expressions):
        name = item.alias_or_name
        names.append(f"_col{place}" if name.startswith(AUTOMATIC) or name == "" else name.lower())
    return names


def _untyped(query: exp.Query) -> list[int]:
    """Places of outputs that are a bare NULL, there or in the query that they come from."""
    scope = build_scope(query)

    def bare(item: exp.Expression, scope: Scope) -> bool:
        item = item.unalias()
        if isinstance(item, exp.Null):
            return True
        below = scope.sources.get(item.table) if isinstance(item, exp.Column) else None
        if not isinstance(below, Scope) or not isinstance(below.expression, exp.Select):
            return False
        found = next((one for one in below.expression.expressions if one.alias_or_name == item.name), None)
        return found is not None and bare(found, below)

    if scope is None or not isinstance(query, exp.Select):
        return []
    return [place for place, item in enumerate(query.expressions) if bare(item, scope)]


_JODA = {
    "yyyy": "%Y",
    "YYYY": "%Y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
    "SSS": "%g",
    "EEE": "%a",
}


def _joda_patterns(query: exp.Query) -> None:
    for node in list(query.find_all(exp.Anonymous)):
        if node.name.lower() == "format_datetime" and len(node.expressions) == 2:
            pattern = node.expressions[1]
            if isinstance(pattern, exp.Literal):
                text = re.sub("|".join(_JODA), lambda match: _JODA[match[0]], pattern.name)
                node.replace(
                    exp.Anonymous(
                        this="strftime", expressions=[node.expressions[0], exp.Literal.string(text)]
                    )
                )


def _partition_conditions(query: exp.Query, sources: dict[str, Source]) -> list[tuple[str, str, str]]:
    """For each use of a table its name, its alias, and what the query says of its partition columns alone."""
    conditions = []
    for scope in traverse_scope(query):
        where = scope.expression.args.get("where") if isinstance(scope.expression, exp.Select) else None
        parts = (
            list(where.this.flatten())
            if where and isinstance(where.this, exp.And)
            else [where.this]
            if where
            else []
        )
        for table in scope.tables:
            source = sources.get(table.name)
            if source is None:
                continue
            usable = []
            for part in parts:
                columns = list(part.find_all(exp.Column))
                of_partitions = columns and all(
                    column.table == table.alias_or_name and column.name.lower() in source.partition_columns
                    for column in columns
                )
                if of_partitions and not part.find(exp.Query):
                    usable.append(f"({part.sql(dialect='duckdb')})")
            conditions.append((table.name, table.alias_or_name, " AND ".join(usable) or "true"))
    return conditions
