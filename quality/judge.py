"""From what was measured to alerts: pure. A breach is raised once and cleared when it is over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from millwright.alert import alert_id

# Stream or "warehouse"; rule; field, machine or test, or nothing.
About = tuple[str, str, str]
ALERTED = ("warning", "critical")
WAREHOUSE = "warehouse"
# An alert has to name a machine: of a stream, `platform:<stream>`, which no dimension takes for one.
_NO_MACHINE = "platform:"


@dataclass(frozen=True)
class Finding:
    """What was found of a rule at a time: of an hour, of silence since the newest record, of a test since it turned.

    `is_alerted` is False where the rule's severity is none, or there is no rule any more.
    """

    time: datetime
    breached: bool
    severity: str | None
    said: str  # a sentence, for a person
    event_time: datetime | None = None  # of the alert; the time, unless told
    value: float | None = None
    threshold: float | None = None

    @property
    def is_alerted(self) -> bool:
        return self.severity in ALERTED


@dataclass(frozen=True)
class Told:
    """The last that was told of a rule."""

    alert_id: str
    state: str
    severity: str
    time: datetime
    event_us: int  # the alert's event time


@dataclass(frozen=True)
class Decided:
    """An alert to be sent, as a row of equipment-alerts, and what it is about."""

    about: About
    time: datetime
    alert: dict[str, Any]


def decide(about: About, findings: Iterable[Finding], last: Told | None, ids: set[str]) -> list[Decided]:
    """The alerts that findings of one rule, in order of time, call for after what was told last.

    `ids` are those that were ever raised: of one finding at most one alert is raised. A finding that is corrected
    later counts as long as nothing was told after it.
    """
    found: list[Decided] = []
    for finding in findings:
        if last is not None and finding.time < last.time:
            continue
        breached = finding.breached and finding.is_alerted
        standing = last if last is not None and last.state == "raised" else None
        if standing is not None and breached and _same(about, standing, finding):
            continue
        if standing is not None:
            over = _over(about, standing, finding)
            found.append(over)
            last = Told(standing.alert_id, "cleared", standing.severity, finding.time, over.alert["event_time"])
        if breached and (raised := _raised(about, finding)).alert["alert_id"] not in ids:
            found.append(raised)
            name, severity = raised.alert["alert_id"], raised.alert["severity"]
            last = Told(name, "raised", severity, finding.time, raised.alert["event_time"])
    return found


def _same(about: About, last: Told, finding: Finding) -> bool:
    """Hours that follow each other are one breach; of silence and tests the time says which one it is."""
    return not about[1].endswith(("freshness", "_tests")) or finding.time == last.time


def _raised(about: About, finding: Finding) -> Decided:
    stream, rule, field = about
    severity = str(finding.severity)
    name = alert_id(stream, field, rule, severity, _micros(finding.time))
    return _decided(about, finding, "raised", name, severity, _micros(finding.event_time or finding.time))


def _over(about: About, standing: Told, finding: Finding) -> Decided:
    """Never before it was raised, so that the last that is heard of it is that it is over."""
    at = max(standing.event_us, _micros(finding.time))
    return _decided(about, finding, "cleared", standing.alert_id, standing.severity, at)


def _decided(about: About, finding: Finding, state: str, name: str, severity: str, event_us: int) -> Decided:
    stream, rule, field = about
    of_machine = rule == "machine_freshness"
    alert = {
        "equipment_id": field if of_machine else _NO_MACHINE + stream,
        "event_time": event_us,
        "alert_id": name,
        "rule": rule,
        "severity": severity,
        "state": state,
        "channel": None if of_machine else field or None,
        "value": finding.value,
        "threshold": finding.threshold,
        "message": finding.said,
    }
    return Decided(about, finding.time, alert)


def _micros(time: datetime) -> int:
    return round(time.timestamp() * 1e6)
