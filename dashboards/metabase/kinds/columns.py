"""What dbt's papers say of the tables and columns that dashboards read."""

from __future__ import annotations

from typing import Any

from dashboards.check.queries import read
from dashboards.marts import MartColumn, marts
from dashboards.metabase.world import Body, Found, Unknown, World
from dashboards.spec.read import Boards
from millwright.settings import settings


class Table:
    """What a mart is."""

    name = "table"

    def wanted(self, world: World) -> dict[str, Body]:
        known = marts(settings().dbt_dir)
        return {name: {"description": known[name].description} for name in _read_marts(world.boards)}

    def find(self, key: str, wanted: Body | None, world: World) -> Found | None:
        if wanted is None:
            return None
        return _tables(world).get(key, Found(0, "", {"description": Unknown("table", key)}))

    def create(self, key: str, body: Body, world: World) -> None:
        raise AssertionError("tables are found, not made")

    def update(self, key: str, body: Body, found: Found, world: World) -> None:
        table = _tables(world)[key]
        if table.body != body:
            world.api.put(f"/api/table/{table.id}", body)

    def remove(self, key: str, found: Found, world: World) -> str:
        return ""


class Field:
    """What a mart's column means."""

    name = "field"

    def wanted(self, world: World) -> dict[str, Body]:
        known = marts(settings().dbt_dir)
        read_marts = _read_marts(world.boards)
        columns = {f"{m}.{c.name}": c for m in read_marts for c in known[m].columns.values()}
        if columns:  # waits for them, when it acts: for those that filters need, and of each mart for one
            firsts = {f"{m}.{next(iter(known[m].columns))}" for m in read_marts}
            world.fields(firsts | _bound(world.boards))
        # A channel that this plant's contract does not have is in the papers, and in no table.
        there = set(_columns(world)) or set(columns)
        return {
            key: {"description": column.description} | ({"semantic_type": kind} if (kind := _semantic(column)) else {})
            for key, column in columns.items()
            if key in there
        }

    def find(self, key: str, wanted: Body | None, world: World) -> Found | None:
        if wanted is None:
            return None
        there = _columns(world).get(key)
        if there is None:
            return Found(0, "", {name: Unknown("field", key) for name in wanted})
        return Found(there["id"], "", {name: there.get(name) for name in wanted})

    def create(self, key: str, body: Body, world: World) -> None:
        raise AssertionError("fields are found, not made")

    def update(self, key: str, body: Body, found: Found, world: World) -> None:
        world.api.put(f"/api/field/{found.id}", body)

    def remove(self, key: str, found: Found, world: World) -> str:
        return ""


def _read_marts(boards: Boards | None) -> list[str]:
    """The marts that any question reads, or any filter offers values of."""
    if boards is None:
        return []
    names = {
        table.partition(".")[2]
        for board in boards.boards.values()
        for question in board.questions.values()
        for table in read(question).tables
    }
    offered = {f.values for board in boards.boards.values() for f in board.filters.values() if f.kind == "choice"}
    return sorted(names | {column.partition(".")[0] for column in offered})


def _bound(boards: Boards | None) -> set[str]:
    """The columns to which filters are bound."""
    every = boards.boards.values() if boards else ()
    return {column for board in every for question in board.questions.values() for column in question.filters.values()}


def _semantic(column: MartColumn) -> str:
    """What Metabase should take the column for; "" leaves it as it is."""
    if column.is_unique:
        return "type/PK"
    if column.is_share:
        return "type/Percentage"
    if column.name.endswith("_name") and column.data_type == "text":
        return "type/Name"
    if column.values or (column.name.endswith("_id") and column.data_type == "text"):
        return "type/Category"
    return ""


def _tables(world: World) -> dict[str, Found]:
    tables = world.metadata().get("tables", [])
    return {
        t["name"]: Found(t["id"], "", {"description": t.get("description")})
        for t in tables
        if t.get("schema") == "marts"
    }


def _columns(world: World) -> dict[str, dict[str, Any]]:
    tables = world.metadata().get("tables", [])
    return {f"{t['name']}.{f['name']}": f for t in tables if t.get("schema") == "marts" for f in t.get("fields", [])}
