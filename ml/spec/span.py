"""Spans of time as people write them: `24h`, `7d`, `90min`; or a plain number where time is a counter."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_HOURS = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0, "d": 24.0, "w": 168.0}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|h|d|w)")


def hours(span: str | float) -> float:
    """A span in hours; a plain number is of the counter's steps, each of which counts as one hour.

    Raises ValueError when it is neither.
    """
    if isinstance(span, (int, float)):
        return float(span)
    found = _SPAN.fullmatch(span.strip())
    if not found:
        raise ValueError(
            "expected a number with s, min, h, d or w, such as 24h (or a plain number of a counter's steps)"
        )
    return float(found[1]) * _HOURS[found[2]]


def _not_negative(span: str | float) -> str | float:
    if hours(span) < 0:
        raise ValueError("expected a span that is not negative")
    return span


def _of_some_length(span: str | float) -> str | float:
    if hours(span) <= 0:
        raise ValueError("expected a span above 0")
    return span


Span = Annotated[str | int | float, AfterValidator(_not_negative)]
Length = Annotated[str | int | float, AfterValidator(_of_some_length)]
