"""`millwright status` on a screen: the parts, then the streams."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Column, Table
from rich.text import Text

from infra.local.status import State, status
from infra.local.streams import Flow, Streams
from millwright.errors import MillwrightError
from millwright.settings import Settings

_COLOURS = {"running": "green", "external": "cyan", "stopped": "dim"}
_PARTS_SECONDS = 10.0  # each part is asked whether it answers, which costs half a second of work
_STREAMS_SECONDS = 1.0


def as_json(config: Settings, only_streams: bool) -> str:
    """The parts' states, or the streams' flows. Raises MillwrightError when the lake cannot be read."""
    found: Iterable[State | Flow] = Streams(config).look() if only_streams else status(config)
    return json.dumps([each.as_dict() for each in found], indent=2)


def once(config: Settings, only_streams: bool) -> None:
    """Print what there is now."""
    console = Console(highlight=False)
    parts = [] if only_streams else status(config)
    if not only_streams:
        console.print(_parts(parts))
        console.print()
    console.print(_flows(Streams(config)))


def watch(config: Settings, only_streams: bool) -> None:
    """Show it anew each second, until Ctrl-C."""
    console, streams = Console(highlight=False), Streams(config)
    asked, parts = -_PARTS_SECONDS, list[State]()
    with Live(console=console, screen=console.is_terminal, auto_refresh=False) as live:
        while True:
            begun = time.monotonic()
            if not only_streams and begun - asked >= _PARTS_SECONDS:
                asked, parts = begun, status(config)
            shown: list[RenderableType] = [] if only_streams else [_parts(parts), Text()]
            foot = Text(f"{datetime.now(UTC):%H:%M:%S} UTC", style="dim")
            live.update(Group(*shown, _flows(streams), foot), refresh=True)
            time.sleep(max(0.0, _STREAMS_SECONDS - (time.monotonic() - begun)))


def _parts(found: list[State]) -> Table:
    table = Table("part", "state", "pid", "memory", Column("address", overflow="fold"), box=None, header_style="bold")
    for state in found:
        colour = _COLOURS.get(state.state, "red")
        memory = "" if state.memory_mb is None else f"{state.memory_mb} MB"
        table.add_row(state.part, f"[{colour}]{state.state}[/]", str(state.pid or ""), memory, state.address)
    return table


def _flows(streams: Streams) -> RenderableType:
    try:
        flows = streams.look()
    except MillwrightError as error:
        return Text(f"The lake cannot be read: {error}", style="red")
    table = Table(Column("stream", no_wrap=True), box=None, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("sent/s", "landed/s", "lag", "accepted", "quarantined", "newest"):
        table.add_column(name, justify="right", no_wrap=True)
    for flow in flows:
        table.add_row(
            flow.topic,
            _rate(flow.sent_per_second),
            _rate(flow.landed_per_second),
            "?" if flow.lag is None else f"[{'yellow' if flow.lag else 'green'}]{flow.lag:,}[/]",
            f"{flow.accepted:,}",
            f"[{'red' if flow.quarantined else 'none'}]{flow.quarantined:,}[/]",
            _age(flow.landed_until),
        )
    return table


def _rate(per_second: float | None) -> str:
    if per_second is None:
        return "?"
    return f"{per_second:,.0f}" if per_second >= 100 or per_second == 0 else f"{per_second:.1f}"


def _age(moment: float | None) -> str:
    if moment is None:
        return ""
    seconds = max(0.0, time.time() - moment)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
