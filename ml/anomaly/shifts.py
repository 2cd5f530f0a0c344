"""Known anomalies put into normal rows: one channel off its level for a while. They tell detectors apart unlabelled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.scores import Floats

LENGTH = 30  # rows
LASTING = 240  # rows, or an eighth of what there is: a model whose levels follow a fault does not see all of it
SIZES = (0.5, 3.0)  # deviations of the channel in normal operation, drawn evenly; up or down
_SUDDEN, _LASTS, _BUILDS_UP = range(3)


def shifted(rows: Floats, scale: Floats, seed: int, lasting: bool = False) -> tuple[Floats, NDArray[np.bool_]]:
    """A copy with every second run of rows shifted in one channel, and which rows were.

    `lasting`: about as many rows each are in short shifts, in long ones, and in long ones that build up evenly.
    """
    random = np.random.default_rng(seed)
    out = rows.copy()
    changed = np.zeros(len(rows), dtype=bool)
    long = max(min(LASTING, len(rows) // 8), LENGTH)
    often = np.array([long, LENGTH, LENGTH]) / (long + 2 * LENGTH)
    begin = LENGTH
    while begin < len(rows):
        kind = int(random.choice(3, p=often)) if lasting else _SUDDEN
        end = min(begin + (LENGTH if kind == _SUDDEN else long), len(rows))
        channel = int(random.integers(rows.shape[1]))
        size = float(random.uniform(*SIZES)) * float(random.choice((-1.0, 1.0)))
        share = np.linspace(1 / long, 1, long)[: end - begin] if kind == _BUILDS_UP else 1.0
        out[begin:end, channel] += share * size * scale[channel]
        changed[begin:end] = True
        begin = 2 * end - begin
    return out, changed
