"""A question's query as Metabase stores it, and back to what we compare: the server rewrites what it is sent."""

from __future__ import annotations

import uuid
from typing import Any

from dashboards.spec.board import Board
from dashboards.spec.question import Question

WIDGETS = {"choice": "string/=", "period": "date/all-options"}


def plain(question: Question, board: Board, database: Any, field_of: Any) -> dict[str, Any]:
    """What we want of a query: database, SQL, and each tag's field and widget. `field_of(column)` is its id."""
    tags = {
        name: {
            "field": field_of(column),
            "label": board.filters[name].label,
            "widget": WIDGETS[board.filters[name].kind],
        }
        for name, column in question.filters.items()
    }
    return {"database": database, "sql": question.sql, "tags": tags}


def stored(query: dict[str, Any]) -> dict[str, Any]:
    """The query in the form of Metabase 57 and later (MBQL 5)."""
    tags = {
        name: {
            "id": tag_id(name),
            "name": name,
            "display-name": tag["label"],
            "type": "dimension",
            "dimension": ["field", {"lib/uuid": str(uuid.uuid4())}, tag["field"]],
            "widget-type": tag["widget"],
        }
        for name, tag in query["tags"].items()
    }
    stage = {"lib/type": "mbql.stage/native", "native": query["sql"], "template-tags": tags}
    return {"lib/type": "mbql/query", "database": query["database"], "stages": [stage]}


def read(query: dict[str, Any]) -> dict[str, Any]:
    """What a stored query says, in either form; other than a native one is {}."""
    if stages := query.get("stages"):
        native, tags = stages[0].get("native"), stages[0].get("template-tags", {})
        native = native if len(stages) == 1 else None
    else:
        inner = query.get("native") or {}
        native, tags = inner.get("query"), inner.get("template-tags", {})
    if not isinstance(native, str):
        return {}
    return {
        "database": query.get("database"),
        "sql": native,
        "tags": {
            name: {
                "field": _field(tag.get("dimension")),
                "label": tag.get("display-name"),
                "widget": tag.get("widget-type"),
            }
            | {k: tag[k] for k in ("default", "required") if tag.get(k)}
            for name, tag in tags.items()
        },
    }


def parameters(query: dict[str, Any]) -> list[dict[str, Any]]:
    """A card's own parameters, one a tag: without them a dashboard's filter does not reach it."""
    return [
        {
            "id": tag_id(name),
            "type": tag["widget"],
            "target": ["dimension", ["template-tag", name]],
            "name": tag["label"],
            "slug": name,
        }
        for name, tag in query["tags"].items()
    ]


def tag_id(name: str) -> str:
    """The same in every card and every Metabase."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"millwright/dashboards/{name}"))


def _field(dimension: Any) -> Any:
    """The id in ["field", {…}, 12] (MBQL 5) or ["field", 12, {…}] (before)."""
    parts = [part for part in (dimension or [])[1:] if isinstance(part, int)]
    return parts[0] if parts else None
