"""What is made of the waits of events; the command itself starts a whole stack, for minutes."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np
import pytest

from bench import freshness
from bench.part_cores import PartCores

TOLD = {"sent": 900, "late_seconds": 0.0}


def judged(monkeypatch: pytest.MonkeyPatch, waits: np.ndarray, told: dict = TOLD) -> freshness.Freshness:
    """90 events that each waited so long, ten a second from 1000.0 on; those from 1030.0 on count."""
    sent = 1000.0 + np.arange(900) / 10
    monkeypatch.setattr(freshness, "_waits", lambda seen: iter([(sent[:300], waits[:300]), (sent[300:], waits[300:])]))
    return freshness._judged(10, 60.0, 1030.0, told, {1: 0.0, 2: 0.0}, {})


def test_percentiles_are_of_what_was_sent_after_the_warm_up(monkeypatch):
    found = judged(monkeypatch, np.concatenate([np.full(300, 90.0), np.linspace(10, 40, 600)]))
    assert (found.events, found.first_seconds, found.max_seconds) == (600, 90.0, 40.0)
    assert (found.p50_seconds, found.p95_seconds) == (25.0, 38.5)


def test_waits_that_grow_are_not_kept_up_with(monkeypatch):
    steady, growing = np.full(900, 20.0), np.linspace(10, 90, 900)
    assert judged(monkeypatch, steady).kept_up
    assert not judged(monkeypatch, growing).kept_up


def test_an_event_that_never_came_is_not_kept_up_with(monkeypatch):
    assert not judged(monkeypatch, np.full(900, 20.0), {**TOLD, "sent": 901}).kept_up
    assert not judged(monkeypatch, np.full(900, 20.0), {**TOLD, "late_seconds": 5.0}).kept_up


def test_processor_time_is_told_by_part(tmp_path):
    env = {**os.environ, "MILLWRIGHT_STATE_DIR": str(tmp_path)}
    busy = "while True: pass"
    with subprocess.Popen([sys.executable, "-c", busy, "mlflow"], env=env) as process:
        try:
            cores = PartCores(tmp_path)
            time.sleep(1)
            cores.stop()
        finally:
            process.kill()
    assert set(cores.used) == {"MLflow"}
    assert 0 < cores.used["MLflow"] <= 1.2
