"""What a walk over the kinds knows: the API, the boards, and the ids under which Metabase holds what is ours."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from dashboards.metabase.client import Metabase, Refused
from dashboards.spec.board import Board
from dashboards.spec.read import Boards
from dashboards.state import keep, kept
from millwright.errors import MillwrightError

Body = dict[str, Any]
_SYNC_SECONDS = 300.0


@dataclass(frozen=True)
class Unknown:
    """An id that Metabase will give when what it belongs to is made."""

    kind: str
    key: str

    def __str__(self) -> str:
        return "(known after apply)"

    __repr__ = __str__


@dataclass(frozen=True)
class Found:
    """Something that is there: its id, the entity id that no other thing has, and what it says in our words."""

    id: int
    entity: str
    body: Body
    raw: Any = None


class Ids:
    """Kind and key → id and entity id, for one Metabase; kept in the state folder unless this is only a plan."""

    def __init__(self, url: str, is_kept: bool) -> None:
        self._url, self._is_kept = url, is_kept
        self._ids: dict[str, dict[str, Any]] = kept("metabase").get(url, {}).get("ids", {})

    def get(self, kind: str, key: str) -> tuple[int, str] | None:
        entry = self._ids.get(kind, {}).get(key)
        return (int(entry["id"]), str(entry.get("entity", ""))) if entry else None

    def keys(self, kind: str) -> list[str]:
        return list(self._ids.get(kind, {}))

    def put(self, kind: str, key: str, number: int, entity: str = "", **more: str) -> None:
        entry = {"id": number, "entity": entity, **more}
        if self._ids.get(kind, {}).get(key) != entry:
            self._ids.setdefault(kind, {})[key] = entry
            self._keep()

    def note(self, kind: str, key: str, name: str) -> str:
        return str(self._ids.get(kind, {}).get(key, {}).get(name, ""))

    def drop(self, kind: str, key: str) -> None:
        if self._ids.get(kind, {}).pop(key, None) is not None:
            self._keep()

    def _keep(self) -> None:
        if self._is_kept:
            state = kept("metabase")
            state[self._url] = state.get(self._url, {}) | {"ids": self._ids}
            keep("metabase", state)


@dataclass
class World:
    """Everything that a kind may ask."""

    api: Metabase
    boards: Boards | None  # None: nothing is wanted
    ids: Ids
    acts: bool
    recipients: list[str] = field(default_factory=list)
    tell: Callable[[str], None] = lambda text: None
    sleep: Callable[[float], None] = time.sleep
    _metadata: Body = field(default_factory=dict)

    def id(self, kind: str, key: str) -> int | Unknown:
        """The id of something of ours, or Unknown as long as it is not there."""
        entry = self.ids.get(kind, key)
        return entry[0] if entry else Unknown(kind, key)

    @property
    def specs(self) -> dict[str, Board]:
        """What the files say of each dashboard; nothing when nothing is wanted."""
        return self.boards.boards if self.boards else {}

    def resolved(self, value: Any) -> Any:
        """A body with the ids that have become known meanwhile."""
        match value:
            case Unknown():
                return self.id(value.kind, value.key)
            case dict():
                return {name: self.resolved(each) for name, each in value.items()}
            case list():
                return [self.resolved(each) for each in value]
        return value

    def look(self, path: str, **parameters: Any) -> Any:
        """What is there, or None where nothing is."""
        try:
            return self.api.get(path, **parameters)
        except Refused as error:
            if error.status in (400, 404):  # older versions say 400 of an id that never was
                return None
            raise

    def remembered(self, kind: str, key: str, path: str, mark: str = "entity_id") -> Any:
        """What is there under the id that we remember, if `mark` says that it is the same thing; else None."""
        if known := self.ids.get(kind, key):
            there = self.look(f"{path}/{known[0]}")
            if there and there.get(mark, "") == known[1]:
                return there
        return None

    def items(self, collection: int, **parameters: Any) -> list[Body]:
        """What lies in a collection."""
        flags = {"archived": False, "include_can_run_adhoc_query": False, "official_collections_first": False}
        flags |= {"show_dashboard_questions": "models" not in parameters}
        listed = self.api.get(f"/api/collection/{collection}/items", **flags, **parameters) or {}
        return list(listed.get("data", []))

    @cached_property
    def every_card(self) -> list[Body]:
        """All cards, for those of whom the state has no id."""
        return list(self.api.get("/api/card", f="all") or [])

    def metadata(self) -> Body:
        """The database's tables and fields as Metabase knew them when asked first; empty without a database."""
        if not self._metadata and not isinstance(database := self.id("database", "warehouse"), Unknown):
            flags = {"include_hidden": True, "include_editable_data_model": False}
            flags |= {"remove_inactive": True, "skip_fields": False}
            self._metadata = dict(self.api.get(f"/api/database/{database}/metadata", **flags))
        return self._metadata

    def fields(self, wanted: set[str]) -> dict[str, int | Unknown]:
        """`mart.column` → id of its field; waits until Metabase has found them, when it acts.

        Raises MillwrightError naming what it does not find.
        """
        deadline = time.monotonic() + _SYNC_SECONDS
        asked = False
        while True:
            self._metadata = {}
            there = dict(self._fields())
            missing = sorted(wanted - set(there))
            if not missing or not self.acts:
                return {name: there.get(name, Unknown("field", name)) for name in wanted}
            if not asked:
                self.api.post(f"/api/database/{self.id('database', 'warehouse')}/sync_schema")
                asked = True
            if time.monotonic() > deadline:
                raise MillwrightError(
                    f"Metabase does not find {', '.join(missing[:5])} in schema marts.",
                    "Run `dbt build`, then apply again.",
                )
            self.tell(f"waiting for Metabase to find {missing[0]}")
            self.sleep(1.0)

    def _fields(self) -> Iterator[tuple[str, int]]:
        for table in self.metadata().get("tables", []):
            if table.get("schema") == "marts":
                for each in table.get("fields", []):
                    yield f"{table['name']}.{each['name']}", int(each["id"])


class Kind(Protocol):
    """One kind of thing. Bodies are in our own words, so that what the server rewrites does not show as drift."""

    name: str

    def wanted(self, world: World) -> dict[str, Body]:
        """What should be, by key."""

    def find(self, key: str, wanted: Body | None, world: World) -> Found | None:
        """What is there under the key; None when there is nothing of ours."""

    def create(self, key: str, body: Body, world: World) -> None:
        """Make it, and remember its id."""

    def update(self, key: str, body: Body, found: Found, world: World) -> None:
        """Make it say what it should."""

    def remove(self, key: str, found: Found, world: World) -> str:
        """Take it away. Returns why not, when others would lose by it."""
