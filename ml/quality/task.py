"""Task `quality`: how good will the piece be?"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ml.data import Data
from ml.quality import plots
from ml.quality.choose import choose, labels_for, labels_of
from ml.quality.data import CLASS, INSPECTION, MACHINE, PRODUCT, TIME, read
from ml.quality.decide import decide
from ml.quality.evaluate import hashes, judge_majority, judge_model
from ml.quality.model import HeldOut, QualityModel, load_model
from ml.quality.parts import rounds, whole
from ml.quality.rates import metrics
from ml.scores import Floats
from ml.sources.all_there import all_there
from ml.sources.times import is_counter, shown
from ml.spec.quality import QualitySpec
from ml.spec.span import hours
from ml.spec.split import FoldSplit
from ml.task import Judged

log = logging.getLogger(__name__)
_LEAST = 30  # pieces to learn from


class QualityTask:
    """See ml.task.Task."""

    def read(self, spec: QualitySpec, newest: bool = False) -> Data:
        """One frame of pieces; see ml.quality.data."""
        return read(spec, newest)

    def too_little(self, data: Data, spec: QualitySpec) -> str:
        """Why nothing can be learned, in one sentence; empty when something can."""
        frame = data.frames["pieces"]
        known = int(frame[CLASS].notna().sum())
        if known < _LEAST:
            return f"{spec.place} holds {known} pieces whose class is known, and at least {_LEAST} are needed."
        for one in rounds(frame, spec):
            learned = frame[CLASS].iloc[one.train]
            if len(one.train) < _LEAST // 2 or not len(one.test):
                return f"The split leaves {len(one.train)} pieces to train on and {len(one.test)} to test on."
            if learned.nunique() < 2:
                return (
                    f"All {len(learned)} pieces of the training part are {learned.iloc[0]}: there is nothing to tell."
                )
        return ""

    def fit(self, data: Data, spec: QualitySpec) -> QualityModel:
        """The best candidate on rows held back in training; with k folds, one of all rows serves."""
        frame, about = data.frames["pieces"], data.about
        for name, count in frame[CLASS].value_counts().items():
            if count == 1:
                log.warning("Class %s has a single piece: it is learned from or judged, never both.", name)
        parts, held = rounds(frame, spec), HeldOut(np.array([], dtype=np.uint64), np.zeros((0, len(about["classes"]))))
        last = parts[0]
        if isinstance(spec.split, FoldSplit):
            said = [(one.test, choose(frame, about, one, spec).probability(frame.iloc[one.test])) for one in parts]
            rows = np.concatenate([test for test, _ in said])
            held = HeldOut(hashes(frame.iloc[rows], about), np.concatenate([found for _, found in said]))
            last = whole(frame, spec)
        chosen = choose(frame, about, last, spec)
        learned = frame.iloc[last.train]
        counts = np.bincount(labels_of(learned, about), minlength=len(about["classes"]))
        described: dict[str, Any] = {
            "candidate": " + ".join(name for name, _ in chosen.kinds),
            **{
                f"{label}.{key}": value
                for label, (_, parameters) in zip(
                    labels_for([name for name, _ in chosen.kinds]), chosen.kinds, strict=True
                )
                for key, value in parameters.items()
            },
            f"validation_{spec.promote.metric}": ", ".join(
                f"{name} {said:.4f}" for name, said in chosen.compared.items()
            ),
            "temperature": chosen.temperature,
            "classes": ", ".join(f"{name} {count}" for name, count in zip(about["classes"], counts, strict=True)),
            "left_out": ", ".join(about["left_out"]),
            "train_rows": len(learned),
            "train_from": shown(learned[TIME].min()) if spec.time else "",
            "train_until": shown(learned[TIME].max()) if spec.time else "",
        }
        example = learned[[*about["numbers"], *about["names"]]].head(3).reset_index(drop=True)
        return QualityModel(spec, chosen, tuple(about["classes"]), held, described, example)

    def load(self, folder: Path) -> QualityModel:
        """What `save` wrote."""
        return load_model(folder)

    def evaluate(self, model: QualityModel, data: Data, spec: QualitySpec) -> Judged:
        """On the test rows; see ml.quality.evaluate."""
        return judge_model(model, data, spec)

    def baseline(self, data: Data, spec: QualitySpec) -> tuple[str, Judged]:
        """The most frequent class."""
        return judge_majority(data, spec)

    def score(self, rows: pd.DataFrame, weight: Floats, spec: QualitySpec) -> float:
        """The metric of promotion; turned round where lower is better."""
        sign = -1.0 if spec.promote.metric in spec.LOWER_IS_BETTER else 1.0
        return sign * metrics(rows, weight)[spec.promote.metric]

    def plots(self, model: QualityModel, data: Data, judged: Judged, folder: Path) -> None:
        """Confusion, calibration, curves, importance."""
        plots.draw(model, data, judged, model.spec, folder)

    def predict(self, model: QualityModel, data: Data, spec: QualitySpec) -> pd.DataFrame:
        """Rows for `ml.quality_predictions` of the newest pieces; `result` is the class told, which costs decide."""
        frame, layout, place = data.frames["pieces"], model.chosen.layout, spec.source.place
        all_there(place, data.about["numbers"], layout.numbers)
        all_there(place, [*data.about["numbers"], *data.about["names"]], (name for name, _ in layout.values), "column")
        if spec.time and len(frame):
            span: Any = hours(spec.judge) if is_counter(frame[TIME]) else pd.Timedelta(hours=hours(spec.judge))
            frame = frame[frame[TIME] > frame[TIME].max() - span]
        said = model.probability(frame)
        told = decide(said, model.costs)
        nothing = pd.Series(None, index=frame.index, dtype=object)
        return pd.DataFrame(
            {
                "equipment_id": frame[MACHINE].to_numpy(),
                "event_time": frame[TIME].to_numpy() if not spec.time else frame[TIME].array,
                "inspection_id": frame.get(INSPECTION, nothing).to_numpy(),
                "product_id": frame.get(PRODUCT, nothing).to_numpy(),
                "defect_probability": np.clip(1 - said[:, 0], 0.0, 1.0),
                "threshold": model.threshold,
                "predicted": told > 0,
                "result": [str(model.classes[one]) for one in told],
                "probabilities": [
                    dict(zip(map(str, model.classes), row, strict=True)) for row in said.round(4).tolist()
                ],
                "factors": model.reasons(frame) if len(frame) else [],
            }
        )


TASK = QualityTask()
