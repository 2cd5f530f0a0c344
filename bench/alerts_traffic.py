"""`python -m bench.alerts_traffic RATE SECONDS WARM [LINGER_MS]`: readings at a steady rate, each with its own time.

Prints what it sent as one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_MACHINES = 1_000
_TICK_SECONDS = 0.005
# A press's channels, far from its limits; vibration beyond its warning limit raises one alert.
_LEVELS = {
    "temperature": 60.0,
    "vibration": 3.0,
    "pressure": 15_000.0,
    "rotation": 90.0,
    "voltage": 400.0,
    "current": 60.0,
}
_BEYOND = 6.0
_BREACHES_PER_SECOND, _BREACH_SHARE = 50, 0.002  # whichever is more


def rows(first: int, count: int, micros: int, generator: np.random.Generator, share: float) -> tuple[pa.Table, int]:
    """Readings numbered from `first`, of all machines in turn, and how many are beyond a limit.

    Only in every second round of the machines is one beyond, so that each raises an alert and the next ends it.
    """
    number = np.arange(first, first + count)
    machine, odd = number % _MACHINES, (number // _MACHINES) % 2 == 1
    columns: dict[str, Any] = {
        "equipment_id": _NAMES[machine],
        "event_time": pa.array(micros + np.arange(count), pa.timestamp("us", "UTC")),
    }
    columns |= {name: level * generator.uniform(0.99, 1.01, count) for name, level in _LEVELS.items()}
    beyond: npt.NDArray[np.bool_] = odd & (generator.random(count) < 2 * share)
    columns["vibration"] = np.where(beyond, _BEYOND, columns["vibration"])
    return pa.table(columns), int(beyond.sum())


_NAMES = np.array([f"press-{number:04d}" for number in range(_MACHINES)])


def send(rate: int, seconds: float, warm: float, linger_ms: float = 1.0) -> dict[str, Any]:
    """Send for `warm` and then for `seconds`; what was counted after the warm-up."""
    from millwright.publisher import Publisher

    generator, share = np.random.default_rng(7), max(_BREACH_SHARE, _BREACHES_PER_SECOND / rate)
    told: dict[str, Any] = {"sent": 0, "breaches": 0, "late_seconds": 0.0, "begun": 0.0, "ended": 0.0}
    with Publisher(linger_ms=linger_ms) as publisher:
        publisher.send("equipment-assets", _assets())
        begun, sent, cpu = time.monotonic(), 0, time.process_time()
        while (elapsed := time.monotonic() - begun) < warm + seconds:
            if count := min(int(elapsed * rate) - sent, _MACHINES):
                table, beyond = rows(sent, count, time.time_ns() // 1000, generator, share)
                publisher.send("equipment-sensors", table)
                sent += count
                told["ended"] = time.time()
                if elapsed >= warm:
                    told["begun"] = told["begun"] or table["event_time"].cast("int64")[0].as_py() / 1e6
                    told["sent"] += count
                    told["breaches"] += beyond
                    told["late_seconds"] = max(told["late_seconds"], elapsed - sent / rate)
            else:
                publisher.outstanding()
            time.sleep(max(0.0, begun + elapsed + _TICK_SECONDS - time.monotonic()))
        told["cores"] = (time.process_time() - cpu) / (time.monotonic() - begun)
    return told


def _assets() -> pa.Table:
    count = len(_NAMES)
    return pa.table(
        {
            "equipment_id": _NAMES,
            "event_time": pa.array([time.time_ns() // 1000] * count, pa.timestamp("us", "UTC")),
            "equipment_name": _NAMES,
            "equipment_type": ["press"] * count,
            "plant_id": ["bench"] * count,
        }
    )


if __name__ == "__main__":
    rate, *others = sys.argv[1:]
    print(json.dumps(send(int(rate), *map(float, others))))
