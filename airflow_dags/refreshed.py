"""The last step of what is done for each spec: the marts, whatever became of single specs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def refreshed(select: str, specs: list[str] | None, done: Iterable[Any], what: str) -> dict[str, Any]:
    """Build what `select` names, also where nothing new was written: a run that wrote may have been killed before.

    Raises MillwrightError when something was not done for each of the specs (`what`: "predicted for"), and as dbt does.
    """
    from millwright.dbt_runner import build
    from millwright.errors import MillwrightError

    built = build(select=select) if specs else {"reason": "No spec has a champion."}
    if specs is None or len(list(done)) < len(specs):
        raise MillwrightError(f"Not every spec was {what}; the marts are up to date with those that were.")
    return built
