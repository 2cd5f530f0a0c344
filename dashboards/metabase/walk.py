"""Goes over all kinds, each after those that it needs: what differs is the plan, and doing it is the apply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from dashboards.metabase.kinds.access import Access, Group
from dashboards.metabase.kinds.boards import Board, Tabs
from dashboards.metabase.kinds.cards import Card
from dashboards.metabase.kinds.columns import Field, Table
from dashboards.metabase.kinds.database import Database
from dashboards.metabase.kinds.layout import Layout
from dashboards.metabase.kinds.places import Caching, Collection, Setting
from dashboards.metabase.kinds.subscriptions import Subscription
from dashboards.metabase.world import Body, Found, Kind, Unknown, World

KINDS: list[Kind] = [
    *(Setting(), Caching(), Database(), Field(), Table(), Collection(), Group(), Access()),
    *(Card(), Board(), Tabs(), Layout(), Subscription()),
]
# What has a life of its own in Metabase, and is gone when it is not wanted any more.
_OURS = ("subscription", "dashboard", "card", "group", "collection", "database")


@dataclass(frozen=True)
class Difference:
    """One value that is not what it should be."""

    path: str
    is_: Any
    should: Any


@dataclass(frozen=True)
class Change:
    """One thing to make, change, remove, or, where others would lose by that, to leave."""

    action: Literal["create", "update", "remove", "leave"]
    kind: str
    key: str
    differences: list[Difference] = field(default_factory=list)
    why: str = ""


def walk(world: World) -> Iterator[Change]:
    """Every change that is needed; when the world acts, each has been done when it is given.

    An apply that is cut short leaves no harm: the next finds what was made, remembered or not, and goes on.
    """
    wanted: dict[str, dict[str, Body]] = {}
    for kind in KINDS:
        wanted[kind.name] = kind.wanted(world)
        for key, unresolved in wanted[kind.name].items():
            body = world.resolved(unresolved)
            found = kind.find(key, body, world)
            if found is not None and kind.name in _OURS:
                world.ids.put(kind.name, key, found.id, found.entity, **_notes(kind.name, key, world))
            if found is None:
                world.ids.drop(kind.name, key)  # somebody has removed it
                change = Change("create", kind.name, key, list(differences({}, body)))
                if world.acts:
                    kind.create(key, body, world)
            elif changed := list(differences(found.body, body)):
                change = Change("update", kind.name, key, changed)
                if world.acts:
                    kind.update(key, body, found, world)
            else:
                continue
            yield change
    for name in _OURS:
        kind = next(k for k in KINDS if k.name == name)
        for key in world.ids.keys(name):
            if key not in wanted[name]:
                yield from _removal(kind, key, world)


def _removal(kind: Kind, key: str, world: World) -> Iterator[Change]:
    found: Found | None = kind.find(key, None, world)
    if found is None or found.body.get("archived") is True or found.body.get("is_active") is False:
        world.ids.drop(kind.name, key)
        return
    if not world.acts:
        yield Change("remove", kind.name, key)
        return
    if why := kind.remove(key, found, world):
        yield Change("leave", kind.name, key, why=why)
        return
    world.ids.drop(kind.name, key)
    yield Change("remove", kind.name, key)


def _notes(kind: str, key: str, world: World) -> dict[str, str]:
    return {"password": world.ids.note(kind, key, "password")} if kind == "database" else {}


def differences(is_: Any, should: Any, path: str = "") -> Iterator[Difference]:
    """Where two values differ, down to the single one; pure."""
    if isinstance(is_, dict) and isinstance(should, dict):
        for name in dict.fromkeys([*should, *is_]):
            yield from differences(is_.get(name), should.get(name), f"{path}.{name}" if path else str(name))
    elif isinstance(is_, list) and isinstance(should, list) and len(is_) == len(should):
        for number, (one, other) in enumerate(zip(is_, should, strict=True)):
            yield from differences(one, other, f"{path}[{number}]")
    elif is_ != should or isinstance(is_, Unknown):
        yield Difference(path, is_, should)
