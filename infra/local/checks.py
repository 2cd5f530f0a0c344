"""Is the embedded stack as it should be: parts, ports, passwords' files and installed packages?"""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from infra.local import machine_checks, ports
from infra.local.backup.put_back import MARK
from infra.local.part import Part
from infra.local.parts import PARTS
from infra.local.stack import supervised
from infra.local.status import status
from millwright.doctor import Check, Finding
from millwright.errors import Unavailable
from millwright.settings import Settings, settings


def running() -> Iterator[Finding]:
    """Every part answers. What does not run is told as what does not answer, so that it is told once."""
    found = status(settings())
    if silent := [state.part for state in found if state.state in ("stopped", "unreachable")]:
        raise Unavailable(f"Not running: {', '.join(silent)}.")
    for state in found:
        if state.state == "not answering":
            problem = f"{state.part} runs (pid {state.pid}) and does not answer at {state.address}."
            yield Finding(
                problem, "See why, then have it started anew.", f"millwright logs {state.part}; millwright up"
            )


def held_ports(parts: Iterable[Part] = tuple(PARTS)) -> Iterator[Finding]:
    """The port of a part that does not run is free for it."""
    config = settings()
    for part in parts:
        if part.is_external(config) or not part.wanted(config) or supervised(config, part.name).running():
            continue
        for setting in part.ports:
            port = int(getattr(config, setting))
            if not ports.is_free(port):
                who = ports.holder(port)
                named = f"{who.name()} (pid {who.pid})" if who else "a process of another user"
                problem = f"Port {port}, on which {part.name} would listen, is held by {named}."
                remedy = f"Stop {named}, or give {part.name} another port."
                yield Finding(problem, remedy, f"MILLWRIGHT_{setting.upper()}=<free port> millwright up")


def versions(names: Iterable[str] | None = None) -> Iterator[Finding]:
    """Python, the packages that pyproject.toml asks for, and Postgres are of versions that we run on."""
    if sys.version_info[:2] != (3, 11):
        problem = f"This is Python {sys.version.split()[0]}; Millwright runs on 3.11."
        yield Finding(problem, "Set up with Python 3.11.", "make clean && make setup PYTHON=python3.11")
    wrong = []
    for asked in map(Requirement, (requires("millwright") or []) if names is None else names):
        if asked.marker is not None and not asked.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(asked.name)
        except PackageNotFoundError:
            wrong.append(f"{asked.name} is missing")
            continue
        if not asked.specifier.contains(found, prereleases=True):
            wrong.append(f"{asked.name} is {found}, wanted {asked.specifier}")
    if wrong:
        yield Finding(
            f"Packages differ from what was asked for: {'; '.join(wrong)}.", "Install as locked.", "make setup"
        )


def secrets(config: Settings | None = None, env_file: Path = Path(".env")) -> Iterator[Finding]:
    """Files that hold passwords are their owner's alone."""
    config = config or settings()
    airflow = config.state_dir / "airflow" / "passwords.json"
    for path in (config.credentials_file, airflow, *config.state_dir.glob("metabase*.json"), env_file):
        if path.exists() and (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
            problem = f"{path} holds passwords, and others than its owner may read or write it (mode {mode:04o})."
            yield Finding(
                problem, "Take it back; change the passwords if others use this machine.", f"chmod 600 {path}"
            )


def restored(config: Settings | None = None) -> Iterator[Finding]:
    """No restore was cut short between two of its databases."""
    mark = (config or settings()).state_dir / MARK
    if mark.exists():
        folder = json.loads(mark.read_text())["folder"]
        problem = f"A restore from {folder} was cut short: databases may not match."
        yield Finding(problem, "Stop the platform and run it again.", f"millwright restore {folder} --replace")


CHECKS = [
    Check("running parts", "what `millwright status` shows", running, tells_what_runs=True),
    Check("ports", "of parts that do not run", held_ports),
    Check("versions", "Python and packages", versions),
    Check("passwords' files", "their owner's alone", secrets),
    Check("restore", "none was cut short", restored),
    *machine_checks.CHECKS,
]
