"""Task quality from a CSV file to predictions."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from millwright.errors import MillwrightError
from ml.data import Data
from ml.quality.data import CLASS, TIME
from ml.quality.task import TASK
from ml.spec.load import parse_spec
from tests.ml.quality.pieces import CLASSES, spec_of, table


@pytest.fixture(
    scope="module", params=[{"by": "time"}, {"by": "folds", "folds": 3, "inner_folds": 2}], ids=["time", "folds"]
)
def trained(request, tmp_path_factory):
    spec = spec_of(tmp_path_factory.mktemp("pieces"), split=request.param)
    data = TASK.read(spec)
    return spec, data, TASK.fit(data, spec)


def test_it_is_better_than_the_most_frequent_class(trained):
    spec, data, model = trained
    metrics, (rule, naive) = TASK.evaluate(model, data, spec).metrics, TASK.baseline(data, spec)
    assert metrics["accuracy"] > 0.9 > naive.metrics["accuracy"] + 0.1
    assert metrics["macro_f1"] > 0.85
    assert metrics["log_loss"] < naive.metrics["log_loss"] / 2
    assert metrics["cost"] == pytest.approx(1 - metrics["accuracy"])
    assert rule == "the most frequent class"


def test_two_runs_give_the_same_bytes_and_the_loaded_model_says_the_same(trained, tmp_path):
    spec, data, model = trained
    model.save(tmp_path / "one")
    TASK.fit(data, spec).save(tmp_path / "two")
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name
    again = TASK.load(tmp_path / "one")
    assert TASK.evaluate(again, data, spec).metrics == TASK.evaluate(model, data, spec).metrics


def test_one_piece_is_answered_as_in_batch_with_its_reason(trained):
    _, data, model = trained
    frame = data.frames["pieces"]
    features = frame[[*data.about["numbers"], *data.about["names"]]]
    batch = model.answer(features)
    hot = int(frame["heat"].to_numpy().argmax())
    one = model.answer(features.iloc[[hot]])
    assert one.iloc[0].tolist() == batch.iloc[hot].tolist()
    assert one["predicted"][0] == "Reject"
    assert json.loads(one["factors"][0])[0]["feature"] == "heat"
    assert json.loads(one["factors"][0])[0]["value"] == frame["heat"].max()


def test_predictions_are_of_the_newest_pieces_with_the_class_that_is_told(trained):
    spec, data, model = trained
    said = TASK.predict(model, data, spec)
    assert len(said) == 24
    assert said["inspection_id"].str.startswith("s").all()
    assert ((said["result"] == CLASSES[0]) == (~said["predicted"])).all()
    assert set(said["result"]) <= set(CLASSES)
    assert all(set(one) == set(CLASSES) for one in said["probabilities"])
    assert said["defect_probability"].between(0, 1).all()


def test_new_pieces_need_no_verdict_and_no_ignored_column_but_every_feature(tmp_path):
    split = {"by": "folds", "folds": 3, "inner_folds": 2}
    spec = spec_of(tmp_path, split=split, ignore=["noise"])
    model = TASK.fit(TASK.read(spec), spec)
    whole = TASK.predict(model, TASK.read(spec, newest=True), spec)

    def predicted(frame):
        frame.to_csv(tmp_path / "pieces.csv", index=False)
        return TASK.predict(model, TASK.read(spec, newest=True), spec)

    pd.testing.assert_frame_equal(predicted(table().drop(columns=["verdict", "noise"])), whole)
    assert len(predicted(table().assign(heat=np.nan))) == len(whole)  # a missing value is no missing column
    with pytest.raises(MillwrightError, match=r"no column of numbers 'heat', 'hardness'.*There are: none"):
        predicted(table().drop(columns=["heat", "hardness"]))
    with pytest.raises(MillwrightError, match=r"no column 'product', which the model has learned from.*heat, hardness"):
        predicted(table().drop(columns="product"))
    table().drop(columns="verdict").to_csv(tmp_path / "pieces.csv", index=False)
    with pytest.raises(MillwrightError, match="has no column 'verdict'"):
        TASK.read(spec)


def test_the_metric_of_promotion_counts_pieces_by_their_weight(trained):
    spec, data, model = trained
    judged = TASK.evaluate(model, data, spec)
    assert TASK.score(judged.rows, np.ones(len(judged.rows)), spec) == judged.metrics["accuracy"]
    wrong = (judged.rows["truth"] != judged.rows["told"]).to_numpy()
    assert TASK.score(judged.rows, np.where(wrong, 0.0, 1.0), spec) == 1.0


def test_plots_are_drawn(trained, tmp_path):
    spec, data, model = trained
    TASK.plots(model, data, TASK.evaluate(model, data, spec), tmp_path)
    assert {"confusion.png", "calibration.png"} < {path.name for path in tmp_path.glob("*.png")}


def _with_classes(data, order):
    frame = data.frames["pieces"].copy()
    frame[CLASS] = frame[CLASS].to_numpy()[order]
    return Data({"pieces": frame}, data.watermark, data.about)


def test_permuted_classes_give_chance(trained):
    spec, data, _ = trained
    mixed = _with_classes(data, np.random.default_rng(2).permutation(data.rows))
    metrics = TASK.evaluate(TASK.fit(mixed, spec), mixed, spec).metrics
    assert metrics["roc_auc"] == pytest.approx(0.5, abs=0.12)
    assert metrics["accuracy"] <= TASK.baseline(mixed, spec)[1].metrics["accuracy"] + 0.05


def test_pieces_of_the_test_part_teach_nothing(trained):
    spec, data, model = trained
    if spec.split.by != "time":
        pytest.skip("each piece of k folds teaches the other folds")
    frame = data.frames["pieces"].copy()
    later = frame[TIME] >= frame[TIME].min() + 0.8 * (frame[TIME].max() - frame[TIME].min())
    frame.loc[later, CLASS] = "Reject"
    frame.loc[later, "heat"] = 0.0
    other = TASK.fit(Data({"pieces": frame}, data.watermark, data.about), spec)
    asked = data.frames["pieces"]
    assert np.array_equal(other.probability(asked), model.probability(asked))


def test_costs_turn_the_decision(tmp_path):
    data = TASK.read(spec := spec_of(tmp_path))
    dear = spec_of(tmp_path, costs={"Reject": 50})
    plain, careful = (TASK.evaluate(TASK.fit(data, one), data, dear) for one in (spec, dear))
    rejects = careful.rows["truth"] == 2
    assert (careful.rows["told"] == 2).sum() >= (plain.rows["told"] == 2).sum()
    assert (careful.rows.loc[rejects, "told"] == 2).mean() == 1.0


def test_a_cost_of_no_class_is_refused_and_a_class_may_be_a_number(tmp_path):
    with pytest.raises(MillwrightError, match=r"costs names 'Broken'.*There are: Good, Minor, Reject"):
        TASK.read(spec_of(tmp_path, classes=[], costs={"Broken": 3}))
    frame = table(200).replace({"verdict": {"Good": 0, "Minor": 1, "Reject": 1}})
    spec = spec_of(tmp_path, frame, classes=[], costs={1: 10})
    assert spec.costs == {"1": 10}
    assert TASK.read(spec).about["classes"] == ["0", "1"]


@pytest.mark.parametrize("values", [[0, 1], [-1, 1], [1.0, 2.0], [True, False], ["ok", "nok"]])
def test_classes_may_be_of_any_kind(tmp_path, values):
    frame = table(200)
    good, bad = values
    frame["verdict"] = [good if verdict == "Good" else bad for verdict in frame["verdict"]]
    spec = spec_of(tmp_path, frame, classes=[], ignore=["serial"], inspection=None, split={"by": "folds", "folds": 3})
    data = TASK.read(spec)
    assert len(data.about["classes"]) == 2
    assert TASK.evaluate(TASK.fit(data, spec), data, spec).metrics["f1"] > 0.7


def test_a_class_of_one_piece_breaks_nothing_and_is_told(tmp_path, caplog):
    frame = table(200)
    frame.loc[0, "verdict"] = "Odd"
    spec = spec_of(tmp_path, frame, classes=[], split={"by": "folds", "folds": 3, "inner_folds": 2})
    data = TASK.read(spec)
    assert TASK.evaluate(TASK.fit(data, spec), data, spec).metrics["accuracy"] > 0.8
    assert "Class Odd has a single piece" in caplog.text


def test_a_column_that_names_single_pieces_is_no_feature(tmp_path):
    data = TASK.read(spec_of(tmp_path, inspection=None))
    assert data.about["left_out"] == ["serial"]
    assert data.about["names"] == ["product"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"candidates": [{"name": "xgboost", "parameters": {"depth": 3}}]}, "has no parameter 'depth'"),
        ({"candidates": [{"name": "svm"}]}, "'xgboost'"),
        ({"time": None}, "a split by time needs time"),
        ({"costs": {"Broken": 3}}, "costs names 'Broken'"),
        ({"promote": {"metric": "mae"}}, "accuracy"),
    ],
)
def test_a_wrong_spec_is_told_by_field_value_and_what_was_expected(changes, said):
    raw = {"name": "x", "task": "quality", "source": "x.csv", "time": "t", "label": "y", "classes": ["a", "b"]}
    with pytest.raises(MillwrightError) as told:
        parse_spec(raw | {"candidates": [{"name": "xgboost"}]} | changes, "x.yml")
    assert said in str(told.value)


def test_a_class_that_is_not_there_is_named_with_those_that_are(tmp_path):
    with pytest.raises(MillwrightError) as told:
        TASK.read(spec_of(tmp_path, classes=["Good", "Awful"]))
    assert "'Awful'" in str(told.value)
    assert "Good, Minor, Reject" in str(told.value)


def test_it_is_said_why_nothing_can_be_learned(tmp_path):
    spec = spec_of(tmp_path, table(20))
    assert "20 pieces" in TASK.too_little(TASK.read(spec), spec)
    frame = table(100)
    frame["verdict"] = "Good"
    spec = spec_of(tmp_path, frame, classes=[])
    assert "are Good" in TASK.too_little(TASK.read(spec), spec)
