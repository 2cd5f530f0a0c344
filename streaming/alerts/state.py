"""What the alerts know of a stream's machines: arrays that share their first axis, the machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from streaming.alerts.rules import NAMES, SEVERITIES, SLOTS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_FIRST_MACHINES = 16


@dataclass(frozen=True)
class _Column:
    """An array of the state. Axes after the machine: "c" channels, "C" these and the machine itself, "s" slots."""

    axes: str
    empty: float = 0


# Times are microseconds since 1970; 0 is "never" (the contracts begin in 1990).
_COLUMNS = {
    "partition": _Column("", -1),  # of the newest reading
    "newest": _Column(""),  # event time of the newest reading
    "appended": _Column(""),  # when the broker took it
    "raised": _Column("Cs"),  # event time that is in the id of an alarm that stands; 0: it does not
    "raised_value": _Column("Cs", np.nan),
    "pending": _Column("cs"),  # since when a value has been beyond without a break
    "last": _Column("C3"),  # event times of the last three values, the newest first
    "run_value": _Column("c", np.nan),  # the last value, since when it has been the same, and how often it came
    "run_since": _Column("c"),
    "run_count": _Column("c"),
    "bucket": _Column("c"),  # start of the interval in which rates are taken
    "first": _Column("c"),  # its first value, and the one of the interval before, with their event times
    "first_value": _Column("c", np.nan),
    "anchor": _Column("c"),
    "anchor_value": _Column("c", np.nan),
}


class State:
    """The state of a stream with these channels; empty in the beginning."""

    def __init__(self, channels: tuple[str, ...]) -> None:
        self.channels = channels
        self.names: list[str] = []
        self._places: dict[str, int] = {}
        sizes = {"c": len(channels), "C": len(channels) + 1, "s": SLOTS, "3": 3}
        self._arrays: dict[str, npt.NDArray[Any]] = {}
        for name, column in _COLUMNS.items():
            shape = (_FIRST_MACHINES, *(sizes[axis] for axis in column.axes))
            kind = np.float64 if np.isnan(column.empty) else np.int64
            self._arrays[name] = np.full(shape, column.empty, kind)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_arrays"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __len__(self) -> int:
        return len(self.names)

    def places(self, names: list[str]) -> Ints:
        """Where machines are; those that are new get a place."""
        for name in names:
            if name not in self._places:
                self._places[name] = len(self.names)
                self.names.append(name)
        if len(self.names) > len(self._arrays["newest"]):
            for name, array in self._arrays.items():
                more = max(len(self.names), 2 * len(array)) - len(array)
                empty = np.full((more, *array.shape[1:]), _COLUMNS[name].empty, array.dtype)
                self._arrays[name] = np.concatenate([array, empty])
        return np.array([self._places[name] for name in names], dtype=np.int64)

    def table(self, partition: int) -> pa.Table:
        """A partition's machines, one row each, to be saved: a copy, which later readings leave alone."""
        rows = np.flatnonzero(self.partition[: len(self.names)] == partition)
        columns = {"machine": pa.array([self.names[row] for row in rows], pa.string())}
        for name, array in self._arrays.items():
            flat = array[rows].reshape(len(rows), int(np.prod(array.shape[1:], dtype=int)))
            columns[name] = pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), flat.shape[1])
        return pa.table(columns).replace_schema_metadata({"channels": "\0".join(self.channels)})

    def take_up(self, table: pa.Table) -> None:
        """Add what `table` gave, be it of a stream that had fewer channels, or others."""
        had = (table.schema.metadata or {}).get(b"channels", b"").decode().split("\0")
        same = [(had.index(c), self.channels.index(c)) for c in self.channels if c in had]
        places = self.places(table["machine"].to_pylist())
        for name, array in self._arrays.items():
            if name not in table.column_names:
                continue
            axes = _COLUMNS[name].axes
            flat = table[name].combine_chunks().flatten().to_numpy(zero_copy_only=False)
            if not axes or axes[0] not in "cC":
                array[places] = flat.reshape(len(places), *array.shape[1:])
                continue
            channels = len(had) + (axes[0] == "C")
            found = flat.reshape(len(places), channels, *array.shape[2:])
            for old, new in [*same, (len(had), len(self.channels))] if axes[0] == "C" else same:
                array[places, new] = found[:, old]

    def without(self, partition: int) -> State:
        """The same without a partition's machines."""
        other = State(self.channels)
        for number in np.unique(self.partition[: len(self.names)]).tolist():
            if number != partition:
                other.take_up(self.table(number))
        return other

    def standing(self) -> list[dict[str, Any]]:
        """The alarms that stand: equipment_id, rule, severity, about (channel or nothing), raised (µs), value."""
        return [
            {
                "equipment_id": self.names[m],
                "rule": NAMES[s],
                "severity": SEVERITIES[s],
                "about": self.channels[c] if c < len(self.channels) else "",
                "raised": int(self.raised[m, c, s]),
                "value": float(self.raised_value[m, c, s]),
            }
            for m, c, s in np.argwhere(self.raised[: len(self.names)] != 0)
        ]
