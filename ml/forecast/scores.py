"""How good forecasts are: sums by origin and series, from which every metric follows under any weights."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.forecast.grid import Counts, Floats, Panel
from ml.forecast.intervals import LEVELS

BLOCKS = 10  # at least so many, if the test part is long enough


def rows(
    panel: Panel,
    came: Floats,
    told: Floats,
    origins: Counts,
    scale: Floats,
    naive: Floats,
    ends: list[tuple[Floats, Floats]] | None,
) -> pd.DataFrame:
    """One row per origin and series: sums over the horizon of what counts.

    `came` and `told` are [origin, step, series] in the channels' units, `scale` divides errors, `naive` is each series'
    mean error of a season ago in the training part; `ends` are lower and upper of each level. `block`: a stretch of
    time as long as the horizon, in which errors are alike in all series.
    """
    known = ~np.isnan(came) & ~np.isnan(told)
    error = np.where(known, told - came, 0.0)
    size = np.abs(np.where(known, came, 0.0))
    nonzero = size > 1e-9
    both = size + np.abs(np.where(known, told, 0.0))
    length = max(1, min(came.shape[1], (int(np.ptp(origins)) + 1) // BLOCKS))
    entity, channel = zip(*panel.series, strict=True)
    count = known.sum(axis=1)
    sums = {
        "n": count,
        "absolute": np.abs(error / scale).sum(axis=1),
        "squared": ((error / scale) ** 2).sum(axis=1),
        "scaled": np.abs(error / naive).sum(axis=1),
        "relative": np.where(nonzero, np.abs(error) / np.where(nonzero, size, 1.0), 0.0).sum(axis=1),
        "relative_n": (nonzero & known).sum(axis=1),
        "symmetric": np.where(both > 1e-9, 2 * np.abs(error) / np.where(both > 1e-9, both, 1.0), 0.0).sum(axis=1),
    }
    for level, (lower, upper) in zip(LEVELS, ends or [], strict=False):
        sums[f"within_{round(level * 100)}"] = (known & (came >= lower) & (came <= upper)).sum(axis=1)
    out = pd.DataFrame(
        {
            "entity": np.tile(entity, len(origins)),
            "channel": np.tile(channel, len(origins)),
            "origin": np.repeat(origins, len(entity)),
            "block": np.repeat((origins - origins[0]) // length, len(entity)),
            **{name: values.reshape(-1) for name, values in sums.items()},
        }
    )
    return out[out["n"] > 0].reset_index(drop=True)


def metrics(found: pd.DataFrame, weight: Floats | None = None) -> dict[str, float]:
    """mae, mse, rmse in `scale`; mape and smape as shares, where values are not 0; mase; coverage of the intervals."""
    weight = np.ones(len(found)) if weight is None else weight

    def total(column: str) -> float:
        return float(np.dot(found[column].to_numpy(np.float64), weight))

    count = total("n")
    if not count:
        return {}
    out = {
        "mae": total("absolute") / count,
        "mse": total("squared") / count,
        "rmse": float(np.sqrt(total("squared") / count)),
        "smape": total("symmetric") / count,
        "mase": total("scaled") / count,
    }
    if relative := total("relative_n"):
        out["mape"] = total("relative") / relative
    for level in (round(level * 100) for level in LEVELS):
        if f"within_{level}" in found:
            out[f"coverage_{level}"] = total(f"within_{level}") / count
    return out
