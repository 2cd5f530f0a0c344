"""A machine's records on equipment-status: every state it enters, failures, maintenance and errors."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np

from streaming.simulate.states import REASONS, STATES
from streaming.simulate.timeline import Timeline


def events(story: Timeline, since: int, until: int) -> list[dict[str, Any]]:
    """Rows with `minute` in place of event_time, from `since` up to but not including `until`, in order."""
    rows: list[dict[str, Any]] = []
    # By bisection: a day costs the same in a long history.
    first, last = np.searchsorted(story.changes, [since, until]).tolist()
    for n in range(first, last):
        reason, planned = REASONS[story.reasons[n]]
        state = STATES[story.states[n]]
        rows.append({"minute": int(story.changes[n]), "kind": state, "reason": reason, "planned": planned})
    for moment in story.moments:
        if since <= moment.minute < until:
            row = {"minute": moment.minute, "kind": moment.kind, "component": moment.component}
            rows.append({**row, "planned": moment.planned})
    first, last = bisect_left(story.errors, (since, "")), bisect_left(story.errors, (until, ""))
    rows += [{"minute": minute, "kind": "error", "code": code} for minute, code in story.errors[first:last]]
    return sorted(rows, key=lambda row: int(row["minute"]))
