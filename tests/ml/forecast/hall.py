"""Readings of a hall's machines: a daily wave, noise, a level of each machine's own; hours are missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd


def readings(machines: int = 3, days: int = 30, seed: int = 1) -> pd.DataFrame:
    """Columns machine, at, temperature, load, by the hour."""
    random = np.random.default_rng(seed)
    hours = pd.date_range("2026-03-01", periods=days * 24, freq="h")
    wave = np.sin(2 * np.pi * np.arange(len(hours)) / 24)
    parts = []
    for machine in range(machines):
        temperature = 60 + 2 * machine + 5 * wave + random.normal(0, 0.5, len(hours))
        load = 10 + machine + random.normal(0, 1, len(hours))
        parts.append(pd.DataFrame({"machine": f"m{machine}", "at": hours, "temperature": temperature, "load": load}))
    frame = pd.concat(parts, ignore_index=True)
    return frame.drop(index=random.choice(len(frame), len(frame) // 50, replace=False)).reset_index(drop=True)


def make_spec(path: Path, **changes: object) -> dict[str, object]:
    return {
        "name": "hall",
        "task": "forecast",
        "source": str(path),
        "entity": "machine",
        "time": "at",
        "horizon": 24,
        "every": 2,
        "candidates": [
            {"name": "nlinear", "parameters": {"window": 48, "penalty": 0.1}},
            *({"name": name} for name in ("seasonal_naive", "mean", "last", "trend")),
        ],
        "limits": [{"channel": "temperature", "warning": 64.0, "critical": 75.0}],
        "seed": 3,
    } | changes
