"""What every part of the fake has: numbers, entity ids, and what an answer is."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

Answer = tuple[int, Any]


class State:
    """Nothing yet; each part adds what it holds, in plain dicts."""

    def __init__(self) -> None:
        self._numbers = itertools.count(100)

    def number(self) -> int:
        return next(self._numbers)

    @staticmethod
    def entity() -> str:
        return uuid.uuid4().hex[:21]


def missing() -> Answer:
    return 404, "Not found."
