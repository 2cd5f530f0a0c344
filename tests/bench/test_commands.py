"""The commands as a user gives them, each with a broker of its own."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench import comparison

RECORDS = 20_000
OURS = ["kafka-consumer-perf", "millwright, 1 worker", "millwright, 2 workers"]


def command(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "millwright", "bench", *words]


def last_line(*words: str) -> dict[str, Any]:
    ended = subprocess.run(command(*words), capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def test_the_sink_is_measured_beside_kafkas_own_consumer() -> None:
    found = last_line("sink", "--records", str(RECORDS), "--no-peers", "--memory", "--json")
    assert found["records"] == RECORDS
    assert [result["name"] for result in found["results"]] == OURS
    for result in found["results"]:
        assert result["records_per_second"] > 1_000
        assert result["cpu_seconds"] > 0.3
        assert result["peak_rss_mb"] > 50
    rates = [result["records_per_second"] for result in found["results"]]
    assert rates[1:] == [found["one_worker"], found["two_workers"]]
    assert abs(found["ratio_to_bound"] - rates[2] / rates[0]) < 0.01
    assert found["ratio_to_best_peer"] is None
    assert all(len(slices) == 10 for slices in found["slices"].values())


def test_corrupt_records_are_counted_among_the_sound_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "_WORKERS", (1,))
    [landed] = comparison.with_corrupt(RECORDS, 0.01)
    assert (landed.result.records, landed.quarantined) == (RECORDS, RECORDS // 100)


def test_publishing_is_measured() -> None:
    found = last_line("publish", "--records", str(RECORDS), "--json")
    assert found["records"] == RECORDS
    assert found["records_per_second"] > 1_000
    assert found["cpu_seconds"] > 0


def test_ctrl_c_stops_everything_and_leaves_no_file() -> None:
    # Whoever started the tests in the background has had Ctrl-C ignored, and what they start would inherit it.
    words = ["env", "--default-signal=INT", *command("publish", "--records", "50000000")]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as running:
        folder = appeared(f"millwright-bench-{running.pid}-*")
        while not (folder / "run" / "kafka.json").exists():
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        assert running.wait(90) == 130
    assert not folder.exists()
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(p.info["cmdline"] or [])]


def appeared(name: str) -> Path:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := list(Path("/tmp").glob(name)):
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"no /tmp/{name}")
