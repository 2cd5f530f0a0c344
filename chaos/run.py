"""One run: a stack and a lake of its own, traffic, workers, disturbances one after another, and the account."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from chaos.account import Account, account
from chaos.care import Archive
from chaos.crew import Crew
from chaos.disk import Disk, disk, unmount_left_behind
from chaos.disturb import disturb
from chaos.events import Events
from chaos.held import held, read_topic
from chaos.landed import read_lake
from chaos.plan import plan
from chaos.progress import Progress
from chaos.reach import reached, wanted
from chaos.scene import Scene
from chaos.traffic import STREAM, Traffic
from infra.local.temporary import TemporaryStack, stack_of_its_own
from millwright.contracts import contract
from streaming.sink.once import land

WORKERS = 3  # they become 2 to 4 as some join and some leave
_CATCH_UP_SECONDS = 90.0


@dataclass(frozen=True)
class Result:
    """What came of a run. `kills`: SIGKILLs of workers. `chain`, `conduct`: faults as sentences."""

    kills: int
    account: Account
    chain: list[str]
    conduct: list[str]
    events: Events
    disk: str
    kept: Path | None = None  # a folder of logs and lake, if something was wrong

    @property
    def is_right(self) -> bool:
        return self.account.is_right and not self.chain and not self.conduct

    def as_dict(self) -> dict[str, int | bool]:
        """The counts; `lost` holds altered and misjudged records too, since they are not in the lake as sent."""
        found = self.account
        return {
            "kills": self.kills,
            "sent": found.sent,
            "landed": found.landed,
            "quarantined": found.quarantined,
            "lost": len(found.lost) + len(found.altered) + len(found.misjudged),
            "doubled": len(found.doubled) + len(found.strange),
            "chain_ok": not self.chain,
        }


def run(kills: int, seed: int, per_second: int, progress: Progress) -> Result:
    """Disturb a sink with `kills` kills and all else that belongs to it, then account for every record.

    Logs and lake are kept when something is wrong. Raises Unavailable when the stack itself fails.
    """
    unmount_left_behind("/tmp/millwright-chaos-")
    progress.step("starting Kafka and the registry")
    events = Events()
    with stack_of_its_own("chaos", "topics", "schemas") as stack:
        events.note("Kafka and the registry are up")
        logs = stack.state_dir / "workers"
        crew = Crew(contract(STREAM).topic, logs, events)
        try:
            with disk(stack.state_dir / "lake", crew.pids) as room:
                try:
                    result = _disturbed(kills, seed, per_second, stack, crew, room, events, progress)
                except BaseException:
                    progress.step(f"logs are kept in {_kept(stack.state_dir, seed, events)}")
                    raise
                return result if result.is_right else replace(result, kept=_kept(stack.state_dir, seed, events))
        finally:
            crew.end(0.0)


def _kept(state_dir: Path, seed: int, events: Events) -> Path:
    """A copy of logs and lake that outlives the stack."""
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-{seed}-"))
    (folder / "events.log").write_text(events.text(seed))
    for name in ("workers", "logs", "lake"):
        shutil.copytree(state_dir / name, folder / name, dirs_exist_ok=True, ignore_dangling_symlinks=True)
    return folder


def _disturbed(
    kills: int,
    seed: int,
    per_second: int,
    stack: TemporaryStack,
    crew: Crew,
    room: Disk,
    events: Events,
    progress: Progress,
) -> Result:
    topic, traffic = contract(STREAM).topic, Traffic(seed, per_second)
    traffic.start()
    archive = Archive(topic, stack.state_dir / "lake")
    scene = Scene(topic, stack, crew, room, events, Random(seed), archive)
    disturbances = plan(kills, seed)
    for number, disturbance in enumerate(disturbances):
        crew.wanted = WORKERS if number == 1 else crew.wanted  # the first is for one worker alone
        progress.step(str(disturbance), number, len(disturbances), traffic.acknowledged)
        disturb(scene, disturbance)
    progress.step("all disturbances end", len(disturbances), len(disturbances), traffic.acknowledged)
    scene.calm()
    traffic.finish()
    progress.step("the workers catch up")
    _catch_up(topic, crew, events)
    crew.end()
    progress.step("landing what is left")
    events.note("the workers have ended")
    left = land([topic])[topic]["records"]
    events.note(f"{left} records were left to land")
    progress.step("reading Kafka and the lake")
    sent, conduct = held(read_topic(topic), traffic.ledger, traffic.reasons)
    landed, chain = read_lake(contract(STREAM), archive.dropped)
    events.note("Kafka and the lake have been read")
    events.counts["ranges refused to a second worker"] = crew.refused()
    found = account(sent, landed)
    return Result(events.counts["killed"], found, chain, conduct + events.faults, events, room.kind)


def _catch_up(topic: str, crew: Crew, events: Events) -> None:
    """Left alone, the workers have to land everything by themselves."""
    deadline, ends = time.monotonic() + _CATCH_UP_SECONDS, wanted(topic)
    while any(reached(topic).get(partition, 0) < end for partition, end in ends.items()):
        if time.monotonic() > deadline:
            events.blame(f"the workers did not catch up within {_CATCH_UP_SECONDS:.0f} s of peace")
            return
        crew.tend()
        time.sleep(0.2)
