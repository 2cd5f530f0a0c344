"""Named places at which a test may kill the process, to prove that a kill there loses nothing."""

from __future__ import annotations

import os
import signal

_VARIABLE = "MILLWRIGHT_FAILPOINT"


def failpoint(name: str) -> None:
    """Kill this process with SIGKILL if MILLWRIGHT_FAILPOINT names this place.

    `name` is `<step>.<place>`, such as `sink.after_link`. `name:3` kills at the third time past it.
    The variable holds several, parted by commas.
    """
    wanted = os.environ.get(_VARIABLE)
    if not wanted:
        return
    for item in wanted.split(","):
        place, _, count = item.partition(":")
        if place == name and _passed(name) >= int(count or 1):
            os.kill(os.getpid(), signal.SIGKILL)


_times: dict[str, int] = {}


def _passed(name: str) -> int:
    _times[name] = _times.get(name, 0) + 1
    return _times[name]
