"""The detectors by name, and the ways to part normal rows for calibration."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ml.anomaly.forest import Forest
from ml.anomaly.mset import Mset
from ml.anomaly.pca import PcaT2Q
from ml.anomaly.robust_z import Arrays, RobustZ
from ml.scores import Floats
from ml.spec.anomaly import AnomalySpec

FOLDS = 3  # normal rows are held back in so many runs of time: longer runs show more of how normal operation changes
MOST = 20_000  # normal rows that one detector learns from, drawn evenly


class Detector(Protocol):
    """Judges standardised deviations, rows × channels."""

    def strangeness(self, rows: Floats) -> Floats:
        """One value a row; greater is stranger."""
        ...

    def expected(self, rows: Floats) -> Floats:
        """What the row should be."""
        ...

    def surprise(self, rows: Floats) -> Floats:
        """By channel, its part of the strangeness, not below 0."""
        ...

    def arrays(self) -> Arrays:
        """All that its class' `load` needs."""
        ...


KINDS: dict[str, Any] = {"robust_z": RobustZ, "t2_q": PcaT2Q, "mset": Mset, "isolation_forest": Forest}


def settings(spec: AnomalySpec) -> dict[str, tuple[str, dict[str, Any]]]:
    """The spec's detectors with all combinations of their parameters: label → kind and parameters."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for candidate in spec.candidates:
        for parameters in candidate.settings():
            said = ", ".join(f"{name}={value}" for name, value in parameters.items())
            found[f"{candidate.name} ({said})" if said else candidate.name] = (candidate.name, parameters)
    return found


def fit(kind: str, parameters: dict[str, Any], rows: Floats, seed: int) -> Detector:
    """A detector of one kind from normal rows."""
    if len(rows) > MOST:
        rows = rows[np.linspace(0, len(rows) - 1, MOST).astype(int)]
    fitted: Detector = KINDS[kind].fit(rows, seed, **parameters)
    return fitted


def held_back(rows: int) -> list[NDArray[np.int64]]:
    """Positions of each run of normal rows that is held back once."""
    return [np.asarray(part, dtype=np.int64) for part in np.array_split(np.arange(rows), min(FOLDS, max(rows, 1)))]
