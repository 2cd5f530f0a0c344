"""The dashboards as they are in Metabase, written as files: what people moved, renamed and rewrote there by hand."""

from __future__ import annotations

from typing import Any

import yaml

from dashboards.metabase.kinds.boards import Board, Tabs
from dashboards.metabase.kinds.cards import Card
from dashboards.metabase.kinds.layout import Layout
from dashboards.metabase.world import Body, World
from dashboards.spec.read import Boards
from millwright.errors import MillwrightError


class _Blocks(yaml.SafeDumper):
    """Text of several lines as such a block, as people write SQL."""


_Blocks.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def pulled(boards: Boards, world: World) -> dict[str, str]:
    """Board → YAML: our file with names, descriptions, SQL, tabs and places as Metabase has them, comments left out.

    Cards that others put on our dashboards are told of in a comment: their questions are not ours to describe.
    Raises MillwrightError when nothing has been applied yet.
    """
    kinds = Board(), Card(), Tabs(), Layout()
    board_kind, card_kind, tab_kind, layout_kind = kinds
    boards_wanted, cards_wanted, _, layouts_wanted = (kind.wanted(world) for kind in kinds)
    files = {}
    for key, located in boards.files.items():
        data: dict[str, Any] = yaml.safe_load(yaml.safe_dump(located.data))  # our own copy
        found = board_kind.find(key, boards_wanted[key], world)
        if found is None:
            raise MillwrightError(f"Metabase has no dashboard {key}.", "Run `millwright dashboards apply` first.")
        world.ids.put("dashboard", key, found.id, found.entity)
        data |= {"name": found.body["name"], "description": found.body["description"]}
        for name, question in data["questions"].items():
            if there := card_kind.find(f"{key}/{name}", cards_wanted[f"{key}/{name}"], world):
                question |= {n: there.body[n] for n in ("name", "description")}
                if there.body["query"]:
                    question["sql"] = there.body["query"]["sql"]
        tab_kind.find(key, None, world)
        layout = layout_kind.find(key, layouts_wanted[key], world)
        others = _place(data, layout.body["cards"] if layout else {})
        notes = "".join(f"# Somebody put the question {number} on it.\n" for number in others)
        files[key] = notes + yaml.dump(data, Dumper=_Blocks, sort_keys=False, allow_unicode=True, width=120)
    return files


def _place(data: dict[str, Any], there: dict[str, Body]) -> list[Any]:
    """Put each card of the file where it stands; what stands nowhere is gone. Returns the cards of others."""
    seen: set[str] = set()
    for tab in data["tabs"]:
        kept = []
        for card in tab["cards"]:
            name = label = card.get("question", "text")
            number = 2
            while name in seen:
                name, number = f"{label} {number}", number + 1
            seen.add(name)
            if name in there:
                card |= {"at": there[name]["at"], "size": there[name]["size"]}
                if "text" in card:
                    card["text"] = there[name]["settings"].get("text", card["text"])
                kept.append(card)
        tab["cards"] = kept
    return [body["card"] for name, body in there.items() if name not in seen]
