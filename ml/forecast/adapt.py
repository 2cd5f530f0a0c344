"""Widens or narrows intervals by what lately came, so that in the long run they hold as often as they say.

A quantile tracker (Angelopoulos, Candès, Tibshirani 2023, "Conformal PID Control for Time Series Prediction", after
Gibbs and Candès 2021): after each step the logarithm of the width grows by RATE times (share of misses less the share
that is allowed), over all forecasts that foretold this step.
"""

from __future__ import annotations

import numpy as np

from ml.forecast.grid import Counts, Floats
from ml.forecast.intervals import LEVELS, Bands

RATE = 0.02  # a step
_MOST = 2.0  # of the logarithm: a width changes at most 7-fold


def stretches(came: Floats, told: Floats, origins: Counts, bands: Bands, at: Counts) -> Floats:
    """[moment, level, series]: the factor of the width as it was known before each position of `at`, in rising order.

    `came` and `told` are [origin, step, series]; what came at or after a moment does not change its factor.
    """
    error = (came - told) / bands.unit(told)
    allowed = 1.0 - np.array(LEVELS)[:, None]
    # How wide the interval would have had to be, as a multiple of what it was.
    needed = np.stack(
        [
            np.where(error > 0, error / _positive(bands.upper[level]), error / -_positive(-bands.lower[level]))
            for level in range(len(LEVELS))
        ]
    )
    log = np.zeros((len(LEVELS), came.shape[2]))
    used = np.zeros((len(origins), *log.shape))  # as each origin's forecasts were made with
    out = np.empty((len(at), *log.shape))
    begun, written = 0, 0
    for now in range(int(origins[0]), int(max(at[-1], origins[0])) + 1):
        while written < len(at) and at[written] <= now:
            out[written] = log
            written += 1
        while begun < len(origins) and origins[begun] <= now:
            used[begun] = log
            begun += 1
        # All forecasts of the step that begins now and that ended before the next moment.
        first = int(np.searchsorted(origins[:begun], now - came.shape[1], side="right"))
        which = np.arange(first, begun)
        if not len(which):
            continue
        seen = needed[:, which, now - origins[which], :]
        known = ~np.isnan(seen)
        missed = (known & (seen > np.exp(used[which]).swapaxes(0, 1))).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        log = np.clip(np.where(known.any(axis=1), log + RATE * (missed - allowed), log), -_MOST, _MOST)
    return np.exp(out)


def _positive(width: Floats) -> Floats:
    return np.maximum(width, 1e-12)
