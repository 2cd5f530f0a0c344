"""Where a machine's channels usually are, and how that drifts.

A channel that comes back to its mean in normal operation, however slowly, is judged against it; one whose level wanders
for good (what ages, what the season warms) against where it lately was: a level that follows by a share of each step
(exponential smoothing, the local level model). Which channels wander is learned from normal rows alone. A step counts
as three deviations at most, so that a sudden fault is learned slowly; one that builds up within such steps is not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.anomaly.robust_z import Arrays
from ml.anomaly.unit_root import returns
from ml.scores import Floats

RATES = (0.01, 0.05, 0.2)
GAIN = 0.7  # a level has to foretell the next value this much better than the mean so far before a channel wanders
WARM = 20  # rows at the begin of a series whose level is not settled
_CLIP = 3.0
_FARTHEST = 1e4  # deviations: beyond it nothing is told apart, and squares stay finite


@dataclass(frozen=True)
class Reference:
    """By channel: the share that its level follows (0: fixed), mean, deviation; centre and spread of what is left."""

    rates: Floats
    mean: Floats
    scale: Floats
    centre: Floats
    spread: Floats
    average: int

    @classmethod
    def fit(cls, rows: Floats, rates: Floats, average: int, usual_scale: Floats) -> Reference:
        """From the normal rows × channels of one machine; `usual_scale` stands in for a channel that never moved."""
        usual_scale = np.where(usual_scale > 0, usual_scale, 1.0)
        known = cls.means(rows)
        free = cls(rates, known, np.full(rows.shape[1], np.inf), *_identity(rows), average)
        raw = _finite(rows - free.levels(rows))[min(WARM, len(rows) // 2) :]
        scale = raw.std(axis=0)
        scale = np.where(scale > 1e-9 * (1 + np.abs(known)), scale, usual_scale)
        plain = cls(rates, known, scale, *_identity(rows), average)
        z = plain.see(rows)[1][min(WARM + average, len(rows) // 2) :]
        spread = z.std(axis=0)
        return cls(rates, known, scale, z.mean(axis=0), np.where(spread > 1e-9, spread, 1.0), average)

    @staticmethod
    def means(rows: Floats) -> Floats:
        """Means of the channels; 0 of one without a value."""
        there = np.isfinite(rows)
        total = np.where(there, rows, 0.0).sum(axis=0)
        return np.asarray(total / np.maximum(there.sum(axis=0), 1), dtype=np.float64)

    def levels(self, rows: Floats) -> Floats:
        """Where each channel was expected before the row was known."""
        out = np.broadcast_to(self.mean, rows.shape).copy()
        moving = np.flatnonzero(self.rates > 0)
        if len(moving):
            out[:, moving] = _followed(rows[:, moving], self.rates[moving], self.mean[moving], self.scale[moving])
        return out

    def see(self, rows: Floats) -> tuple[Floats, Floats]:
        """Levels, and standardised deviations from them averaged over the last rows; no value is no deviation."""
        levels = self.levels(rows)
        raw = np.clip(_finite((rows - levels) / self.scale), -_FARTHEST, _FARTHEST)
        mean = pd.DataFrame(raw).rolling(self.average, min_periods=1).mean().to_numpy()
        return levels, np.asarray((mean - self.centre) / self.spread, dtype=np.float64)

    def value(self, levels: Floats, deviations: Floats) -> Floats:
        """What values, on average over the last rows, standardised deviations stand for."""
        return np.asarray(levels + self.scale * (self.centre + self.spread * deviations), dtype=np.float64)

    def arrays(self) -> Arrays:
        """All that `load` needs."""
        names = ("rates", "mean", "scale", "centre", "spread")
        return {name: getattr(self, name) for name in names} | {"average": np.array(self.average)}

    @classmethod
    def load(cls, arrays: Arrays) -> Reference:
        """What `arrays` gave."""
        return cls(**{name: int(value) if name == "average" else value for name, value in arrays.items()})  # type: ignore[arg-type]


def choose_rates(series: Sequence[Floats]) -> Floats:
    """By channel, the rate that foretells the next value best; 0 where the mean so far does about as well, and where
    the channel comes back to its mean: a level that follows it would learn every fault that lasts.

    `series`: normal rows × channels of each machine in the order of time. Most machines decide.
    """
    votes = [_rates(rows) for rows in series if len(rows) > 2 * WARM]
    if not votes:
        return np.zeros(series[0].shape[1])
    return np.asarray(np.quantile(np.array(votes), 0.5, axis=0, method="lower"), dtype=np.float64)


def _rates(rows: Floats) -> Floats:
    rows = pd.DataFrame(rows).ffill().fillna(0.0).to_numpy()
    begin = np.median(rows[:WARM], axis=0)
    so_far = np.vstack([begin, (np.cumsum(rows, axis=0) / np.arange(1, len(rows) + 1)[:, None])[:-1]])
    mean_error = np.abs(rows - so_far)[WARM:].mean(axis=0)
    free = np.full(rows.shape[1], np.inf)
    errors = np.array(
        [np.abs(rows - _followed(rows, np.full_like(free, r), begin, free))[WARM:].mean(axis=0) for r in RATES]
    )
    wanders = (errors.min(axis=0) < GAIN * mean_error) & ~returns(rows)
    return np.where(wanders, np.array(RATES)[errors.argmin(axis=0)], 0.0)


def _followed(rows: Floats, rates: Floats, mean: Floats, scale: Floats) -> Floats:
    """A level before each row: it begins at the first value, and follows by steps of at most three deviations."""
    out = np.empty_like(rows)
    valid = np.isfinite(rows)
    first = np.where(valid.any(axis=0), rows[valid.argmax(axis=0), np.arange(rows.shape[1])], mean)
    level, most = first.astype(np.float64), _CLIP * scale
    steps = np.where(valid, rows, np.nan)
    for at in range(len(rows)):
        out[at] = level
        step = steps[at] - level
        step[np.isnan(step)] = 0.0
        level = level + rates * np.minimum(np.maximum(step, -most), most)
    return out


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, 0.0)


def _identity(rows: Floats) -> tuple[Floats, Floats]:
    return np.zeros(rows.shape[1]), np.ones(rows.shape[1])
