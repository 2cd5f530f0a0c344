"""Asks every check what is wrong with the platform. Stages offer checks by the entry points `millwright.checks`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from importlib.metadata import entry_points
from typing import Any

from millwright.errors import MillwrightError, NeverStarted, Unavailable

_THREADS = 6  # most of a check is waiting for an answer


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, what to do about it in one sentence, and the command that does it or leads on."""

    problem: str
    remedy: str
    command: str


@dataclass(frozen=True)
class Check:
    """A question of its own. `ask` yields what is wrong; it raises Unavailable when what it asks does not answer.

    `tells_what_runs`: of one that knows all parts, so that its words stand for those of others that get no answer.
    """

    name: str
    about: str
    ask: Callable[[], Iterable[Finding]]
    tells_what_runs: bool = False


@dataclass(frozen=True)
class Outcome:
    """What one check said: `sound`, `ill` or `not asked`, since what it would ask does not run."""

    check: str
    about: str
    state: str
    findings: tuple[Finding, ...] = ()
    silent: str = field(default="", repr=False)  # what did not answer

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        found = asdict(self)
        del found["silent"]
        return found


def installed() -> list[Check]:
    """The checks of every stage that is installed here."""
    found: list[Check] = []
    for point in entry_points(group="millwright.checks"):
        try:
            found += point.load()
        except ModuleNotFoundError:
            continue  # an image holds one stage only
    return found


def examine(checks: Sequence[Check]) -> list[Outcome]:
    """Ask all checks, several at a time; outcomes in the checks' order.

    What does not run is one outcome, `running`, however many checks it keeps from being asked.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        asked = list(pool.map(_outcome, checks))
    silent = list(dict.fromkeys(each.silent for each in asked if each.silent))
    if not silent:
        return asked
    known = [each.silent for check, each in zip(checks, asked, strict=True) if check.tells_what_runs and each.silent]
    down = Finding(" ".join(known or silent), "Start what is not running.", "millwright up")
    return [Outcome("running", "what the checks ask", "ill", (down,)), *asked]


def _outcome(check: Check) -> Outcome:
    try:
        findings = tuple(check.ask())
    except (Unavailable, NeverStarted) as error:
        return Outcome(check.name, check.about, "not asked", silent=error.message)
    except MillwrightError as error:
        findings = (
            Finding(error.message, error.remedy or "See the logs.", f"millwright doctor --only '{check.name}'"),
        )
    except Exception as error:  # noqa: BLE001 - a check that breaks must not hide what the others found
        said = f"The check itself failed: {type(error).__name__}: {error}"
        findings = (Finding(said, "See the logs of what it asks.", "millwright status"),)
    return Outcome(check.name, check.about, "ill" if findings else "sound", findings)
