"""What runs, where, and how much memory it takes."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from infra.local.part import Part
from infra.local.parts import PARTS
from infra.local.stack import supervised
from millwright.errors import MillwrightError
from millwright.settings import Settings


@dataclass(frozen=True)
class State:
    """One part. `state`: running, not answering, stopped; external or unreachable when it is somebody else's.

    Memory is that of all its processes, in MB.
    """

    part: str
    state: str
    pid: int | None
    memory_mb: int | None
    address: str

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)


def status(config: Settings) -> list[State]:
    """The state of every part that is wanted or runs, each asked whether it answers."""
    parts = [part for part in PARTS if part.wanted(config) or supervised(config, part.name).running()]
    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(lambda part: _state(config, part), parts))


def _state(config: Settings, part: Part) -> State:
    address = part.address(config)
    if part.is_external(config):
        return State(part.name, "external" if _answers(config, part, 0.0) else "unreachable", None, None, address)
    process = supervised(config, part.name)
    running = process.running()
    if running is None:
        return State(part.name, "stopped", None, None, address)
    state = "running" if _answers(config, part, running.created) else "not answering"
    return State(part.name, state, running.pid, sum(map(_memory, process.members())) // 2**20, address)


def _answers(config: Settings, part: Part, since: float) -> bool:
    try:
        return part.ready(config, since)
    except MillwrightError:  # its passwords are gone: `up` makes them anew
        return False


def _memory(process: psutil.Process) -> int:
    """Bytes, what is shared counted by shares: Postgres' processes share half a gigabyte."""
    with contextlib.suppress(psutil.NoSuchProcess):
        try:
            return int(process.memory_full_info().pss)
        except (psutil.AccessDenied, AttributeError):
            return int(process.memory_info().rss)
    return 0
