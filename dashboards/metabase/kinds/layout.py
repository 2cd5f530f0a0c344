"""What stands on a dashboard: its filters, its cards, and where a click leads."""

from __future__ import annotations

from typing import Any

from dashboards.metabase import visual
from dashboards.metabase.kinds.boards import dashboard
from dashboards.metabase.query import WIDGETS
from dashboards.metabase.world import Body, Found, Unknown, World
from dashboards.spec.board import Board, Card

_SECTIONS = {"choice": "string", "period": "date"}


class Layout:
    """Sent whole: Metabase replaces both arrays. Cards that are there keep their ids; negative ids are new."""

    name = "layout"

    def wanted(self, world: World) -> dict[str, Body]:
        return {
            key: {"filters": _parameters(board), "cards": _cards(key, board, world)}
            for key, board in world.specs.items()
        }

    def find(self, key: str, wanted: Body | None, world: World) -> Found | None:
        there = dashboard(key, world)
        if there is None or wanted is None:
            return Found(0, "", {"filters": [], "cards": {}})
        keys = _match(there, wanted["cards"])
        cards = {keys[card["id"]]: _card(card) for card in there.get("dashcards") or []}
        names = ("id", "name", "slug", "type", "sectionId")
        filters = [
            {n: p.get(n) for n in names} | ({"default": p["default"]} if p.get("default") is not None else {})
            for p in there.get("parameters") or []
        ]
        return Found(int(there["id"]), "", {"filters": filters, "cards": cards}, there)

    def create(self, key: str, body: Body, world: World) -> None:
        raise AssertionError("a dashboard always has a layout")

    def update(self, key: str, body: Body, found: Found, world: World) -> None:
        there = dashboard(key, world)
        ids = {k: number for number, k in _match(there, body["cards"]).items()}
        sent = [
            {
                "id": ids.get(name, -number),
                "card_id": card["card"],
                "dashboard_tab_id": card["tab"],
                "row": card["at"][1],
                "col": card["at"][0],
                "size_x": card["size"][0],
                "size_y": card["size"][1],
                "parameter_mappings": [
                    {
                        "parameter_id": name,
                        "card_id": card["card"],
                        "target": ["dimension", ["template-tag", tag]],
                    }
                    for name, tag in card["filters"].items()
                ],
                "visualization_settings": card["settings"],
                "series": [],
            }
            for number, (name, card) in enumerate(body["cards"].items(), 1)
        ]
        tabs = [{"id": tab["id"], "name": tab["name"]} for tab in there.get("tabs") or []]
        world.api.put(f"/api/dashboard/{there['id']}", {"parameters": body["filters"], "tabs": tabs, "dashcards": sent})

    def remove(self, key: str, found: Found, world: World) -> str:
        return ""


def _parameters(board: Board) -> list[Body]:
    return [
        {
            "id": name,
            "name": each.label,
            "slug": name,
            "type": WIDGETS[each.kind],
            "sectionId": _SECTIONS[each.kind],
        }
        for name, each in board.filters.items()
    ]


def _cards(key: str, board: Board, world: World) -> dict[str, Body]:
    """By the question's name (a second card of it, or a text, has a number)."""
    made: dict[str, Body] = {}
    for tab in board.tabs:
        for card in tab.cards:
            name = label = card.question or "text"
            number = 2
            while name in made:
                name, number = f"{label} {number}", number + 1
            made[name] = {
                "card": world.id("card", f"{key}/{card.question}") if card.question else None,
                "tab": world.id("tab", f"{key}/{tab.name}"),
                "at": list(card.at),
                "size": list(card.size),
                "filters": {f: f for f in board.questions[card.question].filters} if card.question else {},
                "settings": _settings(key, card, board, world),
            }
    return made


def _settings(key: str, card: Card, board: Board, world: World) -> Body:
    if card.text is not None:
        virtual: Body = {"name": None, "display": "text", "visualization_settings": {}, "archived": False}
        return {"virtual_card": virtual, "text": card.text, "dashcard.background": False}
    if card.click is None:
        return {}
    goal = card.click.board or key
    tab = world.id("tab", f"{goal}/{card.click.tab}") if card.click.tab else None
    return visual.click_behavior(card, board, world.id("dashboard", goal), tab)


def _match(there: Any, wanted: dict[str, Body]) -> dict[int, str]:
    """The id of each card that is there → the name of the wanted one that it is; what is of others has its own."""
    names: dict[int, str] = {}
    free = dict(wanted)
    cards = there.get("dashcards") or []
    fits = (
        lambda card, body: _card(card) == body,
        lambda card, body: _same(card, body) and card.get("dashboard_tab_id") == body["tab"],
        _same,
    )
    for fit in fits:
        for card in cards:
            if card["id"] not in names:
                name = next((n for n, body in free.items() if fit(card, body)), None)
                if name is not None:
                    names[card["id"]] = name
                    del free[name]
    return names | {card["id"]: f"other {card['id']}" for card in cards if card["id"] not in names}


def _same(card: dict[str, Any], body: Body) -> bool:
    return not isinstance(body["card"], Unknown) and card.get("card_id") == body["card"]


def _card(card: dict[str, Any]) -> Body:
    mappings = card.get("parameter_mappings") or []
    return {
        "card": card.get("card_id"),
        "tab": card.get("dashboard_tab_id"),
        "at": [card.get("col"), card.get("row")],
        "size": [card.get("size_x"), card.get("size_y")],
        "filters": {m["parameter_id"]: _tag(m.get("target")) for m in mappings},
        "settings": card.get("visualization_settings") or {},
    } | ({"series": [s.get("id") for s in card["series"]]} if card.get("series") else {})


def _tag(target: Any) -> Any:
    """The tag in ["dimension", ["template-tag", name], …]; anything else as it is."""
    try:
        return target[1][1] if target[0] == "dimension" and target[1][0] == "template-tag" else target
    except (TypeError, IndexError):
        return target
