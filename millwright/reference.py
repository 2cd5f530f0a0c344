"""Reference data: files under contracts/reference, applied to the warehouse's schema `reference`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import Json, execute_values
from pydantic import ValidationError

from millwright.errors import MillwrightError
from millwright.reference_entries import TABLES, Entry
from millwright.settings import settings
from millwright.warehouse import session

# One row per table and content that was ever applied; the newest is what the table holds.
_VERSIONS = """
create table if not exists reference.versions (
    version bigint generated always as identity primary key,
    table_name text not null,
    content_hash text not null,
    entries jsonb not null,
    applied_at timestamptz not null default now()
)"""

_POSTGRES = {str: "text", float: "double precision", int: "bigint", bool: "boolean"}


def read(table: str, directory: Path | None = None) -> list[Any]:
    """The entries of contracts/reference/<table>.yml, in the file's order; none without the file.

    Their class is the table's in `reference_entries`. Raises MillwrightError naming file, entry and field.
    """
    kind, unique = TABLES[table]
    path = (directory or settings().contracts_dir / "reference") / f"{table}.yml"
    if not path.exists():
        return []
    try:
        raw = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise MillwrightError(f"{path.name} is not YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(raw, list):
        raise MillwrightError(f"{path.name}: a list of entries is expected, each beginning with `- `.")
    entries = [_entry(kind, item, f"{path.name}: entry {number}") for number, item in enumerate(raw, 1)]
    _refuse_doubles(entries, unique, path.name)
    return entries


def apply(directory: Path | None = None) -> dict[str, int]:
    """Bring the tables of schema `reference` to what the files say, in one transaction.

    Returns the rows of each table that changed; run again, it changes nothing and returns none. Every content that
    was ever applied is kept in reference.versions. Raises MillwrightError as `read` does, before anything is changed.
    """
    wanted = {table: read(table, directory) for table in TABLES}
    changed: dict[str, int] = {}
    with session() as connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('millwright.ddl', 0))")
        cursor.execute("create schema if not exists reference")
        cursor.execute(_VERSIONS)
        for table, entries in wanted.items():
            rows = [entry.model_dump(mode="json") for entry in entries]
            content = hashlib.sha256(json.dumps([_columns(TABLES[table][0]), rows]).encode()).hexdigest()
            if content != _applied(cursor, table):
                _replace(cursor, table, entries)
                cursor.execute(
                    "insert into reference.versions (table_name, content_hash, entries) values (%s, %s, %s)",
                    (table, content, Json(rows)),
                )
                changed[table] = len(entries)
    return changed


def _entry(kind: type[Entry], item: object, where: str) -> Entry:
    try:
        return kind.model_validate(item)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise MillwrightError(f"{where}{f': {field}' if field else ''}: {said}.") from None


def _refuse_doubles(entries: Sequence[Entry], unique: tuple[str, ...], name: str) -> None:
    seen: dict[tuple[object, ...], int] = {}
    for number, entry in enumerate(entries, 1):
        key = tuple(getattr(entry, column, number) for column in unique)  # a position is its own key
        if key in seen:
            fields = ", ".join(f"{column} {value}" for column, value in zip(unique, key, strict=True))
            raise MillwrightError(f"{name}: entries {seen[key]} and {number} are both for {fields}.")
        seen[key] = number


def _columns(kind: type[Entry]) -> dict[str, str]:
    """Columns of an entry's table and their Postgres types; `position` is the entry's place in its file."""
    return {"position": "integer", **{name: _type(field.annotation) for name, field in kind.model_fields.items()}}


def _type(annotation: Any) -> str:
    arguments = [a for a in get_args(annotation) if a is not type(None) and a is not Ellipsis]
    if get_origin(annotation) is tuple:
        return f"{_type(arguments[0])}[]"
    if isinstance(annotation, type):
        return _POSTGRES[annotation]
    inner = isinstance(arguments[0], type) or get_origin(arguments[0])  # what is optional; else a literal's values
    return _type(arguments[0] if inner else type(arguments[0]))


def _applied(cursor: Cursor, table: str) -> str | None:
    cursor.execute("select to_regclass(%s)", (f"reference.{table}",))
    if cursor.fetchone() == (None,):
        return None
    cursor.execute(
        "select content_hash from reference.versions where table_name = %s order by version desc limit 1", (table,)
    )
    row = cursor.fetchone()
    return str(row[0]) if row else None


def _replace(cursor: Cursor, table: str, entries: Sequence[Entry]) -> None:
    kind, unique = TABLES[table]
    name, columns = sql.Identifier("reference", table), _columns(kind)
    declared = [sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(t)) for c, t in columns.items()]
    cursor.execute(sql.SQL("drop table if exists {}").format(name))
    cursor.execute(
        sql.SQL("create table {} ({}, primary key ({}))").format(
            name, sql.SQL(", ").join(declared), sql.SQL(", ").join(map(sql.Identifier, unique))
        )
    )
    rows = [(number, *map(_plain, entry.model_dump().values())) for number, entry in enumerate(entries, 1)]
    execute_values(cursor, sql.SQL("insert into {} values %s").format(name).as_string(cursor), rows)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
