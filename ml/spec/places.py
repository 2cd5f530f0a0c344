"""Where a spec's data lie: beside the spec, or where the command line says instead."""

from __future__ import annotations

from glob import glob
from pathlib import Path
from typing import Any

from millwright.errors import MillwrightError
from ml.spec.source import is_table

_PLACE = ("path", "table")


def replaced(source: Any, given: tuple[str, ...]) -> Any:
    """What a spec says under `source`, with the user's places in place of its own.

    All else that it says of how to read them stays. A place without a name goes to the readings where there are
    several sources. Raises MillwrightError for a name that the spec does not have.
    """
    several = isinstance(source, dict) and not set(_PLACE) & set(source)
    main = "" if not several else "readings" if "readings" in source else next(iter(source))
    named: dict[str, list[str]] = {}
    for one in given:
        name, equals, place = one.partition("=")
        if several and equals and name.isidentifier():
            if name not in source:
                raise MillwrightError(
                    f"--source {one}: the spec has no source {name!r}.", f"It has {', '.join(source)}."
                )
            named.setdefault(name, []).append(place)
        else:
            named.setdefault(main, []).append(one)
    if not several:
        return _at(source, named[""])
    return source | {name: _at(source[name], places) for name, places in named.items()}


def _at(source: Any, places: list[str]) -> dict[str, Any]:
    rest = {name: value for name, value in source.items() if name not in _PLACE} if isinstance(source, dict) else {}
    at: dict[str, Any] = {"table": places[0]} if len(places) == 1 and is_table(places[0]) else {"path": places}
    return rest | at


def beside(value: Any, folder: Path) -> Any:
    """Places in a source: a relative path that matches files beside the spec, and none where the command runs, is
    made whole."""
    if isinstance(value, dict):
        alone = set(_PLACE) & set(value)
        files = ("path", "beside")  # of a source; all else of it is no place
        return {name: beside(inner, folder) if name in files or not alone else inner for name, inner in value.items()}
    if isinstance(value, list):
        return [beside(inner, folder) for inner in value]
    if not isinstance(value, str) or is_table(value) or value.startswith(("/", "~", "$")) or glob(value):
        return value
    return str((folder / value).absolute()) if glob(str(folder / value)) else value
