"""Numbers, days and changes as people read them, in the words of a question's columns."""

from __future__ import annotations

import datetime as dt
from typing import Any

from dashboards.spec.question import Shown

NOTHING = "–"


def as_text(value: Any, shown: Shown) -> str:
    """A value in its column's format, decimals and unit."""
    if value is None:
        return NOTHING
    match shown.format:
        case "percent":
            return f"{100 * float(value):.{shown.decimals}f} %"
        case "number":
            return f"{float(value):,.{shown.decimals}f}" + (f" {shown.unit}" if shown.unit else "")
        case "date":
            return f"{value:%Y-%m-%d}"
        case "datetime":
            return f"{value.astimezone(dt.UTC):%a %d %b, %H:%M}"
    return str(value)


def change_of(value: float | None, before: float | None, shown: Shown) -> str:
    """The difference with its sign; of shares in points of a percent; "" where there is nothing to compare."""
    if value is None or before is None:
        return ""
    is_share = shown.format == "percent"
    signed = f"{(100 if is_share else 1) * (value - before):+,.{shown.decimals}f}".replace("-", "−")
    unit = "points" if is_share else shown.unit
    return f"{signed} {unit}".rstrip()


def span(first: dt.date, last: dt.date) -> str:
    """30 March to 5 April 2026."""
    begin = f"{first.day} {first:%B}" if first.year == last.year else f"{first.day} {first:%B} {first.year}"
    return f"{begin} to {last.day} {last:%B} {last.year}"
