"""Processes that outlive the command which started them: found again by pid file, by session and by a mark."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from infra.local.environment import inherited
from infra.local.part import Launch
from infra.local.unprivileged import pwd_gid

_MARK = "MILLWRIGHT_PART"  # in the environment of a part and of all that it starts
_LOG_BYTES = 20_000_000  # a log that is longer is put aside at the part's next start


@dataclass(frozen=True)
class Running:
    """A live process of a part. `created` is its start in seconds since 1970."""

    pid: int
    created: float
    digest: str


@dataclass(frozen=True)
class Supervised:
    """The process of one part of the stack that keeps its state in `state_dir`."""

    name: str
    state_dir: Path

    @property
    def _file(self) -> Path:
        return self.state_dir / "run" / f"{self.name}.json"

    @property
    def log(self) -> Path:
        """What the part prints."""
        return self.state_dir / "logs" / f"{self.name}.log"

    @property
    def _mark(self) -> str:
        return f"{self.name}@{self.state_dir.absolute()}"

    def _kept(self) -> Running | None:
        """What was written when the part was last started."""
        try:
            return Running(**json.loads(self._file.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def running(self) -> Running | None:
        """The part's process, or None. A pid that has since been given to another process does not count."""
        kept = self._kept()
        if kept is None:
            return None
        try:
            process = psutil.Process(kept.pid)
            # The start is computed from the boot time, which may be read a second apart.
            same = abs(process.create_time() - kept.created) < 2 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return kept if same else None

    @property
    def is_known(self) -> bool:
        """Whether it was started and not stopped since, be it alive or killed."""
        return self._file.exists()

    def members(self) -> list[psutil.Process]:
        """Every process of the part, its children and orphans too."""
        found = {}
        leader = self._leader()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.status() == psutil.STATUS_ZOMBIE:
                    continue
                # A pid is not given anew while it names a session, so a session without its leader is ours as well.
                ours = leader is not None and os.getsid(process.pid) == leader
                if ours or process.environ().get(_MARK) == self._mark:
                    found[process.pid] = process
        if running := self.running():
            with contextlib.suppress(psutil.NoSuchProcess):
                leader_process = psutil.Process(running.pid)
                found |= {each.pid: each for each in (leader_process, *leader_process.children(recursive=True))}
        return list(found.values())

    def _leader(self) -> int | None:
        """The pid kept, unless another process has it by now."""
        kept = self._kept()
        return kept.pid if kept and (self.running() or not psutil.pid_exists(kept.pid)) else None

    def start(self, launch: Launch) -> Running:
        """Start the process in a session of its own, its output appended to its log."""
        for folder in (self._file.parent, self.log.parent):
            folder.mkdir(parents=True, exist_ok=True)
        for path, text in launch.files.items():
            _write_private(path, text)
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        drop = {} if launch.uid is None else {"user": launch.uid, "group": pwd_gid(launch.uid), "extra_groups": []}
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                launch.argv,
                env={**inherited(), **launch.env, _MARK: self._mark},
                cwd=launch.cwd or self.state_dir,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **drop,  # type: ignore[call-overload]
            )
        running = Running(process.pid, psutil.Process(process.pid).create_time(), launch.digest)
        _write_private(self._file, json.dumps(running.__dict__))
        return running

    def stop(self, stop_signal: signal.Signals, patience_seconds: float) -> None:
        """Ask the process to end, wait, then kill it and whatever it left."""
        running = self.running()
        if running:
            _signal(psutil.Process(running.pid), stop_signal)
            deadline = time.monotonic() + patience_seconds
            while self.running() and time.monotonic() < deadline:
                _reap(running.pid)
                time.sleep(0.05)
        self.sweep()

    def sweep(self) -> None:
        """Kill what is left of the part and forget it."""
        left = self.members()
        for process in left:
            _signal(process, signal.SIGKILL)
        psutil.wait_procs(left, timeout=10)
        self._file.unlink(missing_ok=True)

    def last_words(self) -> str:
        """The last line of the log that says something."""
        try:
            lines = self.log.read_bytes()[-8192:].decode(errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _reap(pid: int) -> None:
    """A part that this very process started stays a zombie until someone asks for its status."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _write_private(path: Path, text: str) -> None:
    """Write whole or not at all, with mode 0600; parts that share a file may write it at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with open(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
