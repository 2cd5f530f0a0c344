"""Questions; a query is stored rewritten, and an entity id is taken once."""

from __future__ import annotations

import uuid
from typing import Any

from tests.dashboards.fake.databases import Databases
from tests.dashboards.fake.state import Answer, missing
from tests.dashboards.fake.subscriptions import Subscriptions


class Cards(Databases, Subscriptions):
    """What stands on a question goes with it."""

    def __init__(self) -> None:
        super().__init__()
        self.cards: dict[int, dict[str, Any]] = {}

    def get_card(self, *, query: dict[str, str], **_: Any) -> Answer:
        cards = [c for c in self.cards.values() if not c["archived"]]
        if query["f"] == "database":
            cards = [c for c in cards if c["dataset_query"]["database"] == int(query["model_id"])]
        return 200, cards

    def get_card_one(self, number: int, **_: Any) -> Answer:
        return (200, self.cards[number]) if number in self.cards else missing()

    def post_card(self, *, body: Any, **_: Any) -> Answer:
        entity = body.get("entity_id") or self.entity()
        if any(card["entity_id"] == entity for card in self.cards.values()):
            return 500, {"message": "duplicate key value violates unique constraint report_card_entity_id_key"}
        if body["dataset_query"]["database"] not in self.databases:
            return 400, {"message": "FK constraint"}
        number = self.number()
        made = {"id": number, "archived": False, "parameters": [], "description": None, "enable_embedding": False}
        body["dataset_query"] = normalised(body["dataset_query"])
        self.cards[number] = made | body | {"entity_id": entity}
        return 200, self.cards[number]

    def put_card_one(self, number: int, *, body: Any, **_: Any) -> Answer:
        if number not in self.cards:
            return missing()
        if "dataset_query" in body:
            body["dataset_query"] = normalised(body["dataset_query"])
        self.cards[number] |= body
        return 200, self.cards[number]

    def delete_card_one(self, number: int, **_: Any) -> Answer:
        del self.cards[number]
        for dashboard in self.dashboards.values():
            dashboard["dashcards"] = [d for d in dashboard["dashcards"] if d["card_id"] != number]
        self.notifications = {k: n for k, n in self.notifications.items() if n["payload"]["card_id"] != number}
        return 204, None


def normalised(query: dict[str, Any]) -> dict[str, Any]:
    """As the server stores a query, whichever form it was sent in: MBQL 5 with new uuids."""
    if query.get("type") == "native":
        inner = query["native"]
        stage = {"native": inner["query"], "template-tags": inner.get("template-tags", {})}
        query = {"database": query["database"], "stages": [stage]}
    for stage in query["stages"]:
        stage["lib/type"] = "mbql.stage/native"
        for tag in stage.get("template-tags", {}).values():
            if "dimension" in tag:
                number = next(part for part in tag["dimension"][1:] if isinstance(part, int))
                tag["dimension"] = ["field", {"lib/uuid": str(uuid.uuid4())}, number]
    return {"lib/type": "mbql/query", "database": query["database"], "stages": query["stages"]}
