"""Settings, the cache's policy, collections, groups, and which group may look into which collection."""

from __future__ import annotations

from typing import Any

from dashboards.metabase.world import Body, Found, Unknown, World

ALL_USERS = 1  # the group's id in every Metabase
_DENIED = "none"


class Setting:
    """What Metabase as a whole allows; touched only where a dashboard needs it."""

    name = "setting"

    def wanted(self, world: World) -> dict[str, Body]:
        boards = world.boards.boards.values() if world.boards else ()
        return {"enable-public-sharing": {"value": True}} if any(b.shared for b in boards) else {}

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
        if known := world.ids.get("collection", key):
            there = world.look(f"/api/collection/{known[0]}")
            if there and there.get("entity_id", "") == known[1]:
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
        flags = {
            "archived": False,
            "include_can_run_adhoc_query": False,
            "official_collections_first": False,
            "show_dashboard_questions": True,
        }
        items = (world.api.get(f"/api/collection/{found.id}/items", **flags) or {}).get("data", [])
        if items:
            return f"others have {len(items)} things in it, {items[0].get('name')!r} among them"
        world.api.put(f"/api/collection/{found.id}", {"archived": True})
        return ""


class Group:
    """Groups of people, for those that site.yml names as readers. Who is in one is Metabase's own business."""

    name = "group"

    def wanted(self, world: World) -> dict[str, Body]:
        return {name: {"name": name} for name in _readers(world)}

    def find(self, key: str, wanted: Body | None, world: World) -> Found | None:
        groups = world.api.get("/api/permissions/group")
        return next((Found(g["id"], "", {"name": g["name"]}) for g in groups if g["name"] == key), None)

    def create(self, key: str, body: Body, world: World) -> None:
        made = world.api.post("/api/permissions/group", body)
        world.ids.put("group", key, made["id"])

    def update(self, key: str, body: Body, found: Found, world: World) -> None:
        raise AssertionError("a group of this name has this name")

    def remove(self, key: str, found: Found, world: World) -> str:
        group = next(g for g in world.api.get("/api/permissions/group") if g["id"] == found.id)
        if group.get("member_count"):
            return f"{group['member_count']} people are in it"
        world.api.delete(f"/api/permissions/group/{found.id}")
        return ""


class Access:
    """Who may look into our collections: the readers; everybody else, but administrators, may not."""

    name = "access"

    def wanted(self, world: World) -> dict[str, Body]:
        if world.boards is None:
            return {}
        site = world.boards.site
        may: dict[str, Any] = {"All Users": dict.fromkeys(["root", *site.collections], _DENIED)}
        for group in _readers(world):
            sees = {key: "read" if group in c.readers else _DENIED for key, c in site.collections.items()}
            may[group] = {"root": "read", **sees}
        return {"collections": may}

    def find(self, key: str, wanted: Body | None, world: World) -> Found | None:
        graph = world.api.get("/api/collection/graph")
        body = {}
        for group, sees in (wanted or {}).items():
            there = graph["groups"].get(str(_group(group, world)), {})
            body[group] = {c: there.get(str(world.id("collection", c)), _DENIED) for c in sees}
        return Found(0, "", body, graph)

    def create(self, key: str, body: Body, world: World) -> None:
        raise AssertionError("there always are permissions")

    def update(self, key: str, body: Body, found: Found, world: World) -> None:
        groups = {
            str(_group(group, world)): {str(world.id("collection", c)): may for c, may in sees.items()}
            for group, sees in body.items()
        }
        changed = {g: found.raw["groups"].get(g, {}) | sees for g, sees in groups.items()}
        world.api.put(
            "/api/collection/graph?force=false&skip-graph=false", {"revision": found.raw["revision"], "groups": changed}
        )

    def remove(self, key: str, found: Found, world: World) -> str:
        return ""


def _group(name: str, world: World) -> int | Unknown:
    return ALL_USERS if name == "All Users" else world.id("group", name)


def _readers(world: World) -> list[str]:
    if world.boards is None:
        return []
    site = world.boards.site
    return list(
        dict.fromkeys(r for c in (site.root, *site.collections.values()) for r in c.readers if r != "All Users")
    )


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
