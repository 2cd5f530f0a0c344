"""How far back features look."""

from __future__ import annotations

from ml.spec.failure import FailureSpec
from ml.spec.span import hours


def lookback_hours(spec: FailureSpec) -> float:
    """Readings older than this do not matter to a prediction."""
    spans = [hours(span) for span in (*spec.windows, *spec.trends)]
    shortest = min((hours(window) for window in spec.windows), default=0.0)
    return max(*spans, shortest + 24) + 24 + 2 * hours(spec.step)
