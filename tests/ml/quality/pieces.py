"""Pieces that are bad when too hot, or hard and of product B."""

from __future__ import annotations

import numpy as np
import pandas as pd
import yaml

from ml.spec.load import load_spec

CLASSES = ("Good", "Minor", "Reject")


def table(count: int = 600, seed: int = 1) -> pd.DataFrame:
    """One row a piece."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "made": pd.date_range("2025-01-01", periods=count, freq="h").astype(str),
            "line": [f"L{number % 6}" for number in range(count)],
            "heat": random.normal(180, 5, count).round(3),
            "hardness": random.normal(50, 3, count).round(3),
            "noise": random.normal(size=count).round(4),
            "product": random.choice(["A", "B"], count),
            "serial": [f"s{number}" for number in range(count)],
        }
    )
    trouble = (frame["heat"] > 185) * 2 + ((frame["hardness"] > 51) & (frame["product"] == "B")) * 1
    frame["verdict"] = np.array(CLASSES)[np.minimum(trouble, 2)]
    frame.loc[random.random(count) < 0.03, "hardness"] = np.nan
    return frame


def spec_of(folder, frame: pd.DataFrame | None = None, **changes):
    """A spec of these pieces in a CSV, read."""
    (table() if frame is None else frame).to_csv(folder / "pieces.csv", index=False)
    raw = {
        "name": "small",
        "task": "quality",
        "source": str(folder / "pieces.csv"),
        "entity": "line",
        "time": "made",
        "label": "verdict",
        "classes": list(CLASSES),
        "inspection": "serial",
        "candidates": [
            {"name": "xgboost", "parameters": {"rounds": 20, "max_depth": 3, "eta": 0.3}},
            {"name": "extra_trees", "parameters": {"trees": 15, "max_features": 0.9}},
        ],
        "seed": 3,
    }
    (folder / "small.yml").write_text(yaml.safe_dump(raw | changes))
    return load_spec(str(folder / "small.yml"))
