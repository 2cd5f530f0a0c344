"""Ports: whether one is free, and who holds it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable

import psutil

from millwright.errors import MillwrightError
from millwright.settings import Settings

# A killed process keeps its sockets until it is wholly gone, and nobody is told to hold them. On a busy machine that
# takes a moment, and longer for one with much memory: as long as it is there it is known to be one of ours.
_DYING_SECONDS, _OURS_DYING_SECONDS = 5.0, 60.0


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a closing connection is no holder
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def holder(port: int) -> psutil.Process | None:
    """The process that listens on a port; None when the system does not tell, as of other users' processes."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        if not connection.laddr or connection.status != psutil.CONN_LISTEN or not connection.pid:
            continue
        if connection.laddr.port == port:
            try:
                return psutil.Process(connection.pid)
            except psutil.NoSuchProcess:
                return None
    return None


def check(config: Settings, wanted: Iterable[tuple[str, str, set[int]]]) -> None:
    """Check ports before anything is started: (part, name of the port's setting, pids that may hold it) each.

    Raises MillwrightError naming the port, who holds it and the setting that changes it.
    """
    seen: dict[int, str] = {}
    for part, setting, own in wanted:
        port = int(getattr(config, setting))
        variable = f"MILLWRIGHT_{setting.upper()}"
        if port in seen:
            raise MillwrightError(f"{variable} and {seen[port]} are both {port}.", "Set one of them to another port.")
        seen[port] = variable
        if _freed_soon(port, own):
            continue
        who = holder(port)
        if who is not None and who.pid in own:
            continue
        raise MillwrightError(
            f"Port {port}, on which {part} would listen, is held by {_described(who)}.",
            f"Stop that, or set {variable} to a free port.",
        )


def _freed_soon(port: int, own: set[int]) -> bool:
    """Whether a port is free, or is once a process that has just been killed is wholly gone."""
    began = seen = time.monotonic()
    while not is_free(port):
        now = time.monotonic()
        if any(psutil.pid_exists(pid) for pid in own):
            seen = now  # it may be gone a moment before its sockets are, however long it took
        if holder(port) is not None or now - seen > _DYING_SECONDS or now - began > _OURS_DYING_SECONDS:
            return False
        time.sleep(0.1)
    return True


def _described(process: psutil.Process | None) -> str:
    if process is None:
        return "a process of another user"
    try:
        return f"{process.name()} (pid {process.pid})"
    except psutil.NoSuchProcess:
        return f"pid {process.pid}"
