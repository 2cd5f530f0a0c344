"""Pictures of a model of quality on the test rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ml import plotting
from ml.data import Data
from ml.quality import estimators
from ml.quality.evaluate import tested
from ml.quality.model import QualityModel
from ml.quality.trees import Trees
from ml.spec.quality import QualitySpec
from ml.task import Judged

_ROWS = 500  # pieces that the picture of importance is made of


def draw(model: QualityModel, data: Data, judged: Judged, spec: QualitySpec, folder: Path) -> None:
    """confusion.png, calibration.png, precision_recall.png, roc.png, and importance.png where XGBoost was chosen."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = judged.rows
    defect, score = rows["truth"].to_numpy() > 0, 1 - rows["p_0"].to_numpy(np.float64)
    plotting.confusion(rows["truth"], rows["told"], data.about["classes"], folder / "confusion.png")
    plotting.calibration(defect, score, folder / "calibration.png")
    plotting.precision_recall(defect, score, folder / "precision_recall.png")
    plotting.roc(defect, score, folder / "roc.png")
    booster = next((one for one in model.chosen.estimators if not isinstance(one, Trees)), None)
    if booster is not None:
        some = data.frames["pieces"].iloc[tested(data, spec)[:_ROWS]]
        values = estimators.contributions(booster, model.chosen.layout.build(some), len(model.classes))
        size = np.abs(values).mean(axis=(0, 1))
        shares = dict(zip(model.chosen.layout.names, (size / max(size.sum(), 1e-12)).tolist(), strict=True))
        plotting.importance(shares, folder / "importance.png")
