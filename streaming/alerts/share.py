"""A partition's share of a stream's state, as it is saved."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from streaming.alerts.events import Events
from streaming.alerts.state import State


@dataclass
class Share:
    """Where a partition's machines are: in `whole`, the state of all partitions, or, until it is there, in `table`.

    `outbox` holds alerts of the clock that are to be sent: nothing that comes would give them again.
    """

    table: pa.Table | None = None
    whole: State | Events | None = None
    partition: int = 0
    outbox: list[dict[str, Any]] = field(default_factory=list)

    def frozen(self) -> Share:
        """A copy that what comes next does not change."""
        table = self.table if self.whole is None else self.whole.table(self.partition)
        return Share(table, None, self.partition, list(self.outbox))


def dump(share: Share) -> bytes:
    """A share as bytes: a line of JSON (the outbox), then an Arrow stream."""
    table = share.frozen().table
    sink = pa.BufferOutputStream()
    if table is not None:
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    return json.dumps(share.outbox).encode() + b"\n" + bytes(sink.getvalue())


def load(data: bytes) -> Share:
    """A share from bytes. Raises ValueError for others."""
    head, _, rest = data.partition(b"\n")
    table = pa.ipc.open_stream(rest).read_all() if rest else None
    if table is not None and "machine" not in table.column_names:
        raise ValueError("it holds no machines")
    return Share(table, outbox=list(json.loads(head)))
