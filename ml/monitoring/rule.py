"""When a window of live data breaches, and when a model is to be retrained."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ml.spec.monitoring import Monitoring

LOOKED_AT = 5  # windows
BREACHES = 2  # of them


def breaches(drift_share: float | None, scores: Mapping[str, float], judged: int, limits: Monitoring) -> list[str]:
    """Why a window breaches, a sentence each; empty when it does not.

    A score that nothing can be said of, or of fewer outcomes than `minimum_judged`, breaches nothing.
    """
    found = []
    if drift_share is not None and drift_share > limits.drift_share:
        found.append(
            f"{drift_share:.0%} of the features differ from the training data (limit {limits.drift_share:.0%})."
        )
    if judged < limits.minimum_judged:
        return found
    for name, least in limits.at_least.items():
        if _known(scores, name) and scores[name] < least:
            found.append(f"Live {name.replace('_', ' ')} is {scores[name]:.3f}, below {least:g}, of {judged} outcomes.")
    for name, most in limits.at_most.items():
        if _known(scores, name) and scores[name] > most:
            found.append(f"Live {name.replace('_', ' ')} is {scores[name]:.3f}, above {most:g}, of {judged} outcomes.")
    return found


def retrain(breached: Sequence[bool]) -> bool:
    """Whether to retrain, by a version's windows from the oldest to the newest.

    At least 2 of the last 5 breach and the newest does: one odd week retrains nothing, and neither does what is over.
    """
    last = list(breached)[-LOOKED_AT:]
    return bool(last) and last[-1] and sum(last) >= BREACHES


def _known(scores: Mapping[str, float], name: str) -> bool:
    return name in scores and not math.isnan(scores[name])
