"""A channel's level of a day against the machine's own past: what wear looks like, whatever the machine."""

from __future__ import annotations

import numpy as np

from ml.failure.windows import Floats, Grid

_FREE_DAYS = 4  # that a level is remembered
NAMES = ("change", "slope", "over_least", "over_greatest")


def trends(grid: Grid, values: Floats, life: Floats, day: int, days: int) -> dict[str, Floats]:
    """Of the mean level of the last day (`day` steps), as shares of the level before:

    `change` against the mean of the last `days` days, `slope` a day by least squares over them, `over_least` and
    `over_greatest` against the least and greatest level of one of those days.

    `life` changes when the machine is repaired: what was read before says nothing of its level now, only of its past.
    """
    total, count = day_sums(grid, values, day)
    sums = np.stack([grid.lagged(total, day * back) for back in range(days)])
    counts = np.stack([grid.lagged(count, day * back) for back in range(days)])
    counts = np.nan_to_num(counts)
    levels = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    known = ~np.isnan(levels)
    level = _level(grid, values, life, day, days)
    base = _quotient(np.where(known, np.nan_to_num(sums), 0.0).sum(axis=0), counts.sum(axis=0))
    with np.errstate(all="ignore"):
        return {
            "change": (level - base) / np.abs(base),
            "slope": _slope(levels, known & _same_life(grid, life, day, days)) / np.abs(base),
            "over_least": level / np.fmin.reduce(levels) - 1,
            "over_greatest": level / np.fmax.reduce(levels) - 1,
        }


def day_sums(grid: Grid, values: Floats, day: int, life: Floats | None = None) -> tuple[Floats, Floats]:
    """Sum and count of the last day's values; with `life`, of those only that are of the present one."""
    total, count = np.zeros(grid.length), np.zeros(grid.length)
    for back in range(day):
        lagged = grid.lagged(values, back)
        there = ~np.isnan(lagged)
        if life is not None:
            there &= grid.lagged(life, back) == life
        total += np.where(there, lagged, 0.0)
        count += there
    return total, count


def _level(grid: Grid, values: Floats, life: Floats, day: int, days: int) -> Floats:
    """Mean of the newest day of this life that has a value: on a free day it is that of the day before."""
    level = _quotient(*day_sums(grid, values, day, life))
    out = level
    for back in range(1, min(days, _FREE_DAYS) + 1):
        same = grid.lagged(life, day * back) == life
        out = np.where(np.isnan(out) & same, grid.lagged(level, day * back), out)
    return out


def _same_life(grid: Grid, life: Floats, day: int, days: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.stack([grid.lagged(life, day * back) == life for back in range(1, days + 1)])


def _slope(levels: Floats, known: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Floats:
    """Per day; NaN for fewer than three days."""
    ages = -np.arange(len(levels), dtype=np.float64)[:, None]
    number = known.sum(axis=0)
    age_mean = _quotient((ages * known).sum(axis=0), number)
    away = np.where(known, ages - age_mean, 0.0)
    spread = (away**2).sum(axis=0)
    rise = (away * np.where(known, levels, 0.0)).sum(axis=0)
    return np.where(number >= 3, _quotient(rise, spread), np.nan)


def _quotient(total: Floats, count: Floats) -> Floats:
    out = np.full(len(total), np.nan)
    np.divide(total, count, out=out, where=count > 0)
    return out
