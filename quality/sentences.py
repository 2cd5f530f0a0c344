"""What was found, in a sentence that a person reads."""

from __future__ import annotations

from datetime import datetime

_SHARES = {
    "late_share": "came late",
    "out_of_order_share": "came out of order",
    "duplicate_share": "were duplicates",
}


def of_hour(
    stream: str,
    hour: datetime,
    rule: str,
    field: str | None,
    value: float,
    usual: float | None,
    threshold: float,
    records: int,
    breached: bool,
) -> str:
    """Of an hour of append time: `equipment-sensors: 97.0 % of 1,000 records at 06:00 UTC were valid, not 99 %.`"""
    at = f"on {hour:%d %b} from {hour:%H:%M} to {hour:%H}:59 UTC"
    match rule:
        case "validation_pass_rate":
            limit = f", less than {_share(threshold)}" if breached else ""
            said = f"{_share(value)} of {records:,} records were valid {at}{limit}"
        case "null_share":
            said = f"{field} was null in {_share(value)} of {records:,} records {at}, usually in {_share(usual or 0)}"
        case "volume":
            said = f"{value:,.0f} records came {at}, usually {usual or 0:,.0f}"
        case "lost_records":
            said = f"{value:,.0f} records were dropped by Kafka before they were landed {at}"
        case _:
            limit = f", more than {_share(threshold)}" if breached else ""
            said = f"{_share(value)} of {records:,} records {_SHARES[rule]} {at}{limit}"
    return f"{stream}: {said}."


def of_silence(stream: str, machine: str | None, newest: datetime, allowed_seconds: float, stale: bool) -> str:
    """Of a stream or one of its machines."""
    whose = f"{stream}: " if machine is None else f"{machine} ({stream}): "
    if not stale:
        return f"{whose}records come again."
    return f"{whose}nothing has come since {newest:%d %b %H:%M} UTC; {allowed_seconds / 60:,.0f} min would be usual."


def of_test(name: str, failures: int, failing: bool, message: str) -> str:
    """Of a dbt test."""
    if not failing:
        return f"The test {name} no longer fails."
    rows = f"fails for {failures:,} row{'s' if failures > 1 else ''}" if failures else f"cannot be run: {message}"
    return f"The test {name} {rows}."


def _share(value: float) -> str:
    """Three digits, never rounded to a limit that was not reached: 98.96 %, 99 %."""
    return f"{100 * value:.4g} %"
