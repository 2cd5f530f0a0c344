"""A question's SQL with filters on or off, as Metabase reads it: {{tag}} is a condition, [[…]] goes without its tag.

`where [[{{period}} --]] shift_date > …` is Metabase's way to write a default: with the tag, the rest of the line is a
comment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

_TAG = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_PAST = re.compile(r"past([1-9]\d{0,3})days")

# The values chosen in a filter: a choice's values, or a period's two days.
Chosen = Mapping[str, list[str]]


@dataclass(frozen=True)
class Rendered:
    """A statement of psycopg2, and its parameters: what was typed is never part of the statement."""

    statement: str
    parameters: dict[str, object]


def tags(sql: str) -> list[str]:
    """The names of the tags, in order, each once."""
    return list(dict.fromkeys(_TAG.findall(sql)))


def required_tags(sql: str) -> list[str]:
    """Tags outside of [[…]]: without a value the query could not run."""
    return tags(_OPTIONAL.sub("", sql))


def render(sql: str, columns: Mapping[str, str], kinds: Mapping[str, str], chosen: Chosen) -> Rendered:
    """The SQL with the filters that are chosen; `columns` and `kinds` are of each tag (`mart.column`, choice | period).

    A period's second day counts whole. Raises ValueError when a period is no two days.
    """
    parameters: dict[str, object] = {}
    given = {name: values for name, values in chosen.items() if name in columns and values}

    def condition(found: re.Match[str]) -> str:
        name = found[1]
        table, _, column = columns[name].partition(".")
        target = f'"marts"."{table}"."{column}"'
        if kinds[name] == "choice":
            parameters[name] = list(given[name])
            return f"{target}::text = any(%({name})s)"
        first, last = given[name]
        parameters[f"{name}_from"] = date.fromisoformat(first)
        parameters[f"{name}_to"] = date.fromisoformat(last) + timedelta(days=1)
        return f"({target} >= %({name}_from)s and {target} < %({name}_to)s)"

    def optional(found: re.Match[str]) -> str:
        return found[1] if all(name in given for name in tags(found[1])) else ""

    return Rendered(_TAG.sub(condition, _OPTIONAL.sub(optional, sql.replace("%", "%%"))), parameters)


def period(text: str, today: date) -> list[str]:
    """The two days of a period as Metabase writes it: `past30days` (up to today) or `2026-01-01~2026-01-31`.

    Raises ValueError when it is neither.
    """
    if found := _PAST.fullmatch(text):
        return [str(today - timedelta(days=int(found[1]) - 1)), str(today)]
    first, separator, last = text.partition("~")
    if not separator:
        last = first
    days = sorted([date.fromisoformat(first), date.fromisoformat(last)])
    if days[1] == date.max:
        raise ValueError(f"{last} has no day after it")
    return [str(day) for day in days]
