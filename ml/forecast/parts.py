"""Training, validation and test part of a panel, and the origins from which it is foretold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from millwright.errors import MillwrightError
from ml.forecast.grid import Counts, Floats, Panel
from ml.spec.forecast import ForecastSpec
from ml.spec.span import hours
from ml.spec.split import RowsSplit

MOST_JUDGED = 200_000  # origins times series; with more, `every` grows


@dataclass(frozen=True)
class Parts:
    """Positions: [0, train) trains, [train, known) validates, [test, end) tests."""

    train: int
    known: int
    test: int
    end: int


def parts(panel: Panel, spec: ForecastSpec) -> Parts:
    """Where the parts of a panel end. Raises MillwrightError when a moment of the spec cannot be read."""
    total, split = len(panel.index), spec.split
    if isinstance(split, RowsSplit):
        known = min(split.train + split.validation, total)
        end = total if split.test is None else min(known + split.test, total)
        return Parts(min(split.train, known), known, known, end)
    known = round(total * split.train_share)
    if split.train_until is not None:
        known = min(max(_position(panel, split.train_until, "split.train_until"), 0), total)
    end = total
    if split.test_until is not None:
        end = min(max(_position(panel, split.test_until, "split.test_until"), 0), total)
    gap = hours(split.gap)
    if isinstance(panel.index, pd.DatetimeIndex) and total > 1:
        gap = pd.Timedelta(hours=gap) / (panel.index[1] - panel.index[0])
    return Parts(round(known * (1 - split.validation_share)), known, min(known + int(np.ceil(gap)), end), end)


def _position(panel: Panel, moment: Any, field: str) -> int:
    """The first step that does not begin before a moment."""
    try:
        if isinstance(panel.index, pd.DatetimeIndex):
            asked = pd.Timestamp(moment)
            asked = asked.tz_localize("UTC") if asked.tz is None else asked.tz_convert("UTC")
            return int(panel.index.searchsorted(asked))
        return int(np.searchsorted(panel.index.to_numpy(), float(moment)))
    except (ValueError, TypeError):
        raise MillwrightError(f"{field} = {moment!r}: expected a moment such as 2026-03-01, as the time is.") from None


def first_backtest(known: int, spec: ForecastSpec) -> int:
    """Steps from which the first backtest learns, of those known before the test part."""
    return max(1, round(known * (1 - spec.backtest_share)))


def origins(first: int, end: int, steps: int, every: int) -> Counts:
    """Positions first, first + every ... after which `steps` steps still lie before `end`; at least the first."""
    return np.arange(first, max(first, end - steps) + 1, every, dtype=np.int64)


def every(spec: ForecastSpec, where: Parts, series: int) -> int:
    """Steps between two origins of the test part."""
    if spec.every is not None:
        return spec.every
    return max(1, -(-(where.end - where.test) * series // MOST_JUDGED))


def future(values: Floats, at: Counts, steps: int, end: int) -> Floats:
    """[origin, step, series]: what came, not a number from position `end` on."""
    beyond = np.full((steps, values.shape[1]), np.nan)
    known = np.concatenate([values[:end], beyond])
    found: Floats = known[at[:, None] + np.arange(steps)]
    return found
