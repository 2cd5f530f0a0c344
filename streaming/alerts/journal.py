"""The alerts of one batch, written down as the rules find them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from streaming.alerts.alert import of_channel
from streaming.alerts.state import State


@dataclass
class Journal:
    """Alerts that have been found; the state's standing alarms are brought forward with each."""

    state: State
    _found: list[dict[str, Any]] = field(default_factory=list)

    def flip(
        self,
        machine: int,
        channel: int,
        slot: int,
        raised: bool,
        since: int,
        time: int,
        value: float | None,
        threshold: float | None,
    ) -> None:
        """An alarm is raised or ends at `time`; `since` is the time in its id, both in µs."""
        self.state.raised[machine, channel, slot] = since if raised else 0
        self.state.raised_value[machine, channel, slot] = value if raised and value is not None else float("nan")
        names = self.state.channels
        about = names[channel] if channel < len(names) else None
        name = self.state.names[machine]
        self._found.append(of_channel(name, about, slot, raised, since, time, value, threshold))

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts in the order of their event times."""
        return sorted(self._found, key=lambda alert: int(alert["event_time"]))
