"""Pictures that several tasks draw, as PNG files without a display; the same numbers give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ml.scores import Floats, Mask, curve


@contextmanager
def figure(path: Path, title: str, x: str = "", y: str = "") -> Iterator[Any]:
    """An axis to draw on; written when the block ends."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(6.4, 4.8), dpi=100, layout="constrained")
    FigureCanvasAgg(drawn)
    axis = drawn.add_subplot()
    axis.set_title(title)
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    yield axis
    drawn.savefig(path, metadata={"Software": None})


def precision_recall(positive: Mask, score: Floats, path: Path) -> None:
    """Precision against recall over all thresholds."""
    right, alarmed = curve(positive, score)
    with figure(path, "Precision and recall", "recall", "precision") as axis:
        if len(right) and right[-1]:
            axis.step(right / right[-1], right / alarmed, where="post")
            axis.axhline(float(positive.mean()), linestyle=":", color="grey")
        axis.set_xlim(0, 1)
        axis.set_ylim(0, 1.02)


def roc(positive: Mask, score: Floats, path: Path) -> None:
    """True against false positives over all thresholds."""
    right, alarmed = curve(positive, score)
    with figure(path, "ROC", "false positive rate", "true positive rate") as axis:
        if len(right) and 0 < right[-1] < alarmed[-1]:
            axis.plot((alarmed - right) / (alarmed[-1] - right[-1]), right / right[-1])
        axis.plot([0, 1], [0, 1], linestyle=":", color="grey")


def calibration(positive: Mask, probability: Floats, path: Path, bins: int = 10) -> None:
    """Share that came true against the probability that was said, in bins of equal width."""
    place = np.minimum((probability * bins).astype(int), bins - 1)
    with figure(path, "Calibration", "probability said", "share come true") as axis:
        filled = [place == number for number in range(bins) if (place == number).any()]
        axis.plot([probability[b].mean() for b in filled], [positive[b].mean() for b in filled], marker="o")
        axis.plot([0, 1], [0, 1], linestyle=":", color="grey")


def confusion(true: Any, said: Any, words: Sequence[str], path: Path) -> None:
    """Counts by true class (rows) and said class (columns), both as indices into `words`."""
    counts = np.zeros((len(words), len(words)), dtype=int)
    np.add.at(counts, (np.asarray(true), np.asarray(said)), 1)
    with figure(path, "Confusion", "said", "true") as axis:
        axis.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
        axis.set_xticks(range(len(words)), words)
        axis.set_yticks(range(len(words)), words)
        for (row, column), count in np.ndenumerate(counts):
            axis.text(column, row, str(count), ha="center", va="center")


def importance(shares: dict[str, float], path: Path, most: int = 20) -> None:
    """The features that matter most."""
    first = sorted(shares.items(), key=lambda item: (-item[1], item[0]))[:most][::-1]
    with figure(path, "Importance", "share") as axis:
        axis.barh([name for name, _ in first], [share for _, share in first])
        axis.tick_params(axis="y", labelsize=7)
