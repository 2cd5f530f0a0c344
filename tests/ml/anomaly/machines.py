"""Readings of small machines: two channels that go together, one that holds its level, one that wanders."""

from __future__ import annotations

import numpy as np
import pandas as pd
import yaml

from ml.spec.load import load_spec

CHANNELS = ("load", "current", "pressure", "oil")
ROWS, FAULT = 800, (600, 700)


def machine(seed: int, rows: int = ROWS) -> np.ndarray:
    """Rows × channels of normal operation."""
    random = np.random.default_rng(seed)
    load = np.sin(np.arange(rows) / 20) + random.normal(0, 0.05, rows)
    current = 2 * load + 5 + random.normal(0, 0.05, rows)
    pressure = 100 + random.normal(0, 1, rows)
    oil = 60 + np.cumsum(random.normal(0, 0.3, rows))
    return np.column_stack([load, current, pressure, oil])


def plant(folder, machines: int = 3, **changes):
    """A CSV of machines whose pressure is three deviations up in `FAULT`, and the path of a spec of it."""
    parts = []
    for number in range(machines):
        values = machine(number)
        values[slice(*FAULT), 2] += 3
        frame = pd.DataFrame(values, columns=CHANNELS)
        frame.insert(0, "at", pd.date_range("2025-01-01", periods=len(frame), freq="min").astype(str))
        frame.insert(0, "unit", f"u{number}")
        frame["bad"] = 0
        frame.loc[FAULT[0] : FAULT[1] - 1, "bad"] = 1
        parts.append(frame)
    pd.concat(parts).to_csv(folder / "plant.csv", index=False)
    return write_spec(folder, **changes)


def write_spec(folder, **changes):
    """The spec of `plant`, read."""
    raw = {
        "name": "small",
        "task": "anomaly",
        "source": str(folder / "plant.csv"),
        "entity": "unit",
        "time": "at",
        "label": "bad",
        "split": {"by": "rows", "train": 500},
        "candidates": [{"name": "robust_z"}, {"name": "t2_q"}, {"name": "mset"}],
        "seed": 3,
    }
    (folder / "small.yml").write_text(yaml.safe_dump(raw | changes))
    return load_spec(str(folder / "small.yml"))
