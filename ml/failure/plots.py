"""Pictures of a failure model on the test part."""

from __future__ import annotations

from pathlib import Path

from ml import plotting, tree_models
from ml.failure.model import Model
from ml.task import Judged


def draw(model: Model, judged: Judged, folder: Path) -> None:
    """precision_recall.png, roc.png, calibration.png, confusion.png, importance.png."""
    fails = judged.rows["fails"].to_numpy(dtype=bool)
    said, predicted = judged.rows["said"].to_numpy(float), judged.rows["predicted"].to_numpy(dtype=bool)
    plotting.precision_recall(fails, said, folder / "precision_recall.png")
    plotting.roc(fails, said, folder / "roc.png")
    plotting.calibration(fails, said, folder / "calibration.png")
    words = ["runs", "fails"]
    plotting.confusion(fails.astype(int), predicted.astype(int), words, folder / "confusion.png")
    plotting.importance(tree_models.importance(model.estimator, model.layout.names), folder / "importance.png")
