"""What a model takes, held against what a source has."""

from __future__ import annotations

from collections.abc import Iterable

from millwright.errors import MillwrightError


def all_there(place: str, found: Iterable[object], wanted: Iterable[str], kind: str = "column of numbers") -> None:
    """Raises MillwrightError when columns that a model has learned from are not there, naming them and those that are.

    A column without a value is there: the model knows what to say of a value that is missing.
    """
    there = [str(name) for name in found]
    if missing := [name for name in wanted if name not in there]:
        raise MillwrightError(
            f"{place} has no {kind} {', '.join(map(repr, missing))}, which the model has learned from.",
            f"There are: {', '.join(there) or 'none'}.",
        )
