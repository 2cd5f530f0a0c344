"""Features and summaries straight from their definitions, one reading and one event at a time."""

from __future__ import annotations

import datetime as dt
import json
import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any

Row = dict[str, Any]
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
CHANNELS = ("temperature", "vibration", "pressure", "rotation", "voltage", "current")
LASTING = {"running", "idle", "setup", "down"}


def expected_features(readings: Sequence[Row], events: Sequence[Row], assets: Sequence[Row]) -> list[Row]:
    """Rows of sensor_features_hourly, by machine and hour."""
    rows = []
    for machine, hour in sorted({(r["equipment_id"], _hour(r)) for r in readings}):
        end = hour + HOUR
        own = [r for r in readings if r["equipment_id"] == machine]
        row: Row = {"equipment_id": machine, "hour": hour, "reading_count": _count(own, hour, end)}
        for channel in CHANNELS:
            for width in (3, 24):
                found = _statistics(own, channel, end - width * HOUR, end)
                row |= {f"{channel}_{name}_{width}h": value for name, value in found.items() if name != "count"}
            for lag in (1, 3, 24):
                row[f"{channel}_lag_{lag}h"] = _statistics(own, channel, hour - lag * HOUR, end - lag * HOUR)["mean"]
        season = ["winter", "spring", "summer", "autumn"][hour.month % 12 // 3]
        row |= {"hour_of_day": hour.hour, "day_of_week": hour.isoweekday(), "season": season}
        told = [{**a, "kind": "asset"} for a in assets] + list(events)
        row |= _told([e for e in told if e["equipment_id"] == machine and e["event_time"] < end], end)
        rows.append(row)
    return rows


def expected_summaries(readings: Sequence[Row], span: str) -> list[Row]:
    """Rows of sensor_summary_daily or _weekly, by machine, span and channel."""
    length = {"day": 1, "week": 7}[span]
    rows = []
    for machine, begun in sorted({(r["equipment_id"], _begin(r, length)) for r in readings}):
        own = [r for r in readings if r["equipment_id"] == machine]
        for channel in sorted(CHANNELS):
            found = _statistics(own, channel, begun, begun + length * DAY)
            if count := found.pop("count"):
                found.pop("slope")
                marked = [
                    r
                    for r in own
                    if begun <= r["event_time"] < begun + length * DAY
                    and r.get(channel) is not None
                    and channel in (r.get("outlier_channels") or "").split(",")
                ]
                key = {"equipment_id": machine, span: begun, "channel": channel}
                rows.append({**key, "reading_count": count, **found, "outlier_count": len(marked)})
    return rows


def _statistics(readings: Sequence[Row], channel: str, since: dt.datetime, until: dt.datetime) -> Row:
    """Of the readings in [since, until): the definitions of Spark's functions of these names."""
    within = [r for r in readings if since <= r["event_time"] < until and r.get(channel) is not None]
    values = [r[channel] for r in within]
    times = [(r["event_time"] - since) / HOUR for r in within]
    names = ("mean", "std", "min", "max", "slope", "skewness")
    found: Row = {"count": len(values), **dict.fromkeys(names)}
    if not values:
        return found
    mean = statistics.fmean(values)
    found |= {"mean": mean, "min": min(values), "max": max(values)}
    if len(values) > 1:
        found["std"] = statistics.stdev(values)
        if len(set(times)) > 1:
            found["slope"] = statistics.linear_regression(times, values).slope
    second = math.fsum((v - mean) ** 2 for v in values) / len(values)
    if len(values) > 2 and len(set(values)) > 1:
        third = math.fsum((v - mean) ** 3 for v in values) / len(values)
        found["skewness"] = third / second**1.5
    return found


def _told(events: Sequence[Row], end: dt.datetime) -> Row:
    def order(event: Row) -> tuple[Any, ...]:
        names = (event.get(name) or "" for name in ("kind", "code", "component"))
        return event["event_time"], event["kind"] not in LASTING, *names

    events = sorted(events, key=order)
    states = [e for e in events if e["kind"] in LASTING]
    commissioned = [e["commissioned_at"] for e in events if e["kind"] == "asset"][-1:]
    clock, operating = {}, {}
    maintained = [e for e in events if e["kind"] == "maintenance"]
    for event in maintained:
        name, at = event.get("component") or "", event["event_time"]
        clock[name] = (end - at) / HOUR
        operating[name] = _running(states, at, end) if any(s["event_time"] <= at for s in states) else None
    last = max(maintained, key=lambda e: (e["event_time"], [-ord(c) for c in e.get("component") or ""]), default=None)
    component = last and (last.get("component") or "")
    age = (end - commissioned[0]) / DAY if commissioned and commissioned[0] else None
    known = {name: hours for name, hours in operating.items() if hours is not None}
    return {
        "state": states[-1]["kind"] if states else None,
        "machine_age_days": age,
        "failure_count": sum(e["kind"] == "failure" for e in events),
        "error_count": sum(e["kind"] == "error" for e in events),
        "hours_since_maintenance": None if last is None else clock[component],
        "operating_hours_since_maintenance": None if last is None else operating[component],
        "hours_since_maintenance_by_component": clock or None,
        "operating_hours_since_maintenance_by_component": known or None,
    }


def _running(states: Sequence[Row], since: dt.datetime, until: dt.datetime) -> float:
    """Hours in [since, until) in which the machine was running."""
    ends = [*(s["event_time"] for s in states[1:]), until]
    spans = ((max(s["event_time"], since), end) for s, end in zip(states, ends, strict=True) if s["kind"] == "running")
    return sum(((end - begin) / HOUR for begin, end in spans if end > begin), 0.0)


def _count(readings: Sequence[Row], since: dt.datetime, until: dt.datetime) -> int:
    return sum(since <= r["event_time"] < until for r in readings)


def _hour(reading: Row) -> dt.datetime:
    return reading["event_time"].replace(minute=0, second=0, microsecond=0)


def _begin(reading: Row, days: int) -> dt.datetime:
    day = reading["event_time"].replace(hour=0, minute=0, second=0, microsecond=0)
    return day - DAY * (day.weekday() if days == 7 else 0)


def same(found: Any, expected: Any) -> bool:
    """Equal, numbers to 1e-9 of themselves (a few 1e-9 absolutely, where great ones cancel out)."""
    if isinstance(expected, dict):
        found = json.loads(found) if isinstance(found, str) else found
        return (
            found is not None
            and found.keys() == expected.keys()
            and all(same(found[k], v) for k, v in expected.items())
        )
    if isinstance(expected, float) and isinstance(found, float | int):
        return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)
    return bool(found == expected)


def differences(
    found: Sequence[Row], expected: Sequence[Row], keys: int, near: Callable[[Any, Any], bool]
) -> list[Any]:
    """What is not the same, named by the first `keys` columns."""
    if [list(r.values())[:keys] for r in found] != [list(r.values())[:keys] for r in expected]:
        return [("rows", len(found), len(expected))]
    return [
        (*list(e.values())[:keys], name, f[name], value)
        for f, e in zip(found, expected, strict=True)
        for name, value in e.items()
        if not near(f[name], value)
    ]
