"""The warehouse as Metabase reads it, and what dbt's papers say of its tables and columns."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from dashboards.check.queries import read
from dashboards.marts import MartColumn, marts
from dashboards.metabase.world import Body, Found, Unknown, World
from dashboards.reader import reader_dsn
from dashboards.spec.read import Boards
from millwright.settings import settings

_NAME = "Millwright warehouse"


class Database:
    """The connection, by the role that reads schema marts only."""

    name = "database"

    def wanted(self, world: World) -> dict[str, Body]:
        if world.boards is None:
            return {}
        parts = urlsplit(reader_dsn(made=world.acts))
        host, _, port = (settings().metabase_warehouse or f"{parts.hostname}:{parts.port or 5432}").rpartition(":")
        return {
            "warehouse": {
                "name": _NAME,
                "engine": "postgres",
                "host": host,
                "port": int(port),
                "dbname": parts.path.lstrip("/"),
                "user": unquote(parts.username or ""),
                "schemas": "marts",
                "ssl": parse_qs(parts.query).get("sslmode", ["disable"])[-1] not in ("disable", "allow", "prefer"),
                "password": _digest(unquote(parts.password or "")),
            }
        }

    def find(self, key: str, wanted: Body | None, world: World) -> Found | None:
        password = world.ids.note("database", key, "password")
        if known := world.ids.get("database", key):
            there = world.look(f"/api/database/{known[0]}")
            if there and there.get("engine") == "postgres" and there.get("created_at", "") == known[1]:
                return _database(there, password)
        if wanted is None:
            return None
        flags = {
            "include_analytics": False,
            "saved": False,
            "include_editable_data_model": False,
            "exclude_uneditable_details": False,
            "include_only_uploadable": False,
        }
        listed = world.api.get("/api/database", **flags)
        for each in listed["data"] if isinstance(listed, dict) else listed:
            found = _database(each, password)
            if all(found.body[name] == wanted[name] for name in wanted if name != "password"):
                return found
        return None

    def create(self, key: str, body: Body, world: World) -> None:
        made = world.api.post(
            "/api/database",
            {
                "name": body["name"],
                "engine": body["engine"],
                "details": _details(body),
                "is_full_sync": True,
                "is_on_demand": False,
                "connection_source": "admin",
                "auto_run_queries": True,
            },
        )
        world.ids.put("database", key, made["id"], made.get("created_at", ""), password=body["password"])

    def update(self, key: str, body: Body, found: Found, world: World) -> None:
        sent = {"name": body["name"], "engine": body["engine"], "details": _details(body)}
        world.api.put(f"/api/database/{found.id}", sent)
        world.ids.put("database", key, found.id, found.entity, password=body["password"])

    def remove(self, key: str, found: Found, world: World) -> str:
        others = world.api.get("/api/card", f="database", model_id=found.id) or []
        if others:  # Metabase would remove them with it
            return f"others have {len(others)} questions on it, {others[0].get('name')!r} among them"
        world.api.delete(f"/api/database/{found.id}")
        return ""


class Table:
    """What a mart is."""

    name = "table"

    def wanted(self, world: World) -> dict[str, Body]:
        known = marts(settings().dbt_dir)
        return {name: {"description": known[name].description} for name in _read_marts(world.boards)}

    def find(self, key: str, wanted: Body | None, world: World) -> Found | None:
        if wanted is None:
            return None
        return _tables(world).get(key, Found(0, "", {"description": Unknown("table", key)}))

    def create(self, key: str, body: Body, world: World) -> None:
        raise AssertionError("tables are found, not made")

    def update(self, key: str, body: Body, found: Found, world: World) -> None:
        table = _tables(world)[key]
        if table.body != body:
            world.api.put(f"/api/table/{table.id}", body)

    def remove(self, key: str, found: Found, world: World) -> str:
        return ""


class Field:
    """What a mart's column means."""

    name = "field"

    def wanted(self, world: World) -> dict[str, Body]:
        known = marts(settings().dbt_dir)
        read_marts = _read_marts(world.boards)
        columns = {f"{m}.{c.name}": c for m in read_marts for c in known[m].columns.values()}
        if columns:  # waits for them, when it acts: for those that filters need, and of each mart for one
            firsts = {f"{m}.{next(iter(known[m].columns))}" for m in read_marts}
            world.fields(firsts | _bound(world.boards))
        # A channel that this plant's contract does not have is in the papers, and in no table.
        there = set(_columns(world)) or set(columns)
        return {
            key: {"description": column.description} | ({"semantic_type": kind} if (kind := _semantic(column)) else {})
            for key, column in columns.items()
            if key in there
        }

    def find(self, key: str, wanted: Body | None, world: World) -> Found | None:
        if wanted is None:
            return None
        there = _columns(world).get(key)
        if there is None:
            return Found(0, "", {name: Unknown("field", key) for name in wanted})
        return Found(there["id"], "", {name: there.get(name) for name in wanted})

    def create(self, key: str, body: Body, world: World) -> None:
        raise AssertionError("fields are found, not made")

    def update(self, key: str, body: Body, found: Found, world: World) -> None:
        world.api.put(f"/api/field/{found.id}", body)

    def remove(self, key: str, found: Found, world: World) -> str:
        return ""


