"""After how many steps values usually repeat: a day, a week, a year, as the grid's step has it."""

from __future__ import annotations

import pandas as pd

from ml.forecast.grid import Panel
from ml.spec.forecast import ForecastSpec

_IN_A_YEAR = {"W": 52, "M": 12, "Q": 4}  # of steps that differ in length, or begin on a weekday
_DAY, _WEEK, _YEAR = pd.Timedelta(days=1), pd.Timedelta(days=7), pd.Timedelta(weeks=52)
_TWICE = 2  # a season that a history does not hold so often cannot be seen in it
_OFTEN = 8  # weeks, beside days: the first backtest learns from a third of the history
LONGEST = 20_000  # steps: a day of 5 s; every row that a model answers holds its look-back


def seasons(panel: Panel, spec: ForecastSpec) -> tuple[int, ...]:
    """The spec's seasons, else the usual ones of the grid."""
    return spec.seasons or usual_seasons(panel.index)


def usual_seasons(index: pd.Index) -> tuple[int, ...]:
    """In steps: a day of steps below one, with a week where eight of them are known; a week of days; a year of others.

    A length that is no whole number of steps is rounded to the nearest. (1,) where no season is known, or none is held
    twice: of counters and short histories.
    """
    if not isinstance(index, pd.DatetimeIndex) or index.freq is None:
        return (1,)
    if not isinstance(index.freq, pd.tseries.offsets.Tick):
        name = index.freq.rule_code.split("-")[0].removesuffix("S").removesuffix("E")
        season = 5 if name == "B" else _IN_A_YEAR.get(name, 1)
        return _held((max(1, round(season / index.freq.n)),), len(index))
    step = pd.Timedelta(index.freq)
    if step < _DAY:
        week = (round(_WEEK / step),) if len(index) * step >= _OFTEN * _WEEK else ()
        return _held((round(_DAY / step), *week), len(index))
    return _held((max(1, round((_WEEK if step < _WEEK else _YEAR) / step)),), len(index))


def _held(found: tuple[int, ...], steps: int) -> tuple[int, ...]:
    return tuple(season for season in found if season <= LONGEST and _TWICE * season <= steps) or (1,)
