"""How far bronze has been read into silver, and what each commit did, as silver's own Delta table says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from millwright.contracts import Contract
from millwright.errors import Unavailable
from millwright.settings import settings
from millwright.store import other_clients


def transaction_name(topic: str) -> str:
    """The name under which silver's transactions keep the next offset of each partition: `<name>/<partition>`."""
    return f"bronze/{topic}"


def positions(table: Any, topic: str) -> dict[int, int]:
    """The next offset of each partition that a version of a Delta table (`deltalake.DeltaTable`) has any of.

    ~partition is the next number of the partition's mended records.
    """
    name = transaction_name(topic)
    partitions = range(table.transaction_version(name) or 0)
    found = {p: table.transaction_version(f"{name}/{p}") for p in (*partitions, *(~p for p in partitions))}
    return {partition: int(offset) for partition, offset in found.items() if offset is not None}


def silver_position(contract: Contract) -> dict[int, int]:
    """The next offset of each partition, from the newest version; empty when there is no silver table.

    Raises Unavailable when the table cannot be read.
    """
    table = _opened(contract)
    return {} if table is None else positions(table, contract.topic)


def _opened(contract: Contract) -> Any:
    """A stream's silver table; None where there is none. Raises Unavailable when it cannot be read."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, TableNotFoundError

    address = f"{settings().lake}/{settings().silver_folder}/{contract.table}"
    options = {} if address.startswith("file://") else other_clients()
    try:
        return DeltaTable(address, storage_options=options)
    except TableNotFoundError:
        return None
    except (DeltaError, OSError) as error:
        raise Unavailable(f"The silver table {address} cannot be read: {error}.", "Look at the lake.") from error


# Under this name a commit says what it did, as JSON.
SAID = "millwright.cleansed"


@dataclass(frozen=True)
class SilverCommit:
    """What one commit of cleansing did, as the table's log says."""

    version: int
    committed_at: datetime
    records: int  # accepted records that came in
    rows_written: int
    duplicates: int  # records that gave way to a later one of the same `unique`
    outliers: int
    newest_append_time: datetime | None  # of the records that came in


def commits(contract: Contract, table_id: str | None = None, after: int = -1) -> tuple[str | None, list[SilverCommit]]:
    """The table's id, and its commits that say what they did, oldest first: those after a version of this table.

    All that the log still has, when the table is not that of `table_id`; no id where there is no table. Raises
    Unavailable when it cannot be read.
    """
    table = _opened(contract)
    if table is None:
        return None, []
    found, same = str(table.metadata().id), str(table.metadata().id) == table_id
    newest = int(table.version())
    if same and newest <= after:
        return found, []
    entries = table.history(newest - after if same else None)
    said = [(entry, json.loads(entry[SAID])) for entry in entries if SAID in entry]
    return found, sorted((_commit(*each) for each in said), key=lambda commit: commit.version)


def _commit(entry: dict[str, Any], said: dict[str, Any]) -> SilverCommit:
    newest = said.pop("newest_append_ms")
    return SilverCommit(
        version=int(entry["version"]),
        committed_at=datetime.fromtimestamp(entry["timestamp"] / 1000, UTC),
        newest_append_time=None if newest is None else datetime.fromtimestamp(newest / 1000, UTC),
        **said,
    )
