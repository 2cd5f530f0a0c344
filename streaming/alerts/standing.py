"""The alarms that are raised now, from what the service saved."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from streaming.alerts.events import Events
from streaming.alerts.service import positions, watched
from streaming.alerts.state import State


def standing() -> list[dict[str, Any]]:
    """One row per alarm: equipment_id, rule, severity, about, raised (ISO 8601, UTC), value or None; newest first.

    Raises MillwrightError for a saved state that cannot be read.
    """
    kept = positions()
    found: list[dict[str, Any]] = []
    for topic, spec in watched().items():
        for path in sorted((kept.folder / topic).glob("*.state")):
            share = kept.peek(topic, int(path.stem))
            if share.table is None:
                continue
            channels = tuple((share.table.schema.metadata or {}).get(b"channels", b"").decode().split("\0"))
            state = State(channels) if spec.channels else Events()
            state.take_up(share.table)
            found += state.standing()
    for alarm in found:
        value = alarm.get("value", math.nan)
        alarm["value"] = None if math.isnan(value) else value
        alarm["raised"] = datetime.fromtimestamp(alarm["raised"] / 1e6, UTC).isoformat()
    return sorted(found, key=lambda alarm: str(alarm["raised"]), reverse=True)
