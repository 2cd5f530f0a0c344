"""Which channels come back to their mean in normal operation, and which may go anywhere.

The augmented Dickey-Fuller test (Said and Dickey 1984) with a constant. That a channel's level foretells its next value
does not tell the two apart: it is true of everything that changes slowly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.scores import Floats

CRITICAL = -2.86  # of 100 channels that go anywhere, 5 fall below it (MacKinnon 2010)
_LAGS = 8  # steps before, so that cycles and noise of measurement are not taken for a return
_MOST = 1000  # means of the series: how long it lasts tells whether a channel returns, not how often it was read


def returns(rows: Floats) -> NDArray[np.bool_]:
    """By channel of rows without a gap, in the order of time, whether it surely comes back to its mean."""
    each = max(len(rows) // _MOST, 1)
    last = rows[len(rows) % each :]
    means = last.reshape(len(last) // each, each, rows.shape[1]).mean(axis=1)
    return np.array([_statistic(channel) < CRITICAL for channel in means.T], dtype=bool)


def _statistic(series: Floats) -> float:
    """The t-value of the level before in a regression of the step; 0 of one too short, or that nothing is left of."""
    steps = np.diff(series)
    follow = steps[_LAGS:]
    if len(follow) < 3 * _LAGS:
        return 0.0
    lagged = [steps[_LAGS - lag : -lag] for lag in range(1, _LAGS + 1)]
    known = np.column_stack([series[_LAGS:-1] - series.mean(), *lagged, np.ones(len(follow))])
    scale = known.std(axis=0)
    known = known / np.where(scale > 0, scale, 1.0)
    weights = np.linalg.lstsq(known, follow, rcond=None)[0]
    variance = ((follow - known @ weights) ** 2).sum() / (len(follow) - known.shape[1])
    error = np.sqrt(variance * np.linalg.pinv(known.T @ known)[0, 0])
    return float(weights[0] / error) if error > 0 else 0.0
