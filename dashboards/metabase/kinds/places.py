"""Settings, the cache's policy, and collections."""

from __future__ import annotations

from typing import Any

from dashboards.metabase.world import Body, Found, Unknown, World


class Setting:
    """What Metabase as a whole allows; touched only where a dashboard needs it."""

    name = "setting"

    def wanted(self, world: World) -> dict[str, Body]:
        return {"enable-public-sharing": {"value": True}} if any(b.shared for b in world.specs.values()) else {}

    def find(self, key: str, wanted: Body | None, world: World) -> Found | None:
        value = next((s.get("value") for s in world.api.get("/api/setting") if s.get("key") == key), None)
        return Found(0, key, {"value": value})

    def create(self, key: str, body: Body, world: World) -> None:
        raise AssertionError("a setting is always there")

    def update(self, key: str, body: Body, found: Found, world: World) -> None:
        world.api.put(f"/api/setting/{key}", {"value": body["value"]})

    def remove(self, key: str, found: Found, world: World) -> str:
        return ""


class Caching:
    """How long answers are kept: the one policy that Metabase has without a licence."""

    name = "cache"

    def wanted(self, world: World) -> dict[str, Body]:
        cache = world.boards.site.cache if world.boards else None
        if cache is None:
            return {}
        return {"root": {"multiplier": cache.multiplier, "min_duration_ms": round(1000 * cache.least_seconds)}}

    def find(self, key: str, wanted: Body | None, world: World) -> Found | None:
        sorting = {"sort_column": "name", "sort_direction": "asc"}
        entries = (world.api.get("/api/cache", model="root", **sorting) or {}).get("data", [])
        strategy: dict[str, Any] = next((e["strategy"] for e in entries if e.get("model") == "root"), {})
        return Found(0, "root", {name: strategy.get(name) for name in ("multiplier", "min_duration_ms")})

    def create(self, key: str, body: Body, world: World) -> None:
        raise AssertionError("there always is a policy")

    def update(self, key: str, body: Body, found: Found, world: World) -> None:
        world.api.put("/api/cache", {"model": "root", "model_id": 0, "strategy": {"type": "ttl", **body}})

    def remove(self, key: str, found: Found, world: World) -> str:
        return ""


class Collection:
    """Folders: one for all, and in it those that site.yml names."""

    name = "collection"

    def wanted(self, world: World) -> dict[str, Body]:
        if world.boards is None:
            return {}
        site = world.boards.site
        root = {"name": site.root.name, "description": site.root.description, "parent": None, "archived": False}
        return {"root": root} | {
            key: {
                "name": each.name,
                "description": each.description,
                "parent": world.id("collection", "root"),
                "archived": False,
            }
            for key, each in site.collections.items()
        }

    def find(self, key: str, wanted: Body | None, world: World) -> Found | None:
        if there := world.remembered("collection", key, "/api/collection"):
            return _collection(there)
        if wanted is None or isinstance(wanted["parent"], Unknown):
            return None
        # Made by an apply that was interrupted before it could remember; others' of the same name say something else.
        flags = {"archived": False, "exclude-other-user-collections": False, "personal-only": False}
        for each in world.api.get("/api/collection", **flags):
            if isinstance(each.get("id"), int) and _collection(each).body == wanted:
                return _collection(each)
        return None

    def create(self, key: str, body: Body, world: World) -> None:
        made = world.api.post(
            "/api/collection",
            {"name": body["name"], "description": body["description"], "parent_id": body["parent"]},
        )
        world.ids.put("collection", key, made["id"], made.get("entity_id", ""))

    def update(self, key: str, body: Body, found: Found, world: World) -> None:
        sent = {"name": body["name"], "description": body["description"], "archived": body["archived"]}
        if found.body["archived"] and not body["archived"]:
            world.api.put(f"/api/collection/{found.id}", {"archived": False, "parent_id": body["parent"]})
        world.api.put(f"/api/collection/{found.id}", sent | {"parent_id": body["parent"]})

    def remove(self, key: str, found: Found, world: World) -> str:
        if items := world.items(found.id):
            return f"others have {len(items)} things in it, {items[0].get('name')!r} among them"
        world.api.put(f"/api/collection/{found.id}", {"archived": True})
        return ""


def _collection(there: dict[str, Any]) -> Found:
    location = [part for part in str(there.get("location") or "").split("/") if part]
    parent = there.get("parent_id") or (int(location[-1]) if location else None)
    body = {
        "name": there.get("name"),
        "description": there.get("description"),
        "parent": parent,
        "archived": bool(there.get("archived")),
    }
    return Found(int(there["id"]), there.get("entity_id") or "", body)
