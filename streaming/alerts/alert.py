"""An alert as a row of equipment-alerts, with the sentence that a person reads."""

from __future__ import annotations

from typing import Any

from millwright.alert import alert_id
from streaming.alerts.rules import NAMES, RATE, SEVERITIES, SILENT, STUCK


def of_channel(
    machine: str,
    channel: str | None,
    slot: int,
    raised: bool,
    since: int,
    time: int,
    value: float | None,
    threshold: float | None,
) -> dict[str, Any]:
    """The alert of a channel's rule (None: the machine itself) at `time`; `since` is the time in its id, both in µs."""
    rule, severity = NAMES[slot], SEVERITIES[slot]
    return {
        "equipment_id": machine,
        "event_time": time,
        "alert_id": alert_id(machine, channel or "", rule, severity, since),
        "rule": rule,
        "severity": severity,
        "state": "raised" if raised else "cleared",
        "channel": channel,
        "value": value,
        "threshold": threshold,
        "message": f"{machine}: {_said(channel, slot, raised, value, threshold)}.",
    }


def _said(channel: str | None, slot: int, raised: bool, value: float | None, threshold: float | None) -> str:
    if slot == SILENT:
        if not raised:
            return f"{channel} has a value again" if channel else "it sends readings again"
        what = f"{channel} has had no value" if channel else "it has sent no reading"
        return f"{what} for {value:g} s"
    if slot == STUCK:
        lasted = f" for {threshold:g} s" if threshold else ""
        return f"{channel} has stayed at {value:g}{lasted}" if raised else f"{channel} moves again"
    if slot == RATE:
        if raised:
            return f"{channel} changes by {value:+.3g} a minute, faster than {threshold:g}"
        return f"{channel} no longer changes faster than its limit"
    side = "above" if NAMES[slot] == "limit_high" else "below"
    still = "" if raised else "no longer "
    return f"{channel} {value:g} is {still}{side} its {SEVERITIES[slot]} limit"
