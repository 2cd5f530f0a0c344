"""Who becomes champion, and why not."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from ml.registry.paired import compare
from ml.registry.promote import decide
from ml.spec.load import parse_spec
from tests.ml.conftest import make_spec

RULE = {"metric": "average_precision", "at_least": {"average_precision": 0.3, "recall": 0.5}, "tolerance": 0.01}
SPEC = parse_spec(make_spec(promote=RULE), "test")
OLD, NEW = "2025-01-01T00:00:00+00:00", "2025-02-01T00:00:00+00:00"


def judged(ap: float | None, recall: float = 0.9, naive: float = 0.2, champion: float | None = None, **more) -> dict:
    model = {"recall": recall} | ({} if ap is None else {"average_precision": ap})
    found = {"model": model, "baseline": {"average_precision": naive}, "champion_watermark": OLD, **more}
    return found if champion is None else found | {"champion": {"average_precision": champion}}


def lead(low: float, high: float) -> dict:
    return {"lead_low": low, "lead_high": high}


@pytest.mark.parametrize(
    ("evaluation", "watermark", "promoted", "reason"),
    [
        (judged(0.8), NEW, True, "The first that passes"),
        (judged(0.8, champion=0.7, difference=lead(0.02, 0.2)), OLD, True, "beyond noise"),
        (judged(0.8, champion=0.7, difference=lead(-0.02, 0.2)), OLD, False, "not better than .* beyond noise"),
        (judged(0.8, champion=0.7, difference=lead(-0.02, 0.2)), NEW, True, "Not worse .* from newer data"),
        (judged(0.8, champion=0.809, difference=lead(-0.1, 0.1)), NEW, True, "Not worse .* from newer data"),
        (judged(0.8, champion=0.809, difference=lead(-0.02, -0.001)), NEW, False, "worse than the champion's 0.809"),
        (judged(0.8, champion=0.82, difference=lead(-0.1, 0.1)), NEW, False, "worse than the champion's 0.820"),
        (judged(0.29), NEW, False, "Average precision is 0.290, below the required 0.3"),
        (judged(0.8, recall=0.1), NEW, False, "Recall is 0.100, below the required 0.5"),
        (judged(0.8, naive=0.8), NEW, False, "no better than the naive rule's"),
        (judged(None), NEW, False, "cannot be judged"),
        (judged(0.8, champion_unreadable="it is of old"), NEW, True, "it is of old"),
    ],
)
def test_a_version_takes_over_only_when_it_deserves_it(evaluation, watermark, promoted, reason):
    decision = decide(SPEC, evaluation, watermark)
    assert decision.promoted is promoted
    assert re.search(reason, decision.reason), decision.reason


def test_of_an_error_less_is_better():
    spec = SPEC.model_copy(update={"promote": SPEC.promote.model_copy(update={"metric": "brier", "at_least": {}})})
    model = {"model": {"brier": 0.1}, "baseline": {"brier": 0.2}}
    assert decide(spec, model, NEW).promoted
    assert not decide(spec, model | {"baseline": {"brier": 0.05}}, NEW).promoted
    limited = spec.model_copy(update={"promote": spec.promote.model_copy(update={"at_most": {"brier": 0.05}})})
    assert "Brier is 0.100, above the required 0.05" in decide(limited, model, NEW).reason


def rows(values: np.ndarray, blocks: int) -> pd.DataFrame:
    return pd.DataFrame({"value": values, "block": np.arange(len(values)) % blocks})


def mean(frame: pd.DataFrame, weight: np.ndarray) -> float:
    return float(np.average(frame["value"], weights=weight))


def test_a_lead_that_every_block_shows_is_beyond_noise_however_noisy_the_blocks_are():
    random = np.random.default_rng(1)
    values = np.repeat(random.normal(size=20), 1).astype(float)
    found = compare(mean, rows(values + 0.05, 20), rows(values, 20), 200, 0.95, 1)
    assert found["lead_low"] == pytest.approx(0.05)
    assert found["high"] - found["low"] > 0.3  # each alone is uncertain: pairing takes that out


def test_a_lead_that_comes_from_one_block_is_noise():
    values = np.zeros(20)
    lucky = values.copy()
    lucky[0] = 5.0
    found = compare(mean, rows(lucky, 20), rows(values, 20), 200, 0.95, 1)
    assert found["lead_low"] == 0


def test_rows_that_are_not_the_same_are_not_paired():
    assert "lead_low" not in compare(mean, rows(np.ones(20), 20), rows(np.ones(19), 19), 50, 0.95, 1)


def test_one_seed_gives_the_same_interval():
    values = rows(np.random.default_rng(2).normal(size=50), 10)
    assert compare(mean, values, None, 50, 0.95, 3) == compare(mean, values, None, 50, 0.95, 3)
