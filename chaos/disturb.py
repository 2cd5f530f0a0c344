"""How each disturbance of a plan is done."""

from __future__ import annotations

import time

import psutil

from chaos.care import commands, start, taken_anew
from chaos.crew import Worker
from chaos.plan import Disturbance
from chaos.scene import Scene

_AT_A_FAILPOINT_SECONDS = 30.0
_READING_SHARE, _READING_SECONDS = 0.8, 10.0
_TIDY_SECONDS = 60.0
_PUBLISHES_SECONDS = 3.0  # a worker that has woken needs for its publication
_AFTER_A_FULL_DISK_SECONDS = 45.0  # a worker tries again with breaks of up to 30 s


def disturb(scene: Scene, what: Disturbance) -> None:
    """Do it, after its seconds of peace."""
    scene.events.note(f"-- {what}")
    scene.wait(what.after)
    _DEEDS[what.kind](scene, what)
    if what.waits:
        scene.go_on()


def _kill(scene: Scene, what: Disturbance) -> None:
    scene.crew.kill(_chosen(scene))


def _failpoint(scene: Scene, what: Disturbance) -> None:
    """A worker that kills itself; two such may be on their way at a time."""
    scene.wait_for_armed(left=1)
    scene.arm(what.place)


def _stop(scene: Scene, what: Disturbance) -> None:
    worker = _asleep_at(scene, what.place) if what.place else _chosen(scene)
    if worker is None:
        _stop(scene, what)
        return
    if not worker.asleep:
        scene.crew.stop(worker)
    scene.later(what.seconds, lambda: scene.crew.wake(worker))


def _asleep_at(scene: Scene, place: str) -> Worker | None:
    """A worker that has stopped at a failpoint, or has not come there; None if Kafka or the registry sent it away."""
    scene.wait_for_registry()
    worker = scene.crew.join(f"{place}=stop")
    scene.wait(_AT_A_FAILPOINT_SECONDS, lambda: worker.asleep or not worker.is_alive)
    if not worker.is_alive:
        return None
    if not worker.asleep:
        scene.events.note(f"{worker.name} never came to {place}", count="failpoints not reached")
        scene.crew.stop(worker)
    return worker


def _chosen(scene: Scene) -> Worker:
    """Any worker, though rather one that reads than one that is still starting."""
    if scene.rng.random() < _READING_SHARE:
        scene.wait(_READING_SECONDS, lambda: bool(scene.crew.reading))
    scene.wait(_READING_SECONDS, lambda: bool(scene.crew.awake))
    return scene.rng.choice(scene.crew.reading or scene.crew.awake)


def _join(scene: Scene, what: Disturbance) -> None:
    scene.crew.wanted = min(scene.crew.wanted + 1, 4)
    scene.crew.join()


def _leave(scene: Scene, what: Disturbance) -> None:
    scene.crew.wanted = max(scene.crew.wanted - 1, 2)
    scene.crew.leave(_chosen(scene))


def _broker(scene: Scene, what: Disturbance) -> None:
    """The broker is away, and comes back with the log it had."""
    scene.events.note(f"the broker goes ({what.how})", count="broker restarts")
    if what.how == "restart":
        scene.stack.stop("kafka")
    else:
        scene.stack.kill("kafka")
    scene.wait(what.seconds)
    scene.stack.heal("kafka")
    scene.events.note("the broker is back")
    scene.excuse()


def _registry(scene: Scene, what: Disturbance) -> None:
    """The registry is away while other things happen: known schemas go on, unknown ones wait."""

    def back() -> None:
        if what.how == "freeze":
            process.resume()
        else:
            scene.stack.heal("registry")
        scene.registry_is_away = False
        scene.events.note("the registry is back")
        scene.excuse()

    scene.wait_for_registry()
    scene.registry_is_away = True
    process = psutil.Process(scene.stack.pid("registry"))
    scene.events.note(f"the registry goes ({what.how})", count="registry outages")
    if what.how == "freeze":
        process.suspend()
    else:
        scene.stack.kill("registry")
    scene.later(what.seconds, back)


def _disk(scene: Scene, what: Disturbance) -> None:
    """The disk is full: nothing is published, nobody dies of it, and afterwards all goes on."""
    scene.calm()
    scene.go_on()
    before = {worker.name for worker in scene.crew.awake}
    scene.events.note(f"the disk is full: {scene.disk.kind}", count="full disks")
    scene.disk.fill()
    scene.wait(1.0)  # what was being written when it filled may still have had room
    full = time.monotonic()
    scene.wait(what.seconds)
    if scene.has_grown_since(full):
        scene.events.blame("something was published on a full disk")
    died = before - {worker.name for worker in scene.crew.awake}
    scene.disk.free()
    scene.events.note("the disk has room again")
    scene.excuse()
    if died:
        scene.events.blame(f"{', '.join(sorted(died))} died of a full disk")
    if not scene.go_on(_AFTER_A_FULL_DISK_SECONDS):
        scene.events.blame(f"nothing was published for {_AFTER_A_FULL_DISK_SECONDS:.0f} s after the disk had room")


def _care(scene: Scene, what: Disturbance) -> None:
    """Compaction or retention beside the workers, one of which sleeps and holds a file for a name they set free."""
    if (sleeper := _asleep_at(scene, what.place)) is None:
        _care(scene, what)
        return

    def wake() -> None:
        _tidy(scene, what.how)
        scene.crew.wake(sleeper)
        scene.later(_PUBLISHES_SECONDS, count)

    def count() -> None:
        scene.events.counts["freed names taken by a late worker, and ignored"] += taken_anew(scene.topic)

    scene.later(what.seconds, wake)


def _tidy(scene: Scene, how: str) -> None:
    if how == "expire" and not scene.wait(_TIDY_SECONDS, scene.archive.may_expire):
        scene.events.note("the sink is too far behind for an expiry to be accounted for", count="expiries left out")
        return
    copied = scene.archive.copy() if how == "expire" else None
    for command in commands(scene.topic, how):
        process = start(command)
        scene.wait(_TIDY_SECONDS, lambda process=process: process.poll() is not None)  # type: ignore[misc]
        if process.poll() is None:
            process.kill()
        _, said = process.communicate()
        scene.events.note(f"millwright lake {command[4]} has ended with {process.returncode}")
        if process.returncode:
            scene.events.blame(f"millwright lake {command[4]} failed: {said.decode(errors='replace').strip()[-300:]}")
    scene.events.counts[f"lake {how}"] += 1
    for fault in scene.archive.drop(copied) if copied else []:
        scene.events.blame(fault)


_DEEDS = {
    "kill": _kill,
    "failpoint": _failpoint,
    "stop": _stop,
    "join": _join,
    "leave": _leave,
    "broker": _broker,
    "registry": _registry,
    "disk": _disk,
    "care": _care,
}
