"""What all parts of a spec share: unknown fields are errors, and nothing changes once it was read."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Part(BaseModel):
    """A part of a spec."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Wrong(ValueError):
    """What a part that is checked as a whole finds wrong with one of its fields: its path, its value, what is right."""

    def __init__(self, field: str, value: Any, said: str) -> None:
        super().__init__(f"{field} = {value!r}: {said}")


def _named(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,59}", text):
        raise ValueError("expected lower case letters, digits, _ and -, a letter first, at most 60 in all")
    return text


Name = Annotated[str, AfterValidator(_named)]
Share = Annotated[float, Field(gt=0, lt=1)]
