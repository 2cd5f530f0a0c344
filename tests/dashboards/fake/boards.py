"""Dashboards: both arrays replace what was, and negative ids become real ones."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from tests.dashboards.fake.cards import Cards
from tests.dashboards.fake.site import Site
from tests.dashboards.fake.state import Answer, missing


class Boards(Cards, Site):
    """Tabs, cards and public links."""

    def __init__(self) -> None:
        super().__init__()
        self.dashboards: dict[int, dict[str, Any]] = {}

    def post_dashboard(self, *, body: Any, **_: Any) -> Answer:
        number = self.number()
        made = {"id": number, "entity_id": self.entity(), "archived": False, "public_uuid": None}
        made |= {"enable_embedding": False, "collection_position": None, "description": None, "parameters": []}
        self.dashboards[number] = made | body | {"dashcards": [], "tabs": []}
        return 200, self.dashboards[number]

    def get_dashboard_one(self, number: int, **_: Any) -> Answer:
        if number not in self.dashboards:
            return missing()
        there = copy.deepcopy(self.dashboards[number])
        for card in there["dashcards"]:
            card["card"] = self.cards.get(card["card_id"])
        return 200, there

    def put_dashboard_one(self, number: int, *, body: Any, **_: Any) -> Answer:
        if number not in self.dashboards:
            return missing()
        there = self.dashboards[number]
        made: dict[int, int] = {}
        if (tabs := body.pop("tabs", None)) is not None:
            for tab in tabs:
                if tab["id"] < 0:
                    made[tab["id"]] = self.number()
                    tab["id"] = made[tab["id"]]
                else:
                    assert tab["id"] in {old["id"] for old in there["tabs"]}
            there["tabs"] = [{"id": tab["id"], "name": tab["name"], "dashboard_id": number} for tab in tabs]
            kept = {tab["id"] for tab in tabs}
            there["dashcards"] = [d for d in there["dashcards"] if d["dashboard_tab_id"] in kept | {None}]
        if (cards := body.pop("dashcards", None)) is not None:
            there["dashcards"] = [self._dashcard(number, card, made) for card in cards]
        there |= body
        return self.get_dashboard_one(number)

    def _dashcard(self, number: int, card: dict[str, Any], made: dict[int, int]) -> dict[str, Any]:
        there = self.dashboards[number]
        old = next((d for d in there["dashcards"] if d["id"] == card["id"]), None)
        assert old is not None or card["id"] < 0, "an id that is not there"
        tab = made.get(card.get("dashboard_tab_id"), card.get("dashboard_tab_id"))
        assert tab is None or tab in {t["id"] for t in there["tabs"]}, "FK constraint"
        return {
            "id": old["id"] if old else self.number(),
            "dashboard_id": number,
            "card_id": card.get("card_id"),  # left out, it is lost
            "dashboard_tab_id": tab,
            **{name: card[name] for name in ("row", "col", "size_x", "size_y")},
            "parameter_mappings": card.get("parameter_mappings") or [],
            "visualization_settings": card.get("visualization_settings") or {},
            "series": card.get("series") or [],
        }

    def delete_dashboard_one(self, number: int, **_: Any) -> Answer:
        del self.dashboards[number]
        return 204, None

    def post_dashboard_public_link_one(self, number: int, **_: Any) -> Answer:
        if not self.settings["enable-public-sharing"]:
            return 400, {"message": "Public sharing is not enabled."}
        self.dashboards[number]["public_uuid"] = self.dashboards[number]["public_uuid"] or str(uuid.uuid4())
        return 200, {"uuid": self.dashboards[number]["public_uuid"]}

    def delete_dashboard_public_link_one(self, number: int, **_: Any) -> Answer:
        if not self.dashboards[number]["public_uuid"]:
            return missing()
        self.dashboards[number]["public_uuid"] = None
        return 204, None
