"""Which alerts people are told of on one way, and which they have been told of: pure.

Nobody is told of an alert that is less severe than wanted, nor of one that is history (a replay), nor twice of the
same. An alert of a machine in a planned stop is held until the stop ends, and then told if it still stands. That an
alarm is over is told to whoever was told that it was raised.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from millwright.notify import Notice

_KEPT_SECONDS = 14 * 86_400  # what has been told is remembered for twice as long as Kafka keeps alerts
_RANK = {"warning": 0, "critical": 1}

Alert = dict[str, Any]


@dataclass
class Pager:
    """One way's memory. `told` is key → when (s since 1970); `held` and `due` are alerts by key, in their order.

    `stops` says by machine since when (µs) it is in its state, and whether that is a planned stop.
    """

    told: dict[str, float] = field(default_factory=dict)
    held: dict[str, Alert] = field(default_factory=dict)
    stops: dict[str, tuple[int, bool]] = field(default_factory=dict)
    due: dict[str, Alert] = field(default_factory=dict)

    def see(self, events: Iterable[dict[str, Any]]) -> None:
        """Take what equipment-status says (event_time in µs)."""
        for event in events:
            since, _ = self.stops.get(event["equipment_id"], (0, False))
            if event["kind"] in ("running", "idle", "setup", "down") and event["event_time"] > since:
                planned = event["kind"] == "down" and event["planned"] is True
                self.stops[event["equipment_id"]] = (event["event_time"], planned)

    def take(self, alert: Alert, min_severity: str, history: bool, now: float) -> None:
        """Take one alert (a row of equipment-alerts, event_time in µs); `history` says that it came too late."""
        key, raised = f"{alert['alert_id']}/{alert['state']}", f"{alert['alert_id']}/raised"
        if key in self.told or key in self.due or _RANK[alert["severity"]] < _RANK[min_severity]:
            return
        if alert["state"] == "raised":
            if not history:
                self.held.setdefault(key, alert)  # until `release`
            return
        if raised in self.held and self._in_planned_stop(alert["equipment_id"]):
            del self.held[raised]
            self.done([raised, key], now)
            return
        if raised in self.held:
            self.due[raised] = self.held.pop(raised)
        if raised in self.told or raised in self.due:
            self.due[key] = alert

    def release(self) -> None:
        """Let go what need not be held: to be called when all that has come is taken."""
        for key, alert in list(self.held.items()):
            if not self._in_planned_stop(alert["equipment_id"]):
                self.due[key] = self.held.pop(key)

    def _in_planned_stop(self, machine: str) -> bool:
        return self.stops.get(machine, (0, False))[1]

    def done(self, keys: Iterable[str], now: float) -> None:
        """These have been told, or will never be."""
        for key in keys:
            self.due.pop(key, None)
            self.told[key] = now

    def dump(self, now: float) -> str:
        """What has to be remembered, as JSON. What is due is not: Kafka gives it again."""
        # A raise is remembered until its end has been told, however long the alarm stands.
        self.told = {
            key: when
            for key, when in self.told.items()
            if now - when < _KEPT_SECONDS or (key.endswith("/raised") and f"{key[:-7]}/cleared" not in self.told)
        }
        return json.dumps({"told": self.told, "held": self.held, "stops": self.stops})

    @classmethod
    def load(cls, text: str) -> Pager:
        """The memory in a file. Raises ValueError, KeyError or TypeError for anything else."""
        raw = json.loads(text)
        stops = {machine: (int(since), bool(planned)) for machine, (since, planned) in raw["stops"].items()}
        return cls(dict(raw["told"]), dict(raw["held"]), stops)


def notice(alert: Alert) -> Notice:
    """An alert as people are told of it."""
    about = {name: alert[name] for name in ("equipment_id", "rule", "channel", "value", "threshold")}
    time = datetime.fromtimestamp(alert["event_time"] / 1e6, UTC)
    title = alert["message"] or f"{alert['equipment_id']}: {alert['rule']} {alert['state']}"
    return Notice(alert["alert_id"], alert["state"], alert["severity"], title, time, about)