def _read_marts(boards: Boards | None) -> list[str]:
    """The marts that any question reads, or any filter offers values of."""
    if boards is None:
        return []
    names = {
        table.partition(".")[2]
        for board in boards.boards.values()
        for question in board.questions.values()
        for table in read(question).tables
    }
    offered = {f.values for board in boards.boards.values() for f in board.filters.values() if f.kind == "choice"}
    return sorted(names | {column.partition(".")[0] for column in offered})


def _bound(boards: Boards | None) -> set[str]:
    """The columns to which filters are bound."""
    every = boards.boards.values() if boards else ()
    return {column for board in every for question in board.questions.values() for column in question.filters.values()}


def _semantic(column: MartColumn) -> str:
    """What Metabase should take the column for; "" leaves it as it is."""
    if column.is_unique:
        return "type/PK"
    if column.is_share:
        return "type/Percentage"
    if column.name.endswith("_name") and column.data_type == "text":
        return "type/Name"
    if column.values or (column.name.endswith("_id") and column.data_type == "text"):
        return "type/Category"
    return ""


def _digest(password: str) -> str:
    """By which a changed password shows, and which tells nobody what it is."""
    return hashlib.sha256(f"millwright/{password}".encode()).hexdigest()[:12]


def _tables(world: World) -> dict[str, Found]:
    tables = world.metadata().get("tables", [])
    return {
        t["name"]: Found(t["id"], "", {"description": t.get("description")})
        for t in tables
        if t.get("schema") == "marts"
    }


def _columns(world: World) -> dict[str, dict[str, Any]]:
    tables = world.metadata().get("tables", [])
    return {f"{t['name']}.{f['name']}": f for t in tables if t.get("schema") == "marts" for f in t.get("fields", [])}


def _details(body: Body) -> dict[str, Any]:
    return {
        **{name: body[name] for name in ("host", "port", "dbname", "user")},
        "password": unquote(urlsplit(reader_dsn()).password or ""),
        "schema-filters-type": "inclusion",
        "schema-filters-patterns": body["schemas"],
        "ssl": body["ssl"],
        "tunnel-enabled": False,
    }


def _database(there: dict[str, Any], password: str) -> Found:
    details = there.get("details") or {}
    body = {
        "name": there.get("name"),
        "engine": there.get("engine"),
        **{name: details.get(name) for name in ("host", "port", "dbname", "user")},
        "schemas": details.get("schema-filters-patterns"),
        "ssl": bool(details.get("ssl")),
        "password": password,
    }
    return Found(int(there["id"]), there.get("created_at") or "", body)
