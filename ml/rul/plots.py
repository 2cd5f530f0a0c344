"""What predictions of the remaining life look like, and how far off they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ml import plotting
from ml.rul import estimators
from ml.rul.model import RulModel
from ml.task import Judged


def draw(model: RulModel, judged: Judged, folder: Path) -> None:
    """Write predicted.png, residuals.png and importance.png."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = judged.rows.sort_values("life", kind="stable")
    life, told = rows["life"].to_numpy(), rows["value"].to_numpy()
    with plotting.figure(folder / "predicted.png", "Remaining life, with 80 % intervals", "true", "told") as axis:
        width = np.maximum(np.array([told - rows["lower"].to_numpy(), rows["upper"].to_numpy() - told]), 0.0)
        axis.errorbar(life, told, yerr=width, fmt="o", markersize=2, linewidth=0.4, alpha=0.6)
        axis.plot([0, life.max()], [0, life.max()], linestyle=":", color="grey")
    with plotting.figure(folder / "residuals.png", "Errors: above 0 is told too late", "true", "told - true") as axis:
        axis.scatter(life, told - life, s=4, alpha=0.6)
        axis.axhline(0, linestyle=":", color="grey")
    plotting.importance(estimators.importance(model.estimator, model.names), folder / "importance.png")
