"""A history with its labels and its parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.failure.history import History, said
from ml.failure.labels import label
from ml.failure.split import Mask, Parts, split_by_time
from ml.spec.failure import FailureSpec
from ml.spec.span import hours


@dataclass(frozen=True)
class Examples:
    """Labels have one row per row of `history.readings`."""

    history: History
    labels: pd.DataFrame
    parts: Parts

    @property
    def fails(self) -> Mask:
        return self.labels["fails"].to_numpy(dtype=bool)

    @property
    def forestalled(self) -> Mask:
        """Rows before a maintenance and no failure: whether the machine would have failed without it nobody knows."""
        return self.labels["maintained"].to_numpy(dtype=bool) & ~self.fails

    @property
    def first(self) -> pd.Timestamp:
        """The first step whose label is known."""
        return pd.Timestamp(self.history.readings["slot"][self.labels["known"]].min())

    def failures(self, part: Mask) -> int:
        """Failures (one machine, one moment) that rows of a part lie before."""
        ahead = part & self.fails
        machines = self.history.readings["equipment_id"][ahead].astype(str)
        return int((machines + "|" + self.labels["next_failure"][ahead].astype(str)).nunique())

    def rows(self, part: Mask) -> pd.DataFrame:
        """What scores by event need: equipment_id, slot, time, next_failure, maintained, fails."""
        rows = self.history.readings.loc[part, ["equipment_id", "slot", "time"]]
        return pd.concat([rows, self.labels.loc[part, ["next_failure", "maintained", "fails"]]], axis=1)

    def thinned(self, part: Mask, spec: FailureSpec) -> Mask:
        """One step in so long as the spec trains on."""
        if spec.train_every is None:
            return part
        every = max(1, round(hours(spec.train_every) / hours(spec.step)))
        number = (self.history.readings["slot"] - self.first) // pd.Timedelta(hours=hours(spec.step))
        return np.asarray(part & (number.to_numpy() % every == 0))


def prepare(history: History, spec: FailureSpec) -> Examples:
    """Labels and parts of a history that has rows whose label is known; the split needs one at least."""
    found = label(history, spec.horizon_hours)
    slots = history.readings["slot"]
    return Examples(history, found, split_by_time(slots, found["known"], spec.split, hours(spec.step), history.counter))


def too_little(history: History, spec: FailureSpec) -> str:
    """Why nothing can be learned from a history, in one sentence; empty when something can."""
    known = label(history, spec.horizon_hours)["known"]
    if not known.any():
        return (
            f"The events do not reach {spec.horizon} beyond any reading, so it is not known of any what came after it."
        )
    data = prepare(history, spec)
    last, counter = data.history.readings["slot"][known].max(), history.counter
    if not data.parts.train.any() or not data.parts.test.any():
        span = (last - data.first) / pd.Timedelta(hours=1 if counter else 24)
        unit = "steps" if counter else "days"
        return f"The history of {span:.1f} {unit} is too short to train on one part and test on another."
    failures = data.failures(data.parts.train)
    if failures >= spec.minimum_failures:
        return ""
    ends = (data.first, data.parts.train_until)
    span = " to ".join(said(end, True) if counter else f"{end:%Y-%m-%d}" for end in ends)
    if not failures:
        why = f": {history.told}" if history.told else ""
        return f"No machine failed in the training data ({span}), so there is nothing to learn from{why}."
    return (
        f"Only {failures} of the {spec.minimum_failures} failures that the spec asks for "
        f"are in the training data ({span})."
    )
