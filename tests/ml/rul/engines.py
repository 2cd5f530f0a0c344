"""Files of engines that run to failure, shaped like NASA's C-MAPSS: no header, blanks between, blanks at the end."""

from __future__ import annotations

from pathlib import Path

import numpy as np

COLUMNS = ["unit", "cycle", "setting_1", "s1", "s2", "s3", "s4"]


def engines(count: int, seed: int, stopped: bool = False) -> tuple[list[str], list[int]]:
    """Lines of the file, and what was left of each unit when its lines end. s4 is the same throughout."""
    random = np.random.default_rng(seed)
    lines, left = [], []
    for unit in range(1, count + 1):
        life = int(random.integers(60, 140))
        end = int(random.integers(30, life)) if stopped else life
        for cycle in range(1, end + 1):
            worn = (cycle / life) ** 3
            values = [random.normal(0, 0.01), 600 + 8 * worn, 40 - 3 * worn, random.normal(5, 1), 100.0]
            noisy = [f"{value + random.normal(0, 0.4) * (0 < at < 3):.4f}" for at, value in enumerate(values)]
            lines.append(" ".join([str(unit), str(cycle), *noisy]) + "  ")
        left.append(life - end)
    return lines, left


def write(folder: Path) -> None:
    """train.txt, test.txt and RUL.txt."""
    (folder / "train.txt").write_text("\n".join(engines(30, 1)[0]) + "\n")
    lines, left = engines(12, 2, stopped=True)
    (folder / "test.txt").write_text("\n".join(lines) + "\n")
    (folder / "RUL.txt").write_text("\n".join(f"{value} " for value in left) + "\n")


def make_spec(folder: Path, **changes: object) -> dict[str, object]:
    files = {"separator": "whitespace", "columns": COLUMNS}
    return {
        "name": "engines",
        "task": "rul",
        "source": {"path": str(folder / "train.txt"), **files},
        "test_source": {"path": str(folder / "test.txt"), **files},
        "test_truth": {"path": str(folder / "RUL.txt"), "separator": "whitespace", "columns": ["left"]},
        "entity": "unit",
        "time": "cycle",
        "cap": 100,
        "candidates": [
            {"name": "linear"},
            {"name": "xgboost", "parameters": {"rounds": 60}},
            {"name": "random_forest", "parameters": {"n_estimators": 10}},
        ],
        "seed": 3,
    } | changes
