"""The sink's workers: processes of `millwright sink run` in one group, with a supervisor that starts dead ones anew."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from chaos.events import Events

# Short, so that there is hardly a moment without a publication to disturb.
ROLL = {"MILLWRIGHT_SINK_ROLL_SECONDS": "0.5", "MILLWRIGHT_SINK_ROLL_RECORDS": "200"}
_RESTART_SECONDS = 1.0
_GRACE_SECONDS = 60.0
_REFUSED, _READING = "another worker was first", b" INFO reading "


@dataclass
class Worker:
    """One process. `armed` names the failpoint that it is to die at, or to stop at (`…=stop`)."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    armed: str = ""
    asleep: bool = False  # by our SIGSTOP, or at its failpoint
    fate: str = ""  # what we did to it: killed | left

    @property
    def is_alive(self) -> bool:
        return self.process.returncode is None


class Crew:
    """Keeps `wanted` workers alive, none at first. Not to be shared between threads."""

    def __init__(self, topic: str, logs: Path, events: Events) -> None:
        self.wanted = 0
        self.workers: list[Worker] = []
        self._topic, self._logs, self._events = topic, logs, events
        self._started = 0
        self._restart_at = 0.0  # monotonic
        self._dead: list[Worker] = []
        logs.mkdir(parents=True)

    @property
    def awake(self) -> list[Worker]:
        """Workers that run, save those that are armed."""
        living = [worker for worker in self.workers if worker.is_alive and not worker.asleep and not worker.fate]
        return [worker for worker in living if not worker.armed or worker.armed.endswith("=stop")]

    @property
    def reading(self) -> list[Worker]:
        """Those that have been given partitions."""
        return [worker for worker in self.awake if _READING in worker.log.read_bytes()]

    def pids(self) -> list[int]:
        return [worker.process.pid for worker in self.workers]

    def join(self, armed: str = "") -> Worker:
        """Start one worker more."""
        self._started += 1
        name = f"worker-{self._started}"
        log = self._logs / f"{name}.log"
        argv = [sys.executable, "-m", "millwright", "sink", "run", "--topic", self._topic]
        own = {**ROLL, "MILLWRIGHT_FAILPOINT": armed, "OMP_NUM_THREADS": "1", "PYTHONFAULTHANDLER": "1"}
        with log.open("wb") as out:
            process = subprocess.Popen(
                argv, env={**os.environ, **own}, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )
        worker = Worker(name, process, log, armed)
        self.workers.append(worker)
        self._events.note(f"{name} starts" + (f", armed with {armed}" if armed else ""))
        return worker

    def kill(self, worker: Worker) -> None:
        """SIGKILL."""
        worker.fate = "killed"
        worker.process.kill()
        worker.process.wait()
        self._events.note(f"{worker.name} is killed", count="killed")

    def stop(self, worker: Worker) -> None:
        """SIGSTOP."""
        worker.process.send_signal(signal.SIGSTOP)
        worker.asleep = True
        self._events.note(f"{worker.name} is stopped", count="stopped")

    def wake(self, worker: Worker) -> None:
        """SIGCONT."""
        worker.asleep = False
        if worker.is_alive:
            worker.process.send_signal(signal.SIGCONT)
            self._events.note(f"{worker.name} goes on")

    def leave(self, worker: Worker) -> None:
        """SIGTERM: it publishes what it has read, and leaves the group."""
        worker.fate = "left"
        worker.process.terminate()
        self._events.note(f"{worker.name} is asked to leave", count="left")

    def tend(self) -> None:
        """Take note of who has ended or stopped, and start workers for those that are missing."""
        for worker in list(self.workers):
            self._look_at(worker)
        if len(self.awake) < self.wanted and time.monotonic() >= self._restart_at:
            self.join()

    def end(self, patience_seconds: float = _GRACE_SECONDS) -> None:
        """Ask all to leave, wait, and kill those that do not."""
        self.wanted, deadline = 0, time.monotonic() + patience_seconds
        for worker in self.workers:
            self.wake(worker) if worker.asleep else None
            if worker.is_alive and not worker.fate:
                self.leave(worker)
        while self.workers and time.monotonic() < deadline:
            self.tend()
            time.sleep(0.05)
        for worker in self.workers:
            if patience_seconds:
                self._events.blame(f"{worker.name} did not end within {patience_seconds:.0f} s when it was asked to")
                worker.process.send_signal(signal.SIGABRT)  # its log tells then where each thread was
                worker.process.wait()
            worker.process.kill()
            worker.process.wait()

    def refused(self) -> int:
        """How often a worker came second with a range, and dropped it."""
        return sum(worker.log.read_text(errors="replace").count(_REFUSED) for worker in [*self._dead, *self.workers])

    def _look_at(self, worker: Worker) -> None:
        if worker.armed.endswith("=stop") and not worker.asleep and _is_stopped(worker.process.pid):
            worker.asleep = True
            self._events.note(f"{worker.name} has stopped at {worker.armed}", count="stopped")
        status = worker.process.poll()
        if status is None:
            return
        self.workers.remove(worker)
        self._dead.append(worker)
        said = worker.log.read_text(errors="replace")
        if worker.fate == "killed" or (worker.fate == "left" and status == -signal.SIGTERM):  # it had hardly begun
            return
        if status == -signal.SIGKILL and worker.armed:
            self._events.note(f"{worker.name} has killed itself at {worker.armed}", count="killed")
            self._events.counts["killed at a failpoint"] += 1
            return
        self._events.note(f"{worker.name} has ended with {status}")
        if "Traceback" in said or status < 0:
            last = said.strip().splitlines()[-1:] or [""]
            self._events.blame(f"{worker.name} broke down with status {status}: {last[0]}")
        elif status != 0:  # Kafka or the registry was away when it started
            self._events.counts["started in vain"] += 1
            self._restart_at = time.monotonic() + _RESTART_SECONDS


def _is_stopped(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False
