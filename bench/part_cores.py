"""Which part of a stack uses how much of the processor."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psutil

_EVERY_SECONDS = 2.0
# What a command line must hold, in this order of asking.
_PARTS = {
    "bench.alerts_traffic": "the producer of events",
    "kafka.Kafka": "Kafka",
    "quarkus-run": "registry",
    "postgres": "Postgres",
    "sink": "sink",
    "analytics": "analytics",
    "alerts": "alerts",
    "mlflow": "MLflow",
    "api-server": "Airflow: api-server",
    "dag-processor": "Airflow: dag-processor",
    "triggerer": "Airflow: triggerer",
    "scheduler": "Airflow: scheduler and tasks",
}


class PartCores:
    """Looks at the processes of a state folder until it is stopped; `used` is then CPU seconds a second by part."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = str(state_dir)
        self._first: dict[tuple[int, float], float] = {}
        self._last: dict[tuple[int, float], tuple[str, float]] = {}
        self.used: dict[str, float] = {}
        self._begun = time.monotonic()
        self._ended = threading.Event()
        self._look()
        self._first = {process: cpu for process, (_, cpu) in self._last.items()}
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the looking and sum up."""
        self._ended.set()
        self._thread.join()
        self._look()
        lasted = time.monotonic() - self._begun
        for process, (part, cpu) in self._last.items():
            self.used[part] = self.used.get(part, 0.0) + (cpu - self._first.get(process, 0.0)) / lasted

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_SECONDS):
            self._look()

    def _look(self) -> None:
        for process in psutil.process_iter():
            try:
                part = self._part(process)
                if part is not None:
                    times = process.cpu_times()
                    self._last[process.pid, process.create_time()] = (part, times.user + times.system)
            except psutil.Error:
                continue

    def _part(self, process: psutil.Process) -> str | None:
        words = " ".join(process.cmdline())
        if self._state_dir not in words and process.environ().get("MILLWRIGHT_STATE_DIR") != self._state_dir:
            parent = process.parent()  # Postgres' own processes hide both
            if parent is None or self._state_dir not in " ".join(parent.cmdline()):
                return None
            words = " ".join(parent.cmdline())
        return next((part for mark, part in _PARTS.items() if mark in words), None)
