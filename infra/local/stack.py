"""Start, stop and look at the embedded stack, or at some of its parts, in a state folder of your choice."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Callable, Collection, Iterator

from infra.local import credentials, graph, ports
from infra.local.part import Part, Step
from infra.local.parts import PARTS
from infra.local.process import Running, Supervised
from infra.local.steps import STEPS
from millwright.errors import MillwrightError
from millwright.settings import Settings

Report = Callable[[str, str], None]  # name of a part or step; waiting | starting | ready | external
_ALL: list[Part | Step] = [*PARTS, *STEPS]
NODES = {node.name: node for node in _ALL}
_KEPT_PATIENCE_SECONDS = 20.0  # a part that runs but answers no longer is started anew after this
_EXTERNAL_PATIENCE_SECONDS = 5.0


def supervised(config: Settings, name: str) -> Supervised:
    """The process of a part."""
    return Supervised(name, config.state_dir.absolute())


def wanted(config: Settings) -> list[str]:
    """The parts and steps that the settings have any use for."""
    return [name for name, node in NODES.items() if isinstance(node, Step) or node.wanted(config)]


def up(config: Settings, only: Collection[str] | None = None, report: Report = lambda name, state: None) -> None:
    """Start what does not run yet and wait until all of it answers; what runs well is left alone.

    `only` names parts and steps, to which their needs are added; None is all that is wanted. A part whose address the
    settings give is somebody else's: it is asked for an answer and never started. Raises MillwrightError.
    """
    names = graph.closure({name: node.needs for name, node in NODES.items()}, only or wanted(config))
    config.state_dir.mkdir(parents=True, exist_ok=True)
    with _alone(config):
        credentials.ensure(config)
        for name in names:
            report(name, "waiting")
        _check_ports(config, [node for name in names if isinstance(node := NODES[name], Part)])

        def act(name: str) -> None:
            report(name, "starting")
            node = NODES[name]
            if isinstance(node, Step):
                node.run(config)
                report(name, "ready")
            else:
                report(name, "external" if _brought_up(config, node) is None else "ready")

        graph.run({name: NODES[name].needs for name in NODES if name in names}, act)


def down(config: Settings, only: Collection[str] | None = None, report: Report = lambda name, state: None) -> None:
    """Stop what runs, the dependent parts first: politely, so that Kafka and Postgres write out, then by force."""
    parts = {part.name: part for part in PARTS}
    direct = {name: node.needs for name, node in NODES.items()}
    needs = {name: graph.closure(direct, [name]) for name in parts}
    chosen = [name for name in parts if only is None or name in only]
    # Turned about: a part waits for those that need it.
    before = {name: [other for other in chosen if other != name and name in needs[other]] for name in chosen}

    def act(name: str) -> None:
        process = supervised(config, name)
        runs = process.running() is not None
        if runs:
            report(name, "stopping")
        process.stop(parts[name].stop_signal, parts[name].grace_seconds)
        if runs:
            report(name, "stopped")

    if config.state_dir.exists():
        with _alone(config):
            graph.run(before, act)


@contextlib.contextmanager
def _alone(config: Settings) -> Iterator[None]:
    """One `up` or `down` at a time in a state folder."""
    with (config.state_dir / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MillwrightError(
                f"Another `millwright up` or `down` is at work in {config.state_dir}.", "Wait until it has ended."
            ) from None
        yield


def _check_ports(config: Settings, parts: list[Part]) -> None:
    wanted = []
    for part in parts:
        if part.is_external(config):
            continue
        process = supervised(config, part.name)
        if process.running() is None:
            process.sweep()  # an orphan must not be named as a stranger on our port
        own = {member.pid for member in process.members()}
        wanted += [(part.name, setting, own) for setting in part.ports]
    ports.check(config, wanted)


def _brought_up(config: Settings, part: Part) -> Running | None:
    """The part's process, once it answers; None for somebody else's."""
    if part.is_external(config):
        if not _answers(config, part, None, _EXTERNAL_PATIENCE_SECONDS):
            variable = f"MILLWRIGHT_{part.external.upper()}"
            raise MillwrightError(
                f"No {part.name} answers at {part.address(config)}, which {variable} names.",
                f"Start it, or unset {variable} to use the embedded one.",
            )
        return None
    process = supervised(config, part.name)
    running, launch = process.running(), part.launch(config)
    if running and running.digest == launch.digest and _answers(config, part, process, _KEPT_PATIENCE_SECONDS):
        return running
    process.stop(part.stop_signal, part.grace_seconds)
    part.prepare(config)
    running = process.start(launch)
    if not _answers(config, part, process, part.patience_seconds):
        how = (
            "ended while starting" if process.running() is None else f"did not answer in {part.patience_seconds:.0f} s"
        )
        raise MillwrightError(f"{part.name} {how}: {process.last_words()}", f"See `millwright logs {part.name}`.")
    return running


def _answers(config: Settings, part: Part, process: Supervised | None, patience_seconds: float) -> bool:
    """Whether the part answers in time; False at once when its process has ended."""
    deadline = time.monotonic() + patience_seconds
    while True:
        running = process.running() if process else None
        if process and running is None:
            return False
        if part.ready(config, running.created if running else 0.0):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
