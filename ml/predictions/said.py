"""Finds what a model said, by its number."""

from __future__ import annotations

import re
from typing import Any

from millwright.errors import MillwrightError
from ml.predictions.shapes import SHAPES, Shape

# The first kind is meant when a number comes alone.
KINDS = {"failure": "failure", "rul": "rul", "life": "rul", "anomaly": "anomaly", "quality": "quality"} | {
    "forecast": "forecast"
}
_ID = re.compile(r"(?:(?P<kind>[a-z]+):)?(?P<number>\d{1,18})")


def parse(said: str) -> tuple[str, int]:
    """`12` or `failure:12` → ("failure", 12); `anomaly:7` → ("anomaly", 7). Raises MillwrightError otherwise."""
    found = _ID.fullmatch(said.strip().lower())
    kind = KINDS.get(found["kind"] or "failure") if found else None
    if not found or kind is None:
        raise MillwrightError(
            f"{said!r} is no number of a prediction.",
            "Give a prediction_id, such as 12, or a kind before it: failure:12, rul:12, anomaly:12, quality:12 or"
            " forecast:12.",
        )
    return kind, int(found["number"])


def find(cursor: Any, task: str, number: int) -> dict[str, Any]:
    """The row of that number. Raises MillwrightError when there is none, and says what numbers there are."""
    shape = SHAPES[task]
    cursor.execute(f"select * from {shape.table} where {shape.id} = %s", (number,))
    row = cursor.fetchone()
    if row is None:
        raise _unknown(cursor, task, shape, number)
    return {column.name: value for column, value in zip(cursor.description, row, strict=True)}


def _unknown(cursor: Any, task: str, shape: Shape, number: int) -> MillwrightError:
    cursor.execute(f"select max({shape.id}) from {shape.table}")
    newest = cursor.fetchone()[0]
    hint = (
        f"The newest is {task}:{newest}."
        if newest
        else f"{shape.table} is empty: `millwright predict` fills it once there is a champion."
    )
    return MillwrightError(f"There is no {shape.id} {number} in {shape.table}.", hint)
