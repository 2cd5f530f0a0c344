"""The remaining life of engines that run to failure, from files to predictions."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from millwright.errors import MillwrightError
from ml.data import Data
from ml.rul.examples import judged_rows, left, units
from ml.rul.features import build
from ml.rul.task import TASK
from ml.spec.load import parse_spec
from ml.spec.source import Source
from tests.ml.rul.engines import make_spec, write


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("engines")
    write(path)
    return path


@pytest.fixture(scope="module")
def trained(folder):
    spec = parse_spec(make_spec(folder), "test")
    data = TASK.read(spec)
    assert TASK.too_little(data, spec) == ""
    return spec, data, TASK.fit(data, spec)


def test_the_last_row_of_each_stopped_unit_is_judged_against_the_file_of_truth(trained, folder):
    spec, data, model = trained
    judged = TASK.evaluate(model, data, spec)
    truth = np.minimum(np.loadtxt(folder / "RUL.txt"), spec.cap)
    assert judged.rows["life"].tolist() == truth.tolist()
    rule, naive = TASK.baseline(data, spec)
    assert judged.metrics["rmse"] < 0.7 * naive.metrics["rmse"], rule
    assert judged.metrics["coverage_80"] >= 0.5
    assert judged.metrics["coverage_95"] >= judged.metrics["coverage_80"]
    assert {"mae", "nasa_score", "r2", "rmse_not_capped"} <= set(judged.metrics)


def test_without_test_files_units_are_drawn_and_all_their_rows_are_judged(folder):
    spec = parse_spec(make_spec(folder, test_source=None, test_truth=None, candidates=[{"name": "linear"}]), "test")
    data = TASK.read(spec)
    parts = units(data, spec)
    assert not set(parts.train) & set(parts.test)
    assert len(parts.test) == 6
    judged = TASK.evaluate(TASK.fit(data, spec), data, spec)
    assert set(judged.rows["block"]) == set(parts.test)
    assert 0.6 < judged.metrics["coverage_80"] < 0.97


def test_the_future_of_a_unit_changes_no_feature_of_its_past(trained):
    _, data, model = trained
    readings = data.frames["readings"]
    changed = readings.copy()
    late = (readings.groupby("entity").cumcount() >= 20).to_numpy()
    random = np.random.default_rng(0)
    for channel in data.about["channels"]:
        changed.loc[late, channel] = random.permutation(changed.loc[late, channel].to_numpy())
    before, after = model.features(readings)[~late], model.features(changed)[~late]
    pd.testing.assert_frame_equal(before, after)
    assert not model.features(readings).equals(model.features(changed))


def test_one_row_is_told_what_it_is_told_among_many(trained):
    _, data, model = trained
    table = model.features(data.frames["stopped"])
    many = model.answer(table)
    one = model.answer(table.iloc[[17]])
    assert one.iloc[0].tolist() == many.iloc[17].tolist()


@pytest.mark.parametrize("name", ["linear", "xgboost", "random_forest"])
def test_two_trainings_give_the_same_bytes_and_what_is_loaded_says_the_same(folder, tmp_path, name):
    parameters = {"xgboost": {"rounds": 5}, "random_forest": {"n_estimators": 3}}.get(name, {})
    spec = parse_spec(make_spec(folder, candidates=[{"name": name, "parameters": parameters}]), "test")
    data = TASK.read(spec)
    for place in ("a", "b"):
        model = TASK.fit(data, spec)
        model.save(tmp_path / place)
    written = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    assert written == {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}
    table = model.features(data.frames["stopped"])
    pd.testing.assert_frame_equal(TASK.load(tmp_path / "a").answer(table), model.answer(table))
    assert np.isfinite(TASK.predict(model, data, spec)["value"]).all()


def test_a_prediction_is_one_row_a_unit_with_reasons(trained):
    spec, data, model = trained
    told = TASK.predict(model, data, spec)
    assert told["equipment_id"].tolist() == [str(unit) for unit in range(1, 13)]
    assert ((told["lower"] <= told["value"]) & (told["value"] <= told["upper"])).all()
    assert set(told["unit"]) == {"cycle"}
    json.dumps(told["factors"].tolist(), allow_nan=False)


def test_units_in_service_need_neither_truth_nor_label_but_every_channel(trained, folder, tmp_path):
    spec, data, model = trained
    service = spec.model_copy(update={"test_truth": None, "label": "left"})
    pd.testing.assert_frame_equal(
        TASK.predict(model, TASK.read(service, newest=True), service), TASK.predict(model, data, spec)
    )
    (tmp_path / "few.csv").write_text("unit,cycle,setting_1,s1\n1,1,0.1,600\n")
    few = service.model_copy(update={"test_source": Source(path=(str(tmp_path / "few.csv"),))})
    with pytest.raises(MillwrightError, match=r"few\.csv has no column of numbers 's2', 's3'.*setting_1, s1"):
        TASK.predict(model, TASK.read(few, newest=True), few)
    with pytest.raises(MillwrightError, match="has no column 'left'"):
        TASK.read(service)


def test_plots_are_drawn(trained, tmp_path):
    spec, data, model = trained
    TASK.plots(model, data, TASK.evaluate(model, data, spec), tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["importance.png", "predicted.png", "residuals.png"]


def test_a_file_of_truth_that_does_not_fit_the_units_is_refused(folder, tmp_path):
    (tmp_path / "short.txt").write_text("5\n6\n")
    truth = {"path": str(tmp_path / "short.txt"), "separator": "whitespace", "columns": ["left"]}
    with pytest.raises(MillwrightError, match=r"has 2 rows, and test_source 12 units"):
        TASK.read(parse_spec(make_spec(folder, test_truth=truth), "test"))


def test_a_truth_below_nothing_or_of_no_units_is_refused(folder, tmp_path):
    (tmp_path / "below.txt").write_text("\n".join(["5"] * 11 + ["-3"]))
    truth = {"path": str(tmp_path / "below.txt"), "columns": ["left"]}
    with pytest.raises(MillwrightError, match=r"column 'left' = -3: a remaining life from 0"):
        TASK.read(parse_spec(make_spec(folder, test_truth=truth), "test"))
    with pytest.raises(MillwrightError, match="test_truth needs test_source"):
        parse_spec(make_spec(folder, test_source=None), "test")


def test_too_few_units_say_so(folder):
    spec = parse_spec(make_spec(folder, split={"by": "entity", "test": ["1"]}), "test")
    data = TASK.read(spec)
    few = data.frames["readings"][data.frames["readings"]["entity"].isin(["1", "2"])]
    said = TASK.too_little(Data({**data.frames, "readings": few}, data.watermark, data.about), spec)
    assert "Only 2 units" in said


def test_the_life_left_is_capped_and_a_label_goes_before_the_last_row():
    readings = pd.DataFrame({"entity": ["a", "a", "b"], "time": [1.0, 4.0, 9.0]})
    assert left(readings, None).tolist() == [3, 0, 0]
    assert left(readings.assign(label=[8.0, 5.0, 2.0]), 6).tolist() == [6, 5, 2]


def test_rows_of_one_unit_do_not_touch_those_of_another():
    readings = pd.DataFrame({"entity": ["a", "a", "b"], "time": [1.0, 2.0, 5.0], "x": [1.0, 3.0, 100.0]})
    table = build(readings, ["x"], (2,))
    assert table["x_mean_2"].tolist() == [1, 2, 100]
    assert table["age"].tolist() == [0, 1, 0]


def test_stopped_units_without_truth_are_judged_by_their_label(folder):
    spec = parse_spec(make_spec(folder, test_truth=None), "test")
    readings, judged, truth = judged_rows(TASK.read(spec), spec)
    assert judged.all()
    assert len(truth) == len(readings)


@pytest.mark.parametrize("windows", [[0], [-5, 20]])
def test_a_window_of_no_rows_is_refused(folder, windows):
    with pytest.raises(MillwrightError, match=r"windows\.0 = (0|-5): "):
        parse_spec(make_spec(folder, windows=windows), "test")
