"""A parameter that no algorithm could take is refused before anything is read, in every task that has the algorithm."""

from __future__ import annotations

import pytest

from millwright.errors import MillwrightError
from ml.failure.estimators import DEFAULTS as OF_FAILURE
from ml.quality.estimators import DEFAULTS as OF_QUALITY
from ml.rul.estimators import DEFAULTS as OF_RUL
from ml.spec.load import parse_spec
from ml.spec.parameters import FAILURE, QUALITY, RUL

SPECS = {
    "failure": {"source": {"readings": "r.csv"}, "time": "t", "label": "y", "horizon": "24h", "split": {"gap": "24h"}},
    "rul": {"source": "r.csv", "time": "t", "entity": "u"},
    "quality": {"source": "r.csv", "label": "y", "split": {"by": "folds"}},
    "anomaly": {"source": "r.csv"},
    "forecast": {"source": "r.csv", "time": "t"},
}


def candidate(task: str, name: str, **fields):
    raw = {"name": "x", "task": task, "candidates": [{"name": name} | fields]}
    return parse_spec(raw | SPECS[task], "x.yml").candidates[0]


@pytest.mark.parametrize("task", ["failure", "rul", "quality"])
@pytest.mark.parametrize(
    ("parameter", "value", "expected"),
    [
        ("rounds", "ten", "a whole number from 1"),
        ("rounds", -3, "a whole number from 1"),
        ("rounds", True, "a whole number from 1"),
        ("eta", -1, "a number above 0 to 1"),
        ("eta", float("nan"), "a number above 0 to 1"),
        ("eta", "1e-3", "a number above 0 to 1; YAML takes this for a text: write 0.001"),
        ("max_depth", 3.5, "a whole number from 0"),
        ("subsample", 2, "a number above 0 to 1"),
        ("grow_policy", 5, "depthwise or lossguide"),
        ("grow_policy", "deep", "depthwise or lossguide"),
    ],
)
def test_a_value_of_xgboost_out_of_its_range_is_named_with_what_was_expected(task, parameter, value, expected):
    with pytest.raises(MillwrightError) as told:
        candidate(task, "xgboost", parameters={parameter: value})
    assert told.value.message == f"x.yml: candidates.0.parameters.{parameter} = {value!r}: expected {expected}."


@pytest.mark.parametrize(
    ("task", "name", "given", "said"),
    [
        ("quality", "xgboost", {"search": {"max_depth": [3, "deep"]}}, r"candidates\.0\.search\.max_depth = 'deep'"),
        ("quality", "xgboost", {"search": {"max_depth": []}}, r"search\.max_depth = \[\]: expected at least one value"),
        ("quality", "random_forest", {"parameters": {"trees": 0}}, "trees = 0: expected a whole number from 1"),
        (
            "quality",
            "random_forest",
            {"parameters": {"max_features": 5.5}},
            "5.5: expected a whole number from 1, a number above 0 to 1, sqrt, log2 or null",
        ),
        (
            "quality",
            "extra_trees",
            {"parameters": {"min_samples_leaf": 1.0}},
            "number from 1 or a number above 0 and below 1",
        ),
        ("failure", "random_forest", {"parameters": {"trees": 5}}, "no parameter 'trees'; it has .*n_estimators"),
        ("rul", "linear", {"parameters": {"rounds": 5}}, "linear has no parameter 'rounds'; it has penalty"),
        ("anomaly", "t2_q", {"parameters": {"explained": 85}}, "explained = 85: expected a number above 0 to 1"),
        ("anomaly", "robust_z", {"parameters": {"x": 1}}, "no parameter 'x'; it has none"),
        ("forecast", "nlinear", {"parameters": {"window": 1}}, "window = 1: expected a whole number from 2"),
        ("forecast", "dlinear", {"search": {"share": ["x"]}}, "share = 'x': expected channel, all or none"),
    ],
)
def test_searched_values_and_every_tasks_algorithms_are_held_to_the_table_too(task, name, given, said):
    with pytest.raises(MillwrightError, match=said):
        candidate(task, name, **given)


@pytest.mark.parametrize(("tables", "defaults"), [(FAILURE, OF_FAILURE), (RUL, OF_RUL), (QUALITY, OF_QUALITY)])
def test_what_is_taken_when_nothing_is_given_lies_in_the_table(tables, defaults):
    assert set(tables) == set(defaults)
    for name, values in defaults.items():
        for parameter, value in values.items():
            assert any(one.holds(value) for one in tables[name][parameter]), (name, parameter)


def test_words_whole_numbers_and_null_are_taken_where_they_mean_something():
    for value in (0.4, 1, 7, "sqrt", None):
        assert (
            candidate("quality", "extra_trees", parameters={"max_features": value}).parameters["max_features"] == value
        )
