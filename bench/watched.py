"""Processes under measurement: the time they used and the memory they held, their children's too."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import psutil

_TICK = os.sysconf("SC_CLK_TCK")
_EVERY_SECONDS = 0.5  # a look costs about 5 ms


class Watched:
    """Starts commands side by side, each in a session of its own, and watches them; ends them when it is left."""

    def __init__(self, commands: Sequence[Sequence[str]], env: Mapping[str, str], log: Path) -> None:
        self.log = log
        self.memory: list[tuple[float, float]] = []  # seconds since 1970, MiB resident
        self.peak_rss_mb = 0.0
        self._cpu: dict[int, float] = {}
        self._waited_before = _waited_cpu_seconds()
        self._waited = 0.0
        self._ended = threading.Event()
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self.processes = [
                subprocess.Popen(
                    command,
                    env={**os.environ, **env},
                    cwd=log.parent,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                for command in commands
            ]
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    @property
    def cpu_seconds(self) -> float:
        """User and system time of all processes, known when the watch has ended."""
        # The system knows to the end what we have waited for; a grandchild that nobody waited for is in our looks only.
        return max(sum(self._cpu.values()), self._waited)

    def ended(self) -> int | None:
        """The first exit status, once one of the commands has ended."""
        return next((code for process in self.processes if (code := process.poll()) is not None), None)

    def wait(self, timeout: float) -> int | None:
        """The exit status of the last command once all have ended; None when they do not in time."""
        deadline = time.monotonic() + timeout
        for process in self.processes:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                return None
        return max(process.returncode for process in self.processes)

    def stop(self, patience_seconds: float = 30.0) -> None:
        """Ask all to end (SIGTERM), wait, then kill what is left."""
        self._look()
        self._ended.set()
        self._thread.join()
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)  # those that it started too: nobody waits to be told by it
        self.wait(patience_seconds)
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._waited = _waited_cpu_seconds() - self._waited_before

    def last_words(self) -> str:
        """The last line of the output that says something."""
        lines = self.log.read_bytes()[-16_384:].decode(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_SECONDS):
            self._look()

    def _look(self) -> None:
        resident = highest = 0.0
        for root in self.processes:
            for pid in _tree(root.pid):
                with contextlib.suppress(OSError, ValueError, IndexError, KeyError):
                    now, peak = memory_mb(pid)
                    self._cpu[pid] = cpu_seconds(pid)
                    resident, highest = resident + now, highest + peak
        if resident:
            self.memory.append((time.time(), resident))
            self.peak_rss_mb = max(self.peak_rss_mb, highest)


def _waited_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tree(pid: int) -> list[int]:
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def cpu_seconds(pid: int) -> float:
    """User and system seconds of a process. Raises OSError when it is gone."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def memory_mb(pid: int) -> tuple[float, float]:
    """What a process holds and the most it has held, in MiB. Raises OSError when it is gone, KeyError for a zombie."""
    lines = (line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    found = {line[0]: int(line[1]) / 1024 for line in lines if line and line[0] in ("VmRSS:", "VmHWM:")}
    return found["VmRSS:"], found["VmHWM:"]
