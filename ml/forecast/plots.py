"""What a forecast looks like, and how far off it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from ml.forecast.grid import Panel
from ml.forecast.intervals import LEVELS
from ml.forecast.model import ForecastModel
from ml.task import Judged

MOST_SHOWN = 6


def draw(model: ForecastModel, panel: Panel, judged: Judged, folder: Path) -> None:
    """Write backtest.png, coverage.png, residuals.png and candidates.png."""
    folder.mkdir(parents=True, exist_ok=True)
    _backtest(model, panel, judged.rows, folder / "backtest.png")
    _coverage(judged.rows, folder / "coverage.png")
    _residuals(model, folder / "residuals.png")
    _candidates(model, folder / "candidates.png")


def _backtest(model: ForecastModel, panel: Panel, rows: pd.DataFrame, path: Path) -> None:
    """The test part of some series with forecasts from origins one horizon apart, and their 80 % intervals."""
    known = panel.of(model.series)
    first, last = int(rows["origin"].min()), int(rows["origin"].max())
    origins = np.arange(first, last + 1, model.horizon)[:20]
    told = model.forecast(panel, origins)
    shown = np.unique(np.linspace(0, len(model.series) - 1, min(MOST_SHOWN, len(model.series))).astype(int))
    figure, axes = plt.subplots(len(shown), 1, figsize=(11, 2.2 * len(shown)), squeeze=False, sharex=True)
    for axis, number in zip(axes[:, 0], shown, strict=True):
        begin, end = max(0, first - model.horizon), int(origins[-1]) + model.horizon
        axis.plot(np.arange(begin, min(end, len(known.values))), known.values[begin:end, number], lw=0.8, color="0.3")
        for row, origin in enumerate(origins):
            at = origin + np.arange(model.horizon)
            value = told[row, :, number]
            axis.plot(at, value, lw=1.0, color="C0")
            unit = model.bands.unit(told[row])[:, number]
            ends = (value + side[0, :, number] * unit for side in (model.bands.lower, model.bands.upper))
            axis.fill_between(at, *ends, color="C0", alpha=0.2)
        axis.set_title(" ".join(model.series[number]), fontsize=8, loc="left")
    axes[-1, 0].set_xlabel("step")
    _write(figure, path)


def _coverage(rows: pd.DataFrame, path: Path) -> None:
    """The share of values inside each channel's intervals, beside what was promised."""
    names = [f"within_{round(level * 100)}" for level in LEVELS if f"within_{round(level * 100)}" in rows]
    found = rows.groupby("channel")[[*names, "n"]].sum()
    figure, axis = plt.subplots(figsize=(8, 3.5))
    for number, name in enumerate(names):
        axis.bar(np.arange(len(found)) + 0.4 * number, found[name] / found["n"], 0.4, label=name.replace("_", " "))
        axis.axhline(int(name.rpartition("_")[2]) / 100, color=f"C{number}", lw=0.8, ls="--")
    axis.set_xticks(np.arange(len(found)) + 0.2, found.index, rotation=30, fontsize=8)
    axis.legend(fontsize=8)
    _write(figure, path)


def _residuals(model: ForecastModel, path: Path) -> None:
    """The backtest's errors by step of the horizon, in each series' own spread."""
    paths = model.bands.paths
    spread = np.abs(paths).mean(axis=(0, 1))
    scaled = paths / np.where(spread > 0, spread, 1.0)
    figure, axis = plt.subplots(figsize=(8, 3.5))
    for share in (0.025, 0.1, 0.5, 0.9, 0.975):
        axis.plot(np.arange(1, paths.shape[1] + 1), np.quantile(scaled, share, axis=(0, 2)), label=f"{share:.1%}")
    axis.set_xlabel("steps ahead")
    axis.set_ylabel("error / mean error")
    axis.legend(fontsize=8)
    _write(figure, path)


def _candidates(model: ForecastModel, path: Path) -> None:
    """The backtest's loss of each candidate."""
    losses = {
        name.removeprefix("backtest_loss_"): loss
        for name, loss in model.said.items()
        if name.startswith("backtest_loss_")
    }
    figure, axis = plt.subplots(figsize=(8, 3))
    axis.barh(list(losses), list(losses.values()))
    axis.set_xlabel("backtest loss, in standard deviations")
    _write(figure, path)


def _write(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=90, metadata={"Software": None})
    plt.close(figure)
