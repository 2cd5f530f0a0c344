"""The step of a grid, as people write it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_NOTHING = re.compile(r"-.*|0+(\.0*)?\s*[A-Za-z]*")  # what else it may be, pandas says


def _above_0(step: str | int) -> str | int:
    if _NOTHING.fullmatch(str(step).strip()):
        raise ValueError("expected a step above 0, such as 10min, 1h, 1d or MS (or a whole number of a counter)")
    return step


Step = Annotated[str | int, AfterValidator(_above_0)]
