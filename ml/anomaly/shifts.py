"""Known anomalies put into normal rows: one channel off its level for a while. They tell detectors apart unlabelled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.scores import Floats

LENGTH = 30  # rows
SIZES = (0.5, 3.0)  # deviations of the channel in normal operation, drawn evenly; up or down


def shifted(rows: Floats, scale: Floats, seed: int) -> tuple[Floats, NDArray[np.bool_]]:
    """A copy with every second run of rows shifted in one channel, and which rows were."""
    random = np.random.default_rng(seed)
    out = rows.copy()
    changed = np.zeros(len(rows), dtype=bool)
    for begin in range(LENGTH, len(rows), 2 * LENGTH):
        channel = int(random.integers(rows.shape[1]))
        size = float(random.uniform(*SIZES)) * float(random.choice((-1.0, 1.0)))
        out[begin : begin + LENGTH, channel] += size * scale[channel]
        changed[begin : begin + LENGTH] = True
    return out, changed
