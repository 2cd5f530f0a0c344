"""Groups, and which of them may look into which collection."""

from __future__ import annotations

from typing import Any

from dashboards.metabase.world import Body, Found, Unknown, World

ALL_USERS = 1  # the group's id in every Metabase
_DENIED = "none"


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
