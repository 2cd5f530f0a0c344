"""How long a reading waits for its file, measured as a user does."""

from __future__ import annotations

import json
import subprocess
import sys


def test_what_was_sent_lands_and_every_wait_is_told() -> None:
    words = ["--rate", "1000", "--seconds", "3", "--roll-seconds", "1", "--json"]
    command = [sys.executable, "-P", "-m", "millwright", "bench", "landing", *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout.splitlines()[-1])
    assert 2_500 < found["readings"] <= 3_000
    assert found["files"] >= 2
    assert 0 < found["p50_seconds"] <= found["p99_seconds"] <= found["max_seconds"]
    assert found["in_time"] == (found["p99_seconds"] <= 2.0)
