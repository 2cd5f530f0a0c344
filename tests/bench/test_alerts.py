"""`millwright bench alerts`: the traffic it sends, and the command as a user gives it."""

import json
import subprocess
import sys
from itertools import pairwise

import numpy as np

from bench.alerts_traffic import rows


def test_every_breach_raises_one_alert_and_the_machines_next_reading_ends_it():
    generator, vibration, machine, breaches = np.random.default_rng(1), [], [], 0
    for first in range(0, 10_000, 500):
        table, beyond = rows(first, 500, 0, generator, 0.1)
        vibration += table["vibration"].to_pylist()
        machine += table["equipment_id"].to_pylist()
        breaches += beyond
    assert 800 < breaches < 1200
    for name in set(machine):
        own = [value > 5.2 for value, of in zip(vibration, machine, strict=True) if of == name]
        assert not any(first and second for first, second in pairwise(own))


def test_the_delay_of_alerts_is_measured():
    command = [
        sys.executable,
        "-P",
        "-m",
        "millwright",
        "bench",
        "alerts",
        "--rates",
        "500",
        "--seconds",
        "4",
        "--json",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    [found] = json.loads(ended.stdout.splitlines()[-1])["results"]
    assert found["rate"] == 500
    assert 1_000 < found["sent"] <= 2_050
    assert found["alerts"] > 50
    assert 0 < found["p50_ms"] <= found["p99_ms"] <= found["p999_ms"] <= found["max_ms"]
    assert found["service_cores"] > 0
