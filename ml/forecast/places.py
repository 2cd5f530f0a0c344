"""In which step of a regular grid each reading lies: by the clock, by the readings' own phase, or by a counter."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from millwright.errors import MillwrightError

Counts = npt.NDArray[np.int64]
MOST_STEPS = 2_000_000  # on a finer grid a mistaken step would fill the memory
_ALONE = 0.95  # of the moments have a step of their own where they are a grid's, and not any


def places(time: pd.Series, step: str | None) -> tuple[Counts, pd.DatetimeIndex | pd.RangeIndex]:
    """The step of each reading and the steps' beginnings; raises MillwrightError as `ml.forecast.grid.regular` does."""
    return _in_time(time, step) if isinstance(time.dtype, pd.DatetimeTZDtype) else _by_counter(time, step)


def _in_time(time: pd.Series, step: str | None) -> tuple[Counts, pd.DatetimeIndex]:
    offset = _offset(time, step)
    try:
        fixed = pd.Timedelta(offset)  # type: ignore[arg-type]
    except ValueError:  # months and the like
        begin = offset.rollback(time.min().normalize())
        index = pd.date_range(begin, max(time.max(), begin), freq=offset)
        return np.asarray(index.searchsorted(time, side="right") - 1, np.int64), index
    near = _of_moments(time, fixed)
    steps = time.dt.floor(fixed) if near is None else near
    _refuse_long((steps.max() - steps.min()) / fixed, step)
    index = pd.date_range(steps.min(), steps.max(), freq=fixed)
    return ((steps - steps.min()) // fixed).to_numpy(np.int64), index


def _of_moments(time: pd.Series, step: pd.Timedelta) -> pd.Series | None:
    """The nearest of the moments at which most are read, such as Fridays; None where there is no such phase.

    Flooring to the clock would call weeks by the day on which 1970 began. A step that holds several moments is none of
    a phase, and begins by the clock.
    """
    moments = time.drop_duplicates()
    phases, counts = np.unique(moments.dt.as_unit("ns").astype(np.int64) % step.value, return_counts=True)
    if counts.max() <= len(moments) / 2:
        return None
    phase = pd.Timedelta(int(phases[counts.argmax()]), "ns")
    nearest = (time - phase + step / 2).dt.floor(step) + phase
    return nearest if nearest.nunique() >= _ALONE * len(moments) else None


def _offset(time: pd.Series, step: str | None) -> pd.tseries.offsets.BaseOffset:
    try:
        if step is not None:
            return pd.tseries.frequencies.to_offset(step.removesuffix("d") + "D" if step.endswith("d") else step)
    except ValueError:
        raise MillwrightError(
            f"step = {step!r} is no length of time.", "Write it as 5s, 10min, 1h, D, W, MS (months) or QS."
        ) from None
    times = pd.DatetimeIndex(time.drop_duplicates().sort_values())
    if len(times) < 3:
        raise MillwrightError("With fewer than three moments there is no step to find.", "Give step, such as 1h.")
    regular_step = pd.infer_freq(times)
    if regular_step is not None:
        return pd.tseries.frequencies.to_offset(regular_step)
    usual = times.to_series().diff().median()
    for name in ("D", "h", "min", "s", "ms"):
        if usual >= pd.Timedelta(1, name):
            return pd.tseries.frequencies.to_offset(f"{max(1, round(usual / pd.Timedelta(1, name)))}{name}")
    raise MillwrightError("The readings are less than a millisecond apart.", "Give step, such as 1s.")


def _by_counter(time: pd.Series, step: str | None) -> tuple[Counts, pd.RangeIndex]:
    try:
        width = 1 if step is None else int(step)
        if width < 1:
            raise ValueError
    except ValueError:
        raise MillwrightError(f"step = {step!r}: of a counter it is a whole number from 1.") from None
    place = np.floor(time.to_numpy(np.float64) / width).astype(np.int64)
    first = int(place.min())
    _refuse_long(float(place.max() - first), step)
    return place - first, pd.RangeIndex(first * width, (int(place.max()) + 1) * width, width)


def _refuse_long(steps: float, step: str | None) -> None:
    if steps > MOST_STEPS:
        raise MillwrightError(
            f"step = {step!r} makes a grid of {steps:,.0f} steps; at most {MOST_STEPS:,} are computed.",
            "Take a longer step.",
        )
