"""Algorithms to choose from, with what is fixed and what is searched."""

from __future__ import annotations

from itertools import product
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from ml.spec.parameters import Table, expected
from ml.spec.part import Part, Wrong

Parameter = str | int | float | bool | None | tuple[int, ...]


class Candidate(Part):
    """An algorithm. Each task narrows `name` to those it has, and gives the table of their parameters."""

    PARAMETERS: ClassVar[dict[str, Table]] = {}

    name: str = Field(description="the algorithm")
    parameters: dict[str, Parameter] = Field({}, description="its own parameters that stay as they are")
    search: dict[str, tuple[Parameter, ...]] = Field(
        {}, description="parameter → values to try, every combination; the best on the validation part is taken"
    )

    @model_validator(mode="after")
    def _parameters_are_right(self) -> Self:
        table = self.PARAMETERS[self.name]
        for field, name, value in self._given():
            if name not in table:
                has = f"it has {', '.join(sorted(table))}" if table else "it has none"
                raise Wrong(f"{field}.{name}", value, f"{self.name} has no parameter {name!r}; {has}")
            if not any(one.holds(value) for one in table[name]):
                raise Wrong(f"{field}.{name}", value, f"expected {expected(table[name])}{_as_number(value)}")
        for name, values in self.search.items():
            if not values:
                raise Wrong(f"search.{name}", [], "expected at least one value to try")
        return self

    def _given(self) -> list[tuple[str, str, Parameter]]:
        fixed = [("parameters", name, value) for name, value in self.parameters.items()]
        return [*fixed, *(("search", name, value) for name, values in self.search.items() for value in values)]

    def settings(self) -> list[dict[str, Any]]:
        """Every combination of parameters, in the order of the spec."""
        names = list(self.search)
        return [
            {**self.parameters, **dict(zip(names, values, strict=True))} for values in product(*self.search.values())
        ]


def _as_number(value: Any) -> str:
    """YAML takes 1e-3 for a text, and 1.0e-3 for a number."""
    try:
        return f"; YAML takes this for a text: write {float(value)!r}" if isinstance(value, str) else ""
    except ValueError:
        return ""
