"""Named places at which a test may kill or stop the process, to prove that nothing is lost by that."""

from __future__ import annotations

import os
import signal

_VARIABLE = "MILLWRIGHT_FAILPOINT"


def failpoint(name: str) -> None:
    """Kill this process with SIGKILL if MILLWRIGHT_FAILPOINT names this place.

    `name` is `<step>.<place>`, such as `sink.after_link`. `name:3` kills at the third time past it. `name=stop` stops
    the process there, once, until somebody sends it SIGCONT. The variable holds several, parted by commas.
    """
    wanted = os.environ.get(_VARIABLE)
    if not wanted:
        return
    for item in wanted.split(","):
        place, _, deed = item.partition("=")
        place, _, count = place.partition(":")
        if place != name:
            continue
        times = _passed(item)
        if deed == "stop" and times == int(count or 1):
            os.kill(os.getpid(), signal.SIGSTOP)
        elif not deed and times >= int(count or 1):
            os.kill(os.getpid(), signal.SIGKILL)


_times: dict[str, int] = {}


def _passed(item: str) -> int:
    _times[item] = _times.get(item, 0) + 1
    return _times[item]
