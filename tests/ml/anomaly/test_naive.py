"""What a model has to beat, and when it is unfit whatever it beats."""

from __future__ import annotations

import pytest

from ml.anomaly.task import TASK
from ml.registry.promote import decide
from ml.spec.load import parse_spec
from tests.ml.anomaly.machines import FAULT, ROWS, plant

RAW = {"name": "x", "task": "anomaly", "source": "x.csv", "time": "t", "label": "bad", "candidates": [{"name": "mset"}]}


def _decided(metrics, promote=None):
    spec = parse_spec(RAW | ({"promote": promote} if promote else {}), "x.yml")
    evaluation = {"model": {"f1": 0.8, "shift_recall": 0.8, "test_rows": 5000.0} | metrics, "baseline": {"f1": 0.1}}
    return decide(spec, evaluation, "2025-01-01")


def test_where_deviations_say_nothing_an_alarm_that_never_ends_is_the_rule_to_beat(tmp_path):
    spec = plant(tmp_path, split={"by": "rows", "train": FAULT[0] - 20}, ignore=["pressure", "oil"])
    rule, judged = TASK.baseline(TASK.read(spec), spec)
    bad, all_rows = FAULT[1] - FAULT[0], ROWS - FAULT[0] + 20
    assert rule == "always an alarm"
    assert judged.metrics["f1"] == pytest.approx(2 * bad / (bad + all_rows))
    assert judged.metrics["false_positive_rate"] == 1


@pytest.mark.parametrize("metric", ["recall", "far", "shift_recall"])
def test_by_a_metric_that_knows_no_false_alarm_it_is_not(tmp_path, metric):
    spec = plant(tmp_path, machines=1, promote={"metric": metric})
    assert "3 deviations" in TASK.baseline(TASK.read(spec), spec)[0]


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ({"false_positive_rate": 1.0}, "100.0% are called anomalies where 5.0% were asked for"),
        ({"false_positive_rate": 0.3, "anomalous_rows": 500.0}, "no chance"),
        ({"false_positive_rate": 0.02, "roc_auc": 0.4}, "below 0.5: anomalies score lower"),
    ],
)
def test_a_useless_version_is_refused_whatever_it_beats(metrics, said):
    decision = _decided(metrics)
    assert not decision.promoted
    assert said in decision.reason


@pytest.mark.parametrize(
    ("metrics", "promote"),
    [
        ({"false_positive_rate": 0.15, "roc_auc": 0.9}, None),
        ({"false_positive_rate": 0.4, "test_rows": 100.0}, None),  # five rows of their own: chance
        ({"false_positive_rate": 0.4}, {"metric": "f1", "at_most": {"false_positive_rate": 0.5}}),
        ({"roc_auc": 0.48}, {"metric": "f1", "at_least": {"roc_auc": 0.45}}),
    ],
)
def test_it_is_not_where_chance_or_the_spec_allows_it(metrics, promote):
    assert _decided(metrics, promote).promoted
