"""A fitted model of normal operation: references, detectors, and how rare what they say is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.anomaly.detectors import Detector
from ml.anomaly.reference import Reference
from ml.anomaly.tail import Tail
from ml.scores import Floats

POOL = ""  # the key of what all machines share


@dataclass(frozen=True)
class Seen:
    """A machine's rows as the model sees them: by row, levels and deviations by channel, and the score 0-1."""

    levels: Floats
    deviations: Floats
    score: Floats

    def at(self, rows: NDArray[np.int64]) -> Seen:
        """Some of the rows, by position."""
        return Seen(self.levels[rows], self.deviations[rows], self.score[rows])


@dataclass(frozen=True)
class Normal:
    """By machine (POOL: shared by all) a reference and a detector of each chosen kind; tails over all machines."""

    channels: tuple[str, ...]
    references: Mapping[str, Reference]
    detectors: Mapping[str, Mapping[str, Detector]]  # label → machine → detector
    tails: Mapping[str, Tail]  # of each detector
    combined: Tail  # of the smoothed mean of their evidence
    smooth: int

    def knows(self, machine: str) -> bool:
        """Whether this machine was learned, or all share one model."""
        return machine in self.references or POOL in self.references

    def see(self, machine: str, rows: Floats) -> Seen:
        """Rows × channels of one machine in the order of time; a score is NaN where no channel has a value.

        A score of s says that a share of 1 - s of held-back normal rows was at least as strange.
        """
        levels, deviations = self.reference(machine).see(rows)
        found = evidence({label: self.detector(label, machine) for label in self.detectors}, self.tails, deviations)
        rarity = self.combined.rarity(smoothed(found, self.smooth))
        return Seen(levels, deviations, np.where(np.isfinite(rows).any(axis=1), 1 - rarity, np.nan))

    def reference(self, machine: str) -> Reference:
        """The machine's, or the one of all."""
        return self.references.get(machine) or self.references[POOL]

    def detector(self, label: str, machine: str) -> Detector:
        """The machine's, or the one of all."""
        of = self.detectors[label]
        return of.get(machine) or of[POOL]

    def shares(self, machine: str, deviations: Floats) -> Floats:
        """By row and channel, its share in what makes the row strange, all detectors counting alike; sums to one."""
        total = np.zeros_like(deviations)
        for label in self.detectors:
            part = self.detector(label, machine).surprise(deviations)
            whole = part.sum(axis=1, keepdims=True)
            total += np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
        whole = total.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(total, whole, out=np.zeros_like(total), where=whole > 0), dtype=np.float64)

    def expected(self, machine: str, seen: Seen) -> Floats:
        """By row and channel, the value expected: of the detector that estimates from the other channels, if any."""
        order = sorted(self.detectors, key=lambda label: not label.startswith(("mset", "t2_q")))
        estimate = self.detector(order[0], machine).expected(seen.deviations)
        return self.reference(machine).value(seen.levels, estimate)


def evidence(detectors: Mapping[str, Detector], tails: Mapping[str, Tail], deviations: Floats) -> Floats:
    """The mean of the detectors' -log10 of how rare the row is."""
    said = [-np.log10(tails[label].rarity(detector.strangeness(deviations))) for label, detector in detectors.items()]
    return np.asarray(np.mean(said, axis=0), dtype=np.float64)


def smoothed(values: Floats, rows: int) -> Floats:
    """The mean of the last rows, this one among them."""
    return np.asarray(pd.Series(values).rolling(rows, min_periods=1).mean().to_numpy(), dtype=np.float64)
