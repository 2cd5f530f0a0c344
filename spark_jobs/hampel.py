"""Hampel's rule over trailing windows in code that Numba compiles: each window is the one before it, kept in order.

It does what the numpy code of `spark_jobs.outliers` does, at a twentieth of its cost and without the GIL, where this
package and Numba are: in this process and its Spark workers. A cluster's workers have neither.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types


@njit(types.int64(types.float64[::1], types.int64, types.float64), nogil=True, cache=True)
def _place(ordered: Any, count: Any, value: Any) -> Any:
    """Index of the first of `count` ascending numbers that is not less than a value."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@njit(types.float64(types.float64[::1], types.int64, types.float64), nogil=True, cache=True)
def _deviation(ordered: Any, count: Any, median: Any) -> Any:
    """Median distance from the median: outwards from it, both sides are in order of distance already."""
    right = _place(ordered, count, median)
    left = right - 1
    low = high = 0.0
    for rank in range(count // 2 + 1):
        if left < 0 or (right < count and ordered[right] - median <= median - ordered[left]):
            distance = ordered[right] - median
            right += 1
        else:
            distance = median - ordered[left]
            left -= 1
        if rank == (count - 1) // 2:
            low = distance
        high = distance
    return 0.5 * low + 0.5 * high


@njit(
    types.boolean[::1](types.int64[::1], types.float64[::1], types.int64, types.float64, types.float64, types.float64),
    nogil=True,
    cache=True,
)
def far(starts: Any, values: Any, minimum: Any, limit: Any, to_sigma: Any, floor: Any) -> Any:
    """Per value, whether it is further than `limit` robust deviations from the median of the values from its start
    to itself. `starts` never steps back; NaN is neither judged nor counted; `minimum` values must be in the window.
    """
    flags = np.zeros(len(values), np.bool_)
    ordered = np.empty(len(values), np.float64)  # of the window, ascending: the first `seen`
    seen, first = 0, 0
    for i in range(len(values)):
        while first < starts[i]:
            if not np.isnan(values[first]):
                place = _place(ordered, seen, values[first])
                for k in range(place, seen - 1):
                    ordered[k] = ordered[k + 1]
                seen -= 1
            first += 1
        value = values[i]
        if np.isnan(value):
            continue
        place = _place(ordered, seen, value)
        for k in range(seen, place, -1):
            ordered[k] = ordered[k - 1]
        ordered[place] = value
        seen += 1
        if seen < minimum:
            continue
        median = 0.5 * ordered[(seen - 1) // 2] + 0.5 * ordered[seen // 2]
        if not np.isfinite(median):
            continue
        scale = max(to_sigma * _deviation(ordered, seen, median), floor * abs(median))
        flags[i] = abs(value - median) > limit * scale
    return flags
