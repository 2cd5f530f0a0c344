"""Who becomes champion, and why not."""

from __future__ import annotations

import pytest

from ml.promote import decide
from ml.spec import Promotion

RULE = Promotion(at_least={"average_precision": 0.3, "recall": 0.5}, tolerance=0.01)


def judged(ap: float | None, recall: float = 0.9, naive: float = 0.2, champion: float | None = None) -> dict:
    model = {"recall": recall} | ({} if ap is None else {"average_precision": ap})
    found = {"model": model, "baseline": {"average_precision": naive}}
    return found if champion is None else found | {"champion": {"average_precision": champion}}


@pytest.mark.parametrize(
    ("evaluation", "promoted", "reason"),
    [
        (judged(0.8), True, "The first that passes"),
        (judged(0.8, champion=0.7), True, "Not worse than the champion"),
        (judged(0.8, champion=0.809), True, "Not worse than the champion"),
        (judged(0.8, champion=0.82), False, "worse than the champion's 0.820"),
        (judged(0.29), False, "Average precision is 0.290, below the required 0.3"),
        (judged(0.8, recall=0.1), False, "Recall is 0.100, below the required 0.5"),
        (judged(0.8, naive=0.8), False, "no better than the naive rule's"),
        (judged(None), False, "holds no failure"),
    ],
)
def test_a_version_takes_over_only_when_it_deserves_it(evaluation, promoted, reason):
    decision = decide(RULE, evaluation)
    assert decision.promoted is promoted
    assert reason in decision.reason
