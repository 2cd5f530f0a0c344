"""Outliers of a series of readings, by Hampel's rule. No Spark and no Millwright in here: it travels to the workers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]

WINDOW_SECONDS = 3 * 3600  # the trailing window: a reading is judged by what came before it, never after
WINDOW_READINGS = 60  # and by no more than so many: bounds the work on a machine that reports every second
MINIMUM = 6  # fewer readings than this in the window say nothing; hourly data has no outliers
LIMIT = 5.0  # robust standard deviations from the window's median
MAD_TO_SIGMA = 1.4826  # of a normal distribution (Hampel 1974)
FLOOR = 1e-3  # of the median: a sensor that stands still, or steps by its resolution, is no outlier
_CHUNK = 2_000  # windows held at once: 1 MB stays in the cache, and sorting takes half of what it does in 10 MB


def outlier_channels(readings: pa.Table, event_time: str, channels: Sequence[str]) -> pa.Array:
    """Names of the channels that are outliers in each row, alphabetical, parted by commas; null where none is.

    `readings` is one machine's series in any order, one row per event time.
    """
    micros = readings.column(event_time).cast(pa.int64()).to_numpy()
    order = np.argsort(micros, kind="stable")
    marks = np.full(readings.num_rows, None, dtype=object)
    for channel in sorted(channels):
        values = readings.column(channel).cast(pa.float64()).to_numpy()
        for row in order[is_outlier(micros[order], values[order])]:
            marks[row] = channel if marks[row] is None else f"{marks[row]},{channel}"
    return pa.array(marks, pa.string())


def is_outlier(micros: npt.NDArray[np.int64], values: Floats) -> npt.NDArray[np.bool_]:
    """Which values lie further than LIMIT robust deviations from the median of their trailing window.

    `micros` are event times in µs, ascending; `values` may hold NaN, which are neither judged nor counted.
    """
    if len(values) == 0:
        return np.zeros(0, dtype=np.bool_)
    # (t - 3 h, t]: a reading exactly 3 h old has left the window.
    start = np.searchsorted(micros, micros - WINDOW_SECONDS * 1_000_000, side="right")
    start = np.maximum(start, np.arange(len(values)) - WINDOW_READINGS + 1)
    try:
        from spark_jobs.hampel import far
    except ImportError:  # a cluster's worker, without this package or without Numba
        return _by_numpy(start, values)
    return np.asarray(far(start, values, MINIMUM, LIMIT, MAD_TO_SIGMA, FLOOR), dtype=np.bool_)


def _by_numpy(start: npt.NDArray[np.int64], values: Floats) -> npt.NDArray[np.bool_]:
    count = len(values)
    flags = np.zeros(count, dtype=np.bool_)
    length = np.arange(count) - start + 1
    width = int(length.max())
    padded = np.concatenate([np.full(width - 1, np.nan), values])
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    for first in range(0, count, _CHUNK):
        chunk = slice(first, first + _CHUNK)
        outside = np.arange(width) < width - length[chunk, None]
        flags[chunk] = _judge(np.where(outside, np.nan, windows[chunk]), values[chunk])
    return flags


def _judge(windows: Floats, values: Floats) -> npt.NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):  # comparing with NaN is false, as it should be
        median, seen = _median(windows)
        deviation, _ = _median(np.abs(windows - median[:, None]))
        scale = np.maximum(MAD_TO_SIGMA * deviation, FLOOR * np.abs(median))
        far: npt.NDArray[np.bool_] = np.abs(values - median) > LIMIT * scale
    return far & (seen >= MINIMUM)


def _median(windows: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Median of each row without its NaN, and how many values it had (np.nanmedian is 20 times slower)."""
    ordered = np.sort(windows, axis=1)  # NaN last
    seen = np.count_nonzero(~np.isnan(windows), axis=1)
    rows = np.arange(len(windows))
    low = ordered[rows, np.maximum(seen - 1, 0) // 2]
    high = ordered[rows, np.minimum(seen // 2, windows.shape[1] - 1)]
    return 0.5 * low + 0.5 * high, seen
