"""Pictures of a model of normal operation on the test part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from ml.anomaly.data import MACHINE
from ml.anomaly.model import AnomalyModel
from ml.data import Data
from ml.scores import Mask
from ml.task import Judged

_MOST = 4  # machines in the picture of scores over time


def draw(model: AnomalyModel, data: Data, judged: Judged, folder: Path) -> None:
    """scores.png, calibration.png, channels.png, and curves.png where labels are."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = judged.rows[~judged.rows["shifted"].to_numpy(bool)]
    _scores(rows, model.threshold, folder / "scores.png")
    _calibration(rows, model.spec.false_positive_rate, folder / "calibration.png")
    _channels(model, data.frames["readings"], rows, folder / "channels.png")
    bad = rows["truth"].to_numpy(np.float64) == 1
    if bad.any() and not bad.all():
        _curves(bad, rows["score"].to_numpy(np.float64), folder / "curves.png")


def _scores(rows: pd.DataFrame, threshold: float, path: Path) -> None:
    machines = rows.groupby("machine")["flagged"].mean().sort_values(ascending=False).index[:_MOST]
    figure, axes = plt.subplots(len(machines) or 1, 1, figsize=(9, 2 * (len(machines) or 1)), squeeze=False)
    for axis, machine in zip(axes[:, 0], machines, strict=False):
        part = rows[rows["machine"] == machine]
        # Rarity on a logarithmic axis: scores near 1 would lie on each other.
        axis.plot(part["time"], -np.log10(np.maximum(1 - part["score"].to_numpy(np.float64), 1e-12)), lw=0.8)
        axis.axhline(-np.log10(1 - threshold), color="tab:red", lw=0.8)
        axis.fill_between(part["time"], 0, 12, where=part["truth"] == 1, alpha=0.15, color="tab:orange")
        axis.set(title=machine or "all", ylabel="-log10(1 - score)")
    _save(figure, path)


def _calibration(rows: pd.DataFrame, asked: float, path: Path) -> None:
    quiet = rows[~(rows["truth"] == 1)]["score"].to_numpy(np.float64)
    rates = np.geomspace(0.001, 0.3, 30)
    figure, axis = plt.subplots(figsize=(5, 4))
    axis.plot(rates, [float((quiet >= 1 - rate).mean()) if len(quiet) else np.nan for rate in rates], label="seen")
    axis.plot(rates, rates, "--", color="grey", label="asked")
    axis.axvline(asked, color="tab:red", lw=0.8)
    axis.set(xlabel="false-positive rate asked for", ylabel="on test rows", xscale="log", yscale="log")
    axis.legend()
    _save(figure, path)


def _channels(model: AnomalyModel, frame: pd.DataFrame, rows: pd.DataFrame, path: Path) -> None:
    total = np.zeros(len(model.normal.channels))
    flagged = rows[rows["flagged"].to_numpy(bool)]
    for machine, (index, seen) in model.see(frame[frame[MACHINE].isin(flagged["machine"])]).items():
        strange = seen.score >= model.threshold
        strange[: len(index) - int((rows["machine"] == machine).sum())] = False
        total += model.normal.shares(machine, seen.deviations[strange]).sum(axis=0)
    order = np.argsort(total)[-20:]
    figure, axis = plt.subplots(figsize=(6, 0.3 * len(order) + 1))
    axis.barh([model.normal.channels[at] for at in order], total[order] / max(total.sum(), 1e-12))
    axis.set(xlabel="share in what was strange in the test part")
    _save(figure, path)


def _curves(bad: Mask, score: Any, path: Path) -> None:
    from sklearn.metrics import precision_recall_curve, roc_curve

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
    precision, recall, _ = precision_recall_curve(bad, score)
    left.plot(recall, precision)
    left.set(xlabel="recall", ylabel="precision")
    false, true, _ = roc_curve(bad, score)
    right.plot(false, true)
    right.set(xlabel="false-alarm rate", ylabel="recall")
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=100, metadata={"Software": None})
    plt.close(figure)
