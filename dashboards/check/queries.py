"""The SQL of a question: one SELECT over marts that dbt makes, whose columns are those that are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from dashboards.marts import Mart
from dashboards.spec.question import Question, named_columns
from dashboards.spec.yaml_lines import Located, Problem, Where
from dashboards.template import required_tags, tags

SCHEMA = "marts"


@dataclass(frozen=True)
class Query:
    """What a statement says: the columns that it gives, the marts that it reads, those that it gives another name."""

    columns: list[str]
    tables: set[str]
    renamed: set[str]


def check(question: Question, where: Where, found: Located, marts: Mapping[str, Mart]) -> Iterator[Problem]:
    """Everything that can be wrong with a question by itself."""
    at = (*where, "sql")
    for tag in tags(question.sql):
        if tag not in question.filters:
            yield found.problem(at, f"{{{{{tag}}}}} is bound to no column.", f"Add {tag}: mart.column under filters.")
    for tag in required_tags(question.sql):
        yield found.problem(at, f"The query needs {{{{{tag}}}}} to run.", f"Write [[and {{{{{tag}}}}}]].")
    try:
        query = read(question)
    except ValueError as error:
        yield found.problem(at, str(error), "It has to be one SELECT, as Postgres reads it.")
        return
    yield from _tables(query, at, found, marts)
    for name, column in question.filters.items():
        yield from _filter(question, query, (*where, "filters", name), name, column, found, marts)
    for name in question.columns:
        if query.columns != ["*"] and name not in query.columns:
            there = ", ".join(query.columns)
            yield found.problem(
                (*where, "columns", name), f"The query gives no column {name!r}.", f"It gives: {there}."
            )
    for name, place in named_columns(question).items():
        if name not in question.columns:
            yield found.problem((*where, *place), f"{name!r} is not one of columns.", "Say there how it is shown.")


def read(question: Question) -> Query:
    """What the statement says with all filters on. Raises ValueError, saying what is wrong with it."""
    return _read(question.sql)


# Parsing takes longer than all other checks together, and Metabase's columns are found by it, too.
@lru_cache(maxsize=1024)
def _read(sql: str) -> Query:
    text = sql.replace("[[", "").replace("--]]", "and").replace("]]", "")
    for tag in tags(text):
        text = text.replace(f"{{{{{tag}}}}}", "true").replace(f"{{{{ {tag} }}}}", "true")
    try:
        statements = [s for s in sqlglot.parse(text, dialect="postgres") if s is not None]
    except ParseError as error:
        first = error.errors[0]
        raise ValueError(f"This is no SQL: {first['description']} near {first['highlight']!r}.") from None
    except SqlglotError as error:
        raise ValueError(f"This is no SQL: {str(error).splitlines()[0]}.") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise ValueError("The query is not one SELECT.")
    statement = statements[0]
    if writes := next(statement.find_all(exp.Insert, exp.Update, exp.Delete, exp.Into, exp.Create, exp.Command), None):
        raise ValueError(f"The query writes: {writes.sql(dialect='postgres')[:60]}.")
    ctes = {cte.alias for cte in statement.find_all(exp.CTE)}
    tables, renamed = set(), set()
    for table in statement.find_all(exp.Table):
        if table.name in ctes and not table.db:
            continue
        if not isinstance(table.this, exp.Identifier):  # a function that gives rows
            continue
        tables.add(f"{table.db}.{table.name}" if table.db else table.name)
        if table.alias and table.alias != table.name:
            renamed.add(table.name)
    return Query(statement.named_selects, tables, renamed)


def _tables(query: Query, at: Where, found: Located, marts: Mapping[str, Mart]) -> Iterator[Problem]:
    if not query.tables:
        yield found.problem(at, "The query reads no mart.", f"Name one as {SCHEMA}.<model>.")
    for table in sorted(query.tables):
        schema, _, name = table.rpartition(".")
        if schema != SCHEMA:
            remedy = f"Write {SCHEMA}.{name}." if name in marts else "What a dashboard reads has to be a model there."
            yield found.problem(at, f"The query reads {table}, which is outside of schema {SCHEMA}.", remedy)
        elif name not in marts:
            near = _near(name, marts)
            remedy = f"Did you mean {SCHEMA}.{near}?" if near else "See dbt_transformations/models/marts."
            yield found.problem(at, f"The query reads {table}, which dbt does not make.", remedy)


def _filter(
    question: Question, query: Query, at: Where, name: str, column: str, found: Located, marts: Mapping[str, Mart]
) -> Iterator[Problem]:
    table, _, field = column.partition(".")
    if name not in tags(question.sql):
        yield found.problem(
            at, f"The filter {name!r} is not in the query.", f"Write [[and {{{{{name}}}}}]] in its SQL."
        )
    if table not in marts:
        near = _near(table, marts)
        yield found.problem(
            at, f"dbt makes no {table!r}.", f"Did you mean {near}.{field}?" if near else "Name mart.column."
        )
    elif field not in marts[table].columns:
        there = ", ".join(marts[table].columns)
        yield found.problem(at, f"{table} has no column {field!r}.", f"It has: {there}.")
    elif f"{SCHEMA}.{table}" not in query.tables:
        yield found.problem(at, f"The query does not read {table}.", "Bind the filter to a column of what it reads.")
    elif table in query.renamed:
        yield found.problem(
            at, f"The query gives {table} another name, under which the filter does not find it.", "Take the alias out."
        )


def _near(name: str, marts: Mapping[str, Mart]) -> str:
    import difflib

    return next(iter(difflib.get_close_matches(name, marts, 1)), "")
