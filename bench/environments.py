"""The peers' environments: each in a folder of its own in the user's cache, made once, of pinned versions."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from infra.local import jars
from millwright.errors import MillwrightError

_HERE = Path(__file__).parent
LOCK = _HERE / "jars.lock"
PEERS: dict[str, dict[str, Any]] = tomllib.loads((_HERE / "peers.toml").read_text())
_PATIENCE_SECONDS = 1800


def classpath(peer: str) -> list[Path]:
    """The peer's jars, fetched where they are missing. Raises MillwrightError."""
    return jars.fetched(peer, LOCK)


def python(peer: str) -> Path:
    """The interpreter of an environment that holds the peer's packages, installed where it is missing.

    Raises MillwrightError with the installer's last line.
    """
    pins = PEERS[peer]["packages"]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "millwright" / "bench"
    home = cache / f"{peer}-{hashlib.sha256(json.dumps([pins, sys.version]).encode()).hexdigest()[:10]}"
    whole, interpreter = home / ".installed", home / "bin" / "python"
    if not whole.exists():
        shutil.rmtree(home, ignore_errors=True)  # an installation that was cut short
        home.parent.mkdir(parents=True, exist_ok=True)
        for command in _commands(home, interpreter, pins):
            _run(peer, command)
        whole.touch()
    return interpreter


def packages(peer: str) -> Path:
    """The folder of the peer's installed packages. Raises as `python` does."""
    return python(peer).parent.parent / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


def _commands(home: Path, interpreter: Path, pins: list[str]) -> list[list[str]]:
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.prefix) / "uv" / "bin"))
    if uv:
        made = [uv, "venv", "--quiet", "--python", sys.executable, str(home)]
        return [made, [uv, "pip", "install", "--quiet", "--python", str(interpreter), *pins]]
    made = [sys.executable, "-m", "venv", str(home)]
    return [made, [str(interpreter), "-m", "pip", "install", "--quiet", *pins]]


def _run(peer: str, command: list[str]) -> None:
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise MillwrightError(
            f"{peer} could not be installed in {_PATIENCE_SECONDS / 60:.0f} minutes.", "Try again: what came is kept."
        ) from None
    if ended.returncode:
        said = [line for line in ended.stderr.splitlines() if line.strip()]
        raise MillwrightError(
            f"{peer} could not be installed: {said[-1].strip() if said else ended.returncode}.",
            "It needs the network the first time.",
        )


def full_jdk() -> Path:
    """A Java of version 17 or 21 with its compiler's modules: Spark and Flink do with no less.

    Raises MillwrightError when none is found.
    """
    homes = [os.environ.get("JAVA_HOME"), shutil.which("java")]
    for home in [Path(found).resolve() for found in homes if found]:
        program = home / "bin" / "java" if home.is_dir() else home
        if program.exists() and _is_full(program):
            return program
    raise MillwrightError(
        "Spark and Flink need a full JDK 17 or 21, and there is none on this machine.",
        "Install one (Debian: openjdk-17-jdk-headless) or name it with JAVA_HOME.",
    )


def _is_full(java: Path) -> bool:
    asked = subprocess.run([str(java), "--list-modules"], capture_output=True, text=True, check=False)
    modules = dict(line.strip().split("@", 1) for line in asked.stdout.splitlines() if "@" in line)
    version = modules.get("jdk.incubator.vector", "0").partition(".")[0]
    return version in ("17", "21")
