"""Judges a model on pieces that it had not learned from."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.data import Data
from ml.quality.choose import labels_of
from ml.quality.data import CLASS, MACHINE, PART, TIME
from ml.quality.model import QualityModel
from ml.quality.parts import Rows, rounds
from ml.quality.rates import judged, metrics
from ml.scores import Floats
from ml.sources.times import is_counter
from ml.spec.quality import QualitySpec
from ml.spec.split import FoldSplit
from ml.task import Judged


def hashes(frame: pd.DataFrame, about: dict[str, list[str]]) -> NDArray[np.uint64]:
    """The same for a piece of the same features and class."""
    asked = frame[[*about["numbers"], *about["names"], CLASS]]
    return np.asarray(pd.util.hash_pandas_object(asked, index=False), dtype=np.uint64)


def tested(data: Data, spec: QualitySpec) -> Rows:
    """Positions of the test rows, in order."""
    return np.sort(np.concatenate([one.test for one in rounds(data.frames["pieces"], spec)]))


def judge_model(model: QualityModel, data: Data, spec: QualitySpec) -> Judged:
    """A model on the test rows; with k folds, on each by the model that had not seen it."""
    frame, rows = data.frames["pieces"], tested(data, spec)
    asked = frame.iloc[rows]
    said = model.probability(asked)
    if isinstance(spec.split, FoldSplit) and len(model.held_out.hashes):
        known = pd.Series(np.arange(len(model.held_out.hashes)), index=model.held_out.hashes)
        at = known[~known.index.duplicated()].reindex(hashes(asked, data.about)).to_numpy(np.float64)
        found = np.isfinite(at)
        said[found] = model.held_out.probability[at[found].astype(int)]
    # A champion may know other classes, or know them in another order.
    order = [model.classes.index(name) if name in model.classes else -1 for name in data.about["classes"]]
    aligned = np.stack([said[:, at] if at >= 0 else np.zeros(len(said)) for at in order], axis=1)
    return judge(aligned, data, rows, spec)


def judge_majority(data: Data, spec: QualitySpec) -> tuple[str, Judged]:
    """The naive rule: every piece is of the class that is most frequent in training, with the shares of training."""
    frame = data.frames["pieces"]
    labels, count = labels_of(frame, data.about), len(data.about["classes"])
    rows = tested(data, spec)
    said = np.zeros((len(frame), count))
    for one in rounds(frame, spec):
        said[one.test] = np.bincount(labels[one.train], minlength=count) / max(len(one.train), 1)
    return "the most frequent class", judge(said[rows], data, rows, spec)


def judge(probability: Floats, data: Data, rows: Rows, spec: QualitySpec) -> Judged:
    """Rows: truth and told as numbers of classes, p_0, p_1, … of the classes, cost, block."""
    frame, classes = data.frames["pieces"].iloc[rows], data.about["classes"]
    costs = np.array([spec.costs.get(name, 1.0) for name in classes])
    out = judged(labels_of(frame, data.about), probability, costs)
    out["block"] = _blocks(frame, rows, spec)
    return Judged(metrics(out, np.ones(len(out))), out)


def _blocks(frame: pd.DataFrame, rows: Rows, spec: QualitySpec) -> list[str]:
    """Pieces of one group, or of one machine and day, are made alike and are drawn together; else each by itself."""
    if isinstance(spec.split, FoldSplit) and spec.split.group:
        return frame[PART].astype(str).tolist()
    if spec.time and not is_counter(frame[TIME]):
        return list(frame[MACHINE] + "|" + frame[TIME].dt.strftime("%Y-%m-%d"))
    return [str(row) for row in rows]
