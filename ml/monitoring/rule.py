"""When a window of live data breaches, and when a model is to be retrained."""

from __future__ import annotations

from collections.abc import Sequence

from ml.monitoring.live import Live
from ml.spec.monitoring import Monitoring

LOOKED_AT = 5  # windows
BREACHES = 2  # of them
_OF_ALL = "flagged_share"  # the score that needs no outcomes


def breaches(drift_share: float | None, live: Live, limits: Monitoring) -> list[str]:
    """Why a window breaches, a sentence each; empty when it does not.

    A score that nothing can be said of, or of fewer outcomes than `minimum_judged`, breaches nothing.
    """
    found = []
    if drift_share is not None and drift_share > limits.drift_share:
        limit = f"limit {limits.drift_share:.0%}"
        found.append(f"{drift_share:.0%} of the features differ from the training data ({limit}).")
    for bounds, word, sign in ((limits.at_least, "below", -1.0), (limits.at_most, "above", 1.0)):
        for name, bound in bounds.items():
            of, what = (live.predictions, "predictions") if name == _OF_ALL else (live.judged, "outcomes")
            score = live.scores.get(name)
            if score is not None and of >= limits.minimum_judged and (score - bound) * sign > 0:
                found.append(f"Live {name.replace('_', ' ')} is {score:.3f}, {word} {bound:g}, of {of} {what}.")
    return found


def retrain(breached: Sequence[bool]) -> bool:
    """Whether to retrain, by a version's windows from the oldest to the newest.

    At least 2 of the last 5 breach and the newest does: one odd week retrains nothing, and neither does what is over.
    """
    last = list(breached)[-LOOKED_AT:]
    return bool(last) and last[-1] and sum(last) >= BREACHES
