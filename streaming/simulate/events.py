"""A machine's records on equipment-status: every state it enters, failures, maintenance and errors."""

from __future__ import annotations

from typing import Any

from streaming.simulate.states import REASONS, STATES
from streaming.simulate.timeline import Timeline


def events(story: Timeline, since: int, until: int) -> list[dict[str, Any]]:
    """Rows with `minute` in place of event_time, from `since` up to but not including `until`, in order."""
    rows: list[dict[str, Any]] = []
    for minute, state, code in zip(story.changes, story.states, story.reasons, strict=True):
        if since <= minute < until:
            reason, planned = REASONS[code]
            rows.append({"minute": int(minute), "kind": STATES[state], "reason": reason, "planned": planned})
    for moment in story.moments:
        if since <= moment.minute < until:
            row = {"minute": moment.minute, "kind": moment.kind, "component": moment.component}
            rows.append({**row, "planned": moment.planned})
    rows += [{"minute": m, "kind": "error", "code": code} for m, code in story.errors if since <= m < until]
    return sorted(rows, key=lambda row: int(row["minute"]))
