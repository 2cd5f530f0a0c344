"""The warehouse's connection, by which Metabase reads it."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from dashboards.metabase.world import Body, Found, World
from dashboards.reader import reader_dsn
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
        there = world.remembered("database", key, "/api/database", "created_at")
        if there and there["engine"] == "postgres":
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


def _digest(password: str) -> str:
    """By which a changed password shows, and which tells nobody what it is."""
    return hashlib.sha256(f"millwright/{password}".encode()).hexdigest()[:12]


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
