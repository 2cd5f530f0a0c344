"""What the analytics know of one partition: its machines, the minutes that may still change, and their readings."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

NEVER = -(2**62)
Key = tuple[str, int]  # machine, minutes since 1970


@dataclass
class Machine:
    """A machine: event time of its newest reading (µs), and when Kafka took its latest (ms)."""

    newest: int = NEVER
    heard: int = NEVER
    minutes: set[int] = field(default_factory=set)  # those kept
    open: set[int] = field(default_factory=set)  # of these, those never told, which readings in time still reach


@dataclass
class Minute:
    """One machine's minute. `late_since`: when Kafka took the first reading that is not told yet (ms)."""

    revision: int = -1  # the last one told
    late_since: int | None = None
    told: tuple[str, ...] = ()  # channels that had readings


@dataclass
class Kept:
    """The readings of one minute, in order of arrival: of the machines that are kept, and of some that are no more."""

    tables: list[pa.Table] = field(default_factory=list)
    machines: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)

    def add(self, table: pa.Table, names: set[str]) -> None:
        """Add readings of these machines."""
        self.tables.append(table)
        self.machines |= names
        self.held |= names

    def of(self, names: set[str]) -> pa.Table:
        """The readings of some machines. The first column is the machine."""
        if len(self.tables) > 1:  # a contract with a new channel may have come between two
            self.tables = [pa.concat_tables(self.tables, promote_options="default").combine_chunks()]
        [whole] = self.tables
        if self.held <= names:
            return whole
        return whole.filter(pc.is_in(whole.column(0), value_set=pa.array(sorted(names), pa.string())))

    def forget(self, name: str) -> None:
        """Keep a machine no longer; rows go when half of them may, for that costs a copy of all that stays."""
        self.machines.discard(name)
        if 2 * len(self.machines) < len(self.held):
            self.tables, self.held = [self.of(self.machines)], set(self.machines)


@dataclass
class State:
    """`clock` is when Kafka took the latest message (ms): it never goes back."""

    clock: int = NEVER
    machines: dict[str, Machine] = field(default_factory=dict)
    minutes: dict[Key, Minute] = field(default_factory=dict)
    late: set[Key] = field(default_factory=set)  # minutes with readings that are not told yet
    readings: dict[int, Kept] = field(default_factory=dict)

    def index(self, key: Key, known: Minute) -> None:
        """Bring what follows from a minute up to date."""
        machine = self.machines[key[0]]
        machine.minutes.add(key[1])
        first = known.revision < 0 and known.late_since is None
        (machine.open.add if first else machine.open.discard)(key[1])
        (self.late.discard if known.late_since is None else self.late.add)(key)

    @property
    def size(self) -> int:
        """Bytes that the readings take."""
        return sum(table.nbytes for kept in list(self.readings.values()) for table in kept.tables)


def dump(state: State) -> bytes:
    """A state as bytes: a line of JSON, then the readings as an Arrow stream."""
    tables = {minute: kept.of(kept.machines) for minute, kept in state.readings.items()}
    about = {
        "clock": state.clock,
        "machines": {name: (known.newest, known.heard) for name, known in state.machines.items()},
        "minutes": [(*key, known.revision, known.late_since, known.told) for key, known in state.minutes.items()],
        "readings": {minute: len(table) for minute, table in tables.items()},
    }
    sink = pa.BufferOutputStream()
    if tables:
        whole = pa.concat_tables(tables.values(), promote_options="default")
        with pa.ipc.new_stream(sink, whole.schema) as writer:
            writer.write_table(whole)
    return json.dumps(about).encode() + b"\n" + bytes(sink.getvalue().to_pybytes())


def load(data: bytes) -> State:
    """What `dump` made. Raises ValueError for anything else."""
    head, _, rest = data.partition(b"\n")
    about = json.loads(head)
    state = State(about["clock"], {name: Machine(*known) for name, known in about["machines"].items()})
    names = dict[int, set[str]]()
    for name, minute, revision, late_since, told in about["minutes"]:
        known = state.minutes[name, minute] = Minute(revision, late_since, tuple(told))
        state.index((name, minute), known)
        names.setdefault(minute, set()).add(name)
    whole: pa.Table = pa.ipc.open_stream(rest).read_all() if rest else None
    at = 0
    for minute, count in about["readings"].items():
        state.readings.setdefault(int(minute), Kept()).add(whole.slice(at, count), names[int(minute)])
        at += count
    return state
