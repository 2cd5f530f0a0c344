"""Keeps a stack up: starts again what died, and what runs but answers no longer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from infra.local import stack
from infra.local.parts import PARTS
from infra.local.process import Supervised
from millwright.errors import MillwrightError
from millwright.settings import Settings

_LOOK_SECONDS = 1.0
_ASK_SECONDS = 10.0  # between two rounds of questions, for each costs its part something
_UNANSWERED = 3  # rounds in a row after which a part is started anew


def begun(config: Settings) -> list[str]:
    """The parts that were started and not stopped since: `down` forgets a part, a kill does not."""
    return [part.name for part in PARTS if _of(config, part.name).is_known]


def dead(config: Settings) -> list[str]:
    """Those of them whose process is gone."""
    return [name for name in begun(config) if _of(config, name).running() is None]


def watch(config: Settings, tell: Callable[[str], None]) -> None:
    """Heal until `down` has stopped everything, or Ctrl-C. `tell` hears what died and how long healing took."""
    silent: dict[str, int] = {}
    asked = time.monotonic()
    while begun(config):
        time.sleep(_LOOK_SECONDS)
        ill = dead(config)
        if not ill and time.monotonic() - asked > _ASK_SECONDS:
            asked = time.monotonic()
            silent = {name: silent.get(name, 0) + 1 for name in _unanswering(config)}
            ill = [name for name, rounds in silent.items() if rounds >= _UNANSWERED]
        if ill:
            _heal(config, ill, tell)


def _heal(config: Settings, ill: list[str], tell: Callable[[str], None]) -> None:
    began, names = time.monotonic(), ", ".join(ill)
    tell(f"{names}: gone; starting again")
    try:
        # All that was begun: Airflow's scheduler, say, is asked again once Postgres is back.
        stack.up(config, begun(config))
    except MillwrightError as error:  # `down` is at work, or what it needs is gone: looked at again in a second
        tell(f"{names}: {error.message}")
    else:
        tell(f"{names}: back after {time.monotonic() - began:.0f} s")


def _unanswering(config: Settings) -> Iterator[str]:
    for part in PARTS:
        process = _of(config, part.name)
        if (running := process.running()) and not part.ready(config, running.created):
            yield part.name


def _of(config: Settings, name: str) -> Supervised:
    return stack.supervised(config, name)
