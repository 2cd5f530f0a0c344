"""Algorithms to choose from, with what is fixed and what is searched."""

from __future__ import annotations

from itertools import product
from typing import Any

from pydantic import Field

from ml.spec.part import Part

Parameter = str | int | float | bool | None | tuple[int, ...]


class Candidate(Part):
    """An algorithm. Each task narrows `name` to those it has."""

    name: str = Field(description="the algorithm")
    parameters: dict[str, Parameter] = Field({}, description="its own parameters that stay as they are")
    search: dict[str, tuple[Parameter, ...]] = Field(
        {}, description="parameter → values to try, every combination; the best on the validation part is taken"
    )

    def settings(self) -> list[dict[str, Any]]:
        """Every combination of parameters, in the order of the spec."""
        names = list(self.search)
        return [
            {**self.parameters, **dict(zip(names, values, strict=True))} for values in product(*self.search.values())
        ]
