"""How good predictions of the remaining life are, from rows under any weights."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.rul.examples import Floats
from ml.rul.intervals import LEVELS
from ml.rul.model import COLUMNS

_MOST = 300.0  # of an error: beyond it the penalty is beyond all numbers


def nasa(error: Floats) -> Floats:
    """The asymmetric penalty of each error (told less true): late is worse than early.

    exp(-e/13) - 1 below 0, exp(e/10) - 1 above (Saxena et al. 2008, "Damage Propagation Modeling").
    """
    cut = np.clip(error, -_MOST, _MOST)
    return np.where(cut < 0, np.exp(-cut / 13) - 1, np.exp(cut / 10) - 1)


def rows(entity: pd.Series, told: pd.DataFrame | Floats, life: Floats) -> pd.DataFrame:
    """One row a test row: `block` (the unit), told, life (capped as the model was taught), and the intervals' ends."""
    out = pd.DataFrame({"block": entity.to_numpy(), "life": life})
    if isinstance(told, pd.DataFrame):
        for name in COLUMNS:
            out[name] = told[name].to_numpy()
    else:
        out["value"] = told
    return out


def metrics(found: pd.DataFrame, weight: Floats | None = None) -> dict[str, float]:
    """mae, mse, rmse, mape (where life is left), r2, nasa_score (a sum), coverage of the intervals."""
    weight = np.ones(len(found)) if weight is None else weight
    total = float(weight.sum())
    if not total:
        return {}
    life, told = found["life"].to_numpy(np.float64), found["value"].to_numpy(np.float64)
    error = told - life
    mse = float(np.dot(error**2, weight) / total)
    mean = float(np.dot(life, weight) / total)
    spread = float(np.dot((life - mean) ** 2, weight) / total)
    out = {
        "mae": float(np.dot(np.abs(error), weight) / total),
        "mse": mse,
        "rmse": float(np.sqrt(mse)),
        "nasa_score": float(np.dot(nasa(error), weight)),
    }
    if spread:
        out["r2"] = 1 - mse / spread
    alive = (life > 0) & (weight > 0)
    if alive.any():
        out["mape"] = float(np.dot(np.abs(error[alive]) / life[alive], weight[alive]) / weight[alive].sum())
    if "lower" in found:
        for level, (lower, upper) in zip(LEVELS, (("lower", "upper"), ("lower_95", "upper_95")), strict=True):
            inside = (life >= found[lower].to_numpy()) & (life <= found[upper].to_numpy())
            out[f"coverage_{round(level * 100)}"] = float(np.dot(inside, weight) / total)
    return out
