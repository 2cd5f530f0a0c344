"""Questions."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from dashboards.metabase import query, visual
from dashboards.metabase.world import Body, Found, Unknown, World
from dashboards.spec.board import Board
from dashboards.spec.question import Question


class Card:
    """A question, known by an entity id of our own making, so that none is ever made twice."""

    name = "card"

    def wanted(self, world: World) -> dict[str, Body]:
        questions = {
            f"{key}/{name}": (board, question)
            for key, board in world.specs.items()
            for name, question in board.questions.items()
        }
        if not questions:
            return {}
        fields = world.fields({c for _, question in questions.values() for c in question.filters.values()})
        return {key: _body(board, question, world, fields) for key, (board, question) in questions.items()}

    def find(self, key: str, wanted: Body | None, world: World) -> Found | None:
        entity = entity_id(key)
        there = world.remembered("card", key, "/api/card")
        if there and there["entity_id"] == entity:
            return _found(there)
        if wanted is None:
            return None
        listed = next((c for c in world.every_card if c.get("entity_id") == entity), None)
        return _found(world.api.get(f"/api/card/{listed['id']}")) if listed else None

    def create(self, key: str, body: Body, world: World) -> None:
        made = world.api.post("/api/card", {**_sent(body), "type": "question", "entity_id": entity_id(key)})
        world.ids.put("card", key, made["id"], entity_id(key))

    def update(self, key: str, body: Body, found: Found, world: World) -> None:
        world.api.put(f"/api/card/{found.id}", {**_sent(body), "archived": body["archived"]})

    def remove(self, key: str, found: Found, world: World) -> str:
        world.api.delete(f"/api/card/{found.id}")
        return ""


def entity_id(key: str) -> str:
    """21 letters as Metabase's own have."""
    digest = hashlib.sha256(f"millwright/card/{key}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:21]


def _body(board: Board, question: Question, world: World, fields: dict[str, int | Unknown]) -> Body:
    plain = query.plain(question, board, world.id("database", "warehouse"), fields.__getitem__)
    return {
        "name": question.name,
        "description": question.description.strip(),
        "display": question.display,
        "collection": world.id("collection", board.collection),
        "query": plain,
        "parameters": query.parameters(plain),
        "settings": visual.settings_of(question),
        "archived": False,
    }


def _sent(body: Body) -> Body:
    return {
        "name": body["name"],
        "description": body["description"],
        "display": body["display"],
        "collection_id": body["collection"],
        "dataset_query": query.stored(body["query"]),
        "parameters": body["parameters"],
        "visualization_settings": body["settings"],
    }


def _found(there: dict[str, Any]) -> Found:
    body = {
        "name": there.get("name"),
        "description": there.get("description"),
        "display": there.get("display"),
        "collection": there.get("collection_id"),
        "query": query.read(there.get("dataset_query") or {}),
        "parameters": [
            {name: p.get(name) for name in ("id", "type", "target", "name", "slug")}
            for p in there.get("parameters") or []
        ],
        "settings": there.get("visualization_settings") or {},
        "archived": bool(there.get("archived")),
    }
    return Found(int(there["id"]), there.get("entity_id") or "", body)
