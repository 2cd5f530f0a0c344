"""Dashboards: first they themselves, then their tabs, then what stands on them, for clicks lead from one to another."""

from __future__ import annotations

from typing import Any

from dashboards.metabase.world import Body, Found, Unknown, World


class Board:
    """A dashboard without what stands on it."""

    name = "dashboard"

    def wanted(self, world: World) -> dict[str, Body]:
        return {
            key: {
                "name": board.name,
                "description": board.description.strip(),
                "collection": world.id("collection", board.collection),
                "position": board.position,
                "archived": False,
                "is_embedded": False,
                "is_shared": board.shared,
            }
            for key, board in world.specs.items()
        }

    def find(self, key: str, wanted: Body | None, world: World) -> Found | None:
        if there := world.remembered("dashboard", key, "/api/dashboard"):
            return _found(there)
        if wanted is None or isinstance(wanted["collection"], Unknown):
            return None
        return _interrupted(wanted, world)

    def create(self, key: str, body: Body, world: World) -> None:
        made = world.api.post("/api/dashboard", {**_sent(body), "parameters": []})
        world.ids.put("dashboard", key, made["id"], made.get("entity_id", ""))
        if body["is_shared"]:
            world.api.post(f"/api/dashboard/{made['id']}/public_link")

    def update(self, key: str, body: Body, found: Found, world: World) -> None:
        plain = {name: value for name, value in body.items() if name != "is_shared"}
        if any(found.body[name] != value for name, value in plain.items()):
            sent = {"archived": body["archived"], "enable_embedding": body["is_embedded"]}
            world.api.put(f"/api/dashboard/{found.id}", _sent(body) | sent)
        if body["is_shared"] != found.body["is_shared"]:
            link = f"/api/dashboard/{found.id}/public_link"
            if body["is_shared"]:
                world.api.post(link)
            else:
                world.api.delete(link)

    def remove(self, key: str, found: Found, world: World) -> str:
        world.api.delete(f"/api/dashboard/{found.id}")
        return ""


class Tabs:
    """A dashboard's pages, by name and in order."""

    name = "tabs"

    def wanted(self, world: World) -> dict[str, Body]:
        return {key: {"tabs": [tab.name for tab in board.tabs]} for key, board in world.specs.items()}

    def find(self, key: str, wanted: Body | None, world: World) -> Found | None:
        there = dashboard(key, world)
        if there is None:
            return Found(0, "", {"tabs": []})
        tabs = there.get("tabs") or []
        for tab in tabs:
            world.ids.put("tab", f"{key}/{tab['name']}", tab["id"])
        return Found(int(there["id"]), "", {"tabs": [tab["name"] for tab in tabs]}, there)

    def create(self, key: str, body: Body, world: World) -> None:
        raise AssertionError("a dashboard always has a list of tabs")

    def update(self, key: str, body: Body, found: Found, world: World) -> None:
        there = dashboard(key, world) or {}
        old = list(there.get("tabs") or [])
        by_name = {tab["name"]: tab["id"] for tab in old}
        # A tab whose name nobody wants is one that was renamed, as long as a wanted one is missing.
        renamed = [tab["id"] for tab in old if tab["name"] not in body["tabs"]]
        tabs = []
        for number, name in enumerate(body["tabs"], 1):
            number = by_name.get(name) or (renamed.pop(0) if renamed else -number)
            tabs.append({"id": number, "name": name})
        kept = {tab["id"] for tab in tabs}
        cards = [_resent(card) for card in there.get("dashcards") or []]
        for card in cards:
            if card["dashboard_tab_id"] not in kept:
                card["dashboard_tab_id"] = tabs[0]["id"]
        world.api.put(f"/api/dashboard/{there['id']}", {"tabs": tabs, "dashcards": cards})
        self.find(key, body, world)

    def remove(self, key: str, found: Found, world: World) -> str:
        return ""


def dashboard(key: str, world: World) -> Any:
    """The dashboard with its cards, or None as long as it is not there."""
    number = world.id("dashboard", key)
    return None if isinstance(number, Unknown) else world.api.get(f"/api/dashboard/{number}")


def _resent(card: dict[str, Any]) -> dict[str, Any]:
    """A card of a dashboard as it is sent back unchanged: card_id always, or it becomes one without a question."""
    names = ("id", "card_id", "row", "col", "size_x", "size_y", "parameter_mappings", "visualization_settings")
    return {name: card.get(name) for name in names} | {
        "series": card.get("series") or [],
        "dashboard_tab_id": card.get("dashboard_tab_id"),
    }


def _interrupted(wanted: Body, world: World) -> Found | None:
    """A dashboard that an apply made and was killed before it could remember: its name, and nothing on it of others."""
    ours = {known[0] for key in world.ids.keys("card") if (known := world.ids.get("card", key))}
    taken = {known[0] for key in world.ids.keys("dashboard") if (known := world.ids.get("dashboard", key))}
    for item in world.items(wanted["collection"], models="dashboard"):
        if item.get("name") == wanted["name"] and item["id"] not in taken:
            there = world.api.get(f"/api/dashboard/{item['id']}")
            cards = {card["card_id"] for card in there.get("dashcards") or [] if card.get("card_id")}
            if there.get("description") == wanted["description"] and cards <= ours:
                return _found(there)
    return None


def _sent(body: Body) -> Body:
    return {
        "name": body["name"],
        "description": body["description"],
        "collection_id": body["collection"],
        "collection_position": body["position"],
    }


def _found(there: dict[str, Any]) -> Found:
    body = {
        "name": there.get("name"),
        "description": there.get("description"),
        "collection": there.get("collection_id"),
        "position": there.get("collection_position"),
        "archived": bool(there.get("archived")),
        "is_embedded": bool(there.get("enable_embedding")),
        "is_shared": bool(there.get("public_uuid")),
    }
    return Found(int(there["id"]), there.get("entity_id") or "", body, there)
