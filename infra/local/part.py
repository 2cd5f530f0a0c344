"""What the stack knows of a part: its name, where it listens, what it needs and how it starts."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from millwright.settings import Settings


@dataclass(frozen=True)
class Launch:
    """A process to start.

    `env` is added to the environment; `files` are written first, readable by their owner only; `uid` is another
    user to run as. `state` is anything else whose change means starting anew.
    """

    argv: list[str]
    env: dict[str, str] = field(default_factory=dict)
    files: dict[Path, str] = field(default_factory=dict)
    cwd: Path | None = None
    uid: int | None = None
    state: str = ""

    @property
    def digest(self) -> str:
        """Changes when a setting changed what would be started."""
        files = {str(path): text for path, text in self.files.items()}
        what = json.dumps([self.argv, self.env, files, str(self.cwd), self.uid, self.state], sort_keys=True)
        return hashlib.sha256(what.encode()).hexdigest()[:16]


def _nothing(config: Settings) -> None:
    return None


def _always(config: Settings) -> bool:
    return True


def _no_marker(config: Settings, since: float) -> bool:
    return True


@dataclass(frozen=True)
class Part:
    """A process of the embedded stack.

    `ports` and `external` are names of settings: the ports it listens on, and the address that, when it is set,
    means that somebody else's is used. `launch` must change nothing; `prepare` makes what the process needs and mends
    what a killed one left. `ready(config, since)` tells whether it answers; `since` is when its process started, in
    seconds since 1970, or 0 for somebody else's. `wanted` tells whether the settings have any use for it.
    """

    name: str
    launch: Callable[[Settings], Launch]
    address: Callable[[Settings], str] = lambda config: ""
    needs: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    external: str = ""
    wanted: Callable[[Settings], bool] = _always
    prepare: Callable[[Settings], None] = _nothing
    ready: Callable[[Settings, float], bool] = _no_marker
    stop_signal: signal.Signals = signal.SIGTERM
    patience_seconds: float = 120.0  # a first start on a busy machine
    grace_seconds: float = 30.0  # to end by itself: Kafka and Postgres write out what they hold

    def is_external(self, config: Settings) -> bool:
        """Whether the settings name somebody else's."""
        return bool(self.external and getattr(config, self.external))


@dataclass(frozen=True)
class Step:
    """Something done once its needs are up: databases, topics, schemas. Doing it again changes nothing."""

    name: str
    needs: tuple[str, ...]
    run: Callable[[Settings], None]
