"""When will a limit be crossed, and how sure is it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.forecast.grid import Floats

LIKELY = 0.5  # a crossing that is at least so probable within the horizon has a severity
SEVERITIES = ("warning", "critical")


@dataclass(frozen=True)
class Bound:
    """A limit of one channel in its unit; crossed when a value lies beyond it."""

    severity: str
    value: float
    above: bool = True

    def crossed(self, values: Floats) -> np.ndarray:
        """Whether each value lies beyond."""
        found: np.ndarray = values > self.value if self.above else values < self.value
        return found


@dataclass(frozen=True)
class Crossing:
    """`probability[step]` that the limit will have been crossed by then; `step` by which it is as likely as not.

    `severity` is empty while no limit is likely to be crossed within the horizon.
    """

    limit: float
    severity: str
    step: int | None
    probability: Floats


def crossing(value: Floats, paths: Floats, bounds: tuple[Bound, ...]) -> Crossing | None:
    """The gravest likely crossing of a forecast value[step], else the likeliest; None without a limit.

    `paths[path, step]` are errors as they came in the backtest: each is one way it may go. Of limits of one severity
    the one that is likeliest to be crossed counts.
    """
    found = []
    for bound in bounds:
        by_then = np.maximum.accumulate(bound.crossed(value + paths), axis=1)
        probability = by_then.mean(axis=0).astype(np.float64)
        likely = np.flatnonzero(probability >= LIKELY)
        found.append(
            (
                SEVERITIES.index(bound.severity) if len(likely) else -1,
                float(probability[-1]),
                Crossing(
                    bound.value,
                    bound.severity if len(likely) else "",
                    int(likely[0]) if len(likely) else None,
                    probability,
                ),
            )
        )
    return max(found, key=lambda one: one[:2])[2] if found else None
