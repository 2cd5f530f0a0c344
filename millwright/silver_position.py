"""How far bronze has been read into silver, as silver's own Delta table says."""

from __future__ import annotations

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
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, TableNotFoundError

    address = f"{settings().lake}/{settings().silver_folder}/{contract.table}"
    options = {} if address.startswith("file://") else other_clients()
    try:
        return positions(DeltaTable(address, storage_options=options), contract.topic)
    except TableNotFoundError:
        return {}
    except (DeltaError, OSError) as error:
        raise Unavailable(f"The silver table {address} cannot be read: {error}.", "Look at the lake.") from error
