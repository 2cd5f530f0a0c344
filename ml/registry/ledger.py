"""The record of decisions: `ml.promotions` in the warehouse, or the same table in a file beside a registry file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ml.registry.client import address

_COLUMNS = "model_name, from_version, to_version, promoted, reason, metrics, run_id"
_BESIDE = """
create table if not exists promotions (
    promotion_id integer primary key,
    model_name text not null,
    from_version int,
    to_version int not null,
    decided_at text not null,
    promoted int not null,
    reason text not null,
    metrics text not null default '{}',
    run_id text
)"""


@dataclass(frozen=True)
class Decision:
    """Whether to promote, and why or why not, in one sentence."""

    promoted: bool
    reason: str


@dataclass(frozen=True)
class Row:
    """One decision as it was recorded; `decided_at` is UTC, as ISO text."""

    from_version: int | None
    to_version: int
    promoted: bool
    reason: str
    decided_at: str


def record(
    name: str, before: int | None, version: int, run_id: str, decision: Decision, metrics: dict[str, Any], alone: bool
) -> None:
    """Append one row."""
    row = (name, before, version, decision.promoted, decision.reason, json.dumps(metrics), run_id)
    with _beside(alone) as file:
        if file is not None:
            now = datetime.now(UTC).isoformat()
            file.execute(
                f"insert into promotions ({_COLUMNS}, decided_at) values (?, ?, ?, ?, ?, ?, ?, ?)", (*row, now)
            )
            return
    from millwright.warehouse import session

    with session() as connection, connection.cursor() as cursor:
        cursor.execute(f"insert into ml.promotions ({_COLUMNS}) values (%s, %s, %s, %s, %s, %s, %s)", row)


def recorded(name: str, alone: bool) -> list[Row]:
    """A model's decisions, the oldest first."""
    columns = "from_version, to_version, promoted, reason, decided_at"
    with _beside(alone) as file:
        if file is not None:
            query = f"select {columns} from promotions where model_name = ? order by promotion_id"
            return [Row(a, b, bool(c), d, e) for a, b, c, d, e in file.execute(query, (name,))]
    from millwright.warehouse import session

    with session() as connection, connection.cursor() as cursor:
        cursor.execute(f"select {columns} from ml.promotions where model_name = %s order by promotion_id", (name,))
        return [Row(a, b, c, d, e.isoformat()) for a, b, c, d, e in cursor.fetchall()]


@contextmanager
def _beside(alone: bool) -> Iterator[sqlite3.Connection | None]:
    """The file's connection, committed at the end; None where the warehouse keeps the record."""
    found = address(alone)
    if not found.startswith("sqlite:///"):
        yield None
        return
    connection = sqlite3.connect(Path(found.removeprefix("sqlite:///")).parent / "promotions.db")
    try:
        with connection:
            connection.execute(_BESIDE)
            yield connection
    finally:
        connection.close()
