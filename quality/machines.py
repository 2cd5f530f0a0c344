"""When something came from each machine of a stream, brought forward record by record in the partition's order."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
_MINUTE_MS = 60_000
# Gaps that are remembered: enough for a robust median, few enough to follow a machine whose rhythm changes.
GAPS_KEPT = 20


@dataclass
class Machine:
    """One machine. Times are µs (event) and ms (append) since 1970.

    Arrivals are told apart by the minute, so that a burst is one. `gaps` are the seconds between the last of them.
    """

    records: int = 0
    newest_event_us: int = 0
    newest_append_ms: int = 0
    last_delay_seconds: float = 0.0
    gaps: list[int] = field(default_factory=list)

    def take(self, append_ms: Ints, event_us: Ints) -> npt.NDArray[np.bool_]:
        """Take records in their order; which of them are older than one before."""
        newest = np.maximum.accumulate(np.concatenate(([self.newest_event_us], event_us)))
        clock = np.maximum.accumulate(np.concatenate(([self.newest_append_ms], append_ms)))  # it may step back
        minutes = np.unique(clock // _MINUTE_MS)
        first = 0 if self.records else 1  # nothing came before the very first
        self.gaps = [*self.gaps, *(np.diff(minutes[first:]) * 60).tolist()][-GAPS_KEPT:]
        self.records += len(append_ms)
        self.newest_event_us, self.newest_append_ms = int(newest[-1]), int(clock[-1])
        self.last_delay_seconds = float(append_ms[-1] / 1e3 - event_us[-1] / 1e6)
        late: npt.NDArray[np.bool_] = event_us < newest[:-1]
        return late


class Machines:
    """The machines of a stream by name (the value of its key)."""

    def __init__(self, key: str, known: dict[str, Machine] | None = None) -> None:
        self._key = key
        self.known = known or {}
        self.changed: set[str] = set()

    def take(self, records: pa.Table, append_ms: Ints, event_us: Ints) -> npt.NDArray[np.bool_]:
        """Take records of a partition in order of offset; which are older than one of their machine before."""
        coded = records[self._key].combine_chunks().dictionary_encode()
        coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
        code = coded.indices.to_numpy()
        order = np.argsort(code, kind="stable")
        late = np.zeros(len(records), np.bool_)
        names = coded.dictionary.to_pylist()
        for rows in np.split(order, np.flatnonzero(np.diff(code[order])) + 1):
            name = names[code[rows[0]]]
            self.changed.add(name)
            late[rows] = self.known.setdefault(name, Machine()).take(append_ms[rows], event_us[rows])
        return late
