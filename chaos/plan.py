"""The plan of a run: which disturbances, in which order. The same seed gives the same plan. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from random import Random

EXPIRE_SECONDS = 20.0  # retention drops what is older

# Every gap between two steps of a publication, in order.
FAILPOINTS = (
    "sink.before_quarantine",
    "quarantine.after_write",
    "quarantine.after_fsync",
    "quarantine.after_link",
    "quarantine.after_dir_fsync",
    "sink.after_quarantine",
    "sink.before_write",
    "sink.after_write",
    "sink.after_fsync",
    "sink.after_link",
    "sink.after_dir_fsync",
    "sink.after_commit",
)
# A worker that is stopped here holds a file that is ready, and publishes it when it wakes, if it is let.
_BEFORE_LINK = ("sink.before_write", "sink.after_write", "sink.after_fsync")


@dataclass(frozen=True)
class Disturbance:
    """One thing that is done to the sink or to what it needs.

    kill: SIGKILL to any worker · failpoint: a worker that kills itself at `place` · stop: SIGSTOP for `seconds`, at
    `place` if one is given · join, leave · broker, registry: `how` it goes away, for `seconds` · disk: full for
    `seconds` · care: a worker is stopped for `seconds`, and `how` is done to the lake before it wakes.
    `after`: seconds of peace before it. `waits`: whether the sink is let go on before the next one.
    """

    kind: str
    after: float
    waits: bool
    how: str = ""
    place: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        parts = (self.kind, self.how, self.place, f"{self.seconds:.1f} s" if self.seconds else "")
        return " ".join(part for part in parts if part)


def plan(kills: int, seed: int) -> list[Disturbance]:
    """`kills` SIGKILLs, every second at a failpoint, and in proportion all else that may befall a sink.

    The first is the worker's that begins the first chain.
    """
    rng, at_failpoints = Random(seed), ceil(kills / 2)
    counts = {
        "kill": kills - at_failpoints,
        "stop": ceil(kills / 10),
        "broker": ceil(kills / 10),
        "registry": ceil(kills / 20),
        "join": ceil(kills / 20),
        "leave": ceil(kills / 20),
        "disk": ceil(kills / 50),
        "care": ceil(kills / 20),
    }
    found = [_drawn(kind, number, rng) for kind, count in counts.items() for number in range(count)]
    rounds = ceil(at_failpoints / len(FAILPOINTS))
    places = [place for _ in range(rounds) for place in rng.sample(FAILPOINTS, len(FAILPOINTS))]
    for place in places[: at_failpoints - 1]:
        found.append(Disturbance("failpoint", 0.0, rng.random() < 0.5, place=f"{place}:{rng.randint(1, 3)}"))
    rng.shuffle(found)
    return [Disturbance("failpoint", 0.0, True, place="genesis.after_link"), *found]


def _drawn(kind: str, number: int, rng: Random) -> Disturbance:
    after = rng.uniform(0.0, 1.5)
    match kind:
        case "kill":
            return Disturbance(kind, after, waits=rng.random() < 0.5)
        case "stop":  # the group misses a member after 6 s
            place = f"{rng.choice(_BEFORE_LINK)}:{rng.randint(1, 3)}" if number % 2 else ""
            return Disturbance(kind, after, waits=False, place=place, seconds=rng.uniform(7.5, 10.0))
        case "broker":
            return Disturbance(kind, after, True, how=("restart", "kill -9")[number % 2], seconds=rng.uniform(0.0, 3.0))
        case "registry":
            return Disturbance(
                kind, after, waits=False, how=("freeze", "kill -9")[number % 2], seconds=rng.uniform(4.0, 9.0)
            )
        case "disk":
            return Disturbance(kind, after, True, seconds=rng.uniform(4.0, 7.0))
        case "care":  # the worker holds what the others land meanwhile, and the lake then replaces or drops
            how = ("compact", "expire")[number % 2]
            place, seconds = f"{rng.choice(_BEFORE_LINK)}:2", rng.uniform(9.0, 12.0)
            return Disturbance(kind, after, False, how, place, seconds + (EXPIRE_SECONDS if how == "expire" else 0.0))
        case _:
            return Disturbance(kind, after, waits=True)
