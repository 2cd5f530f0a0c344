"""Where each machine's channels are in normal operation before the test, and how far they go from there."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.anomaly.data import MACHINE, before_test
from ml.scores import Floats
from ml.spec.anomaly import AnomalySpec


def scales(frame: pd.DataFrame, names: list[str], spec: AnomalySpec) -> dict[str, tuple[Floats, Floats]]:
    """By machine, mean and deviation of each channel; of all machines where it has no such rows itself."""
    learned = before_test(frame, spec)
    every = frame.loc[learned, names]
    out = {}
    for machine, part in frame.groupby(MACHINE, sort=True):
        own = part.loc[learned[part.index], names]
        own = own if len(own) > 1 else every
        deviation, usual = own.std().to_numpy(np.float64), every.std().to_numpy(np.float64)
        deviation = np.where(deviation > 0, deviation, np.where(usual > 0, usual, 1.0))
        out[str(machine)] = (own.mean().to_numpy(np.float64), deviation)
    return out
