"""Whether the spans of a spec are in the unit of its time, which is known only when the data are read."""

from __future__ import annotations

from typing import Any

from millwright.errors import MillwrightError
from ml.spec.model import ModelSpec


def check_units(spec: ModelSpec, counter: bool, fields: tuple[str, ...]) -> None:
    """Raises MillwrightError for a plain number where time is of dates, and for hours or days where it is a counter.

    `fields` may lie deeper, as `split.gap`. What stands there when nothing is given is right for both: `24h` is 24
    steps of a counter.
    """
    for field in fields:
        part: Any = spec
        *outer, name = field.split(".")
        for one in outer:
            part = getattr(part, one, None)
        value = getattr(part, name, None)
        if value is None or value == type(part).model_fields[name].default:
            continue
        for span in value if isinstance(value, tuple) else (value,):
            if span != 0 and isinstance(span, str) == counter:
                raise _wrong(field, span, counter)


def _wrong(field: str, span: Any, counter: bool) -> MillwrightError:
    if counter:
        return MillwrightError(
            f"{field} = {span!r}: expected a plain number of steps, as time is a counter.",
            "If the numbers are times, say so: time: {kind: timestamp, …}.",
        )
    return MillwrightError(
        f"{field} = {span!r}: expected a span with its unit, as time is of dates.", f"Such as {span}h or {span}d."
    )
