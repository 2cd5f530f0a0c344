"""Forecasts of a small hall's machines, from a file to what is written of the days to come."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.data import Data
from ml.forecast.predict import features
from ml.forecast.read import panel
from ml.forecast.task import TASK
from ml.spec.load import parse_spec
from tests.ml.forecast.hall import make_spec, readings


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("hall") / "hall.csv"
    readings().to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def trained(path):
    spec = parse_spec(make_spec(path), "test")
    data = TASK.read(spec)
    assert TASK.too_little(data, spec) == ""
    return spec, data, TASK.fit(data, spec)


def test_the_daily_wave_is_foretold_and_the_intervals_hold(trained):
    spec, data, model = trained
    judged = TASK.evaluate(model, data, spec)
    rule, naive = TASK.baseline(data, spec)
    assert judged.metrics["mae"] < 0.9 * naive.metrics["mae"], rule
    assert judged.metrics["coverage_80"] == pytest.approx(0.80, abs=0.05)
    assert judged.metrics["coverage_95"] == pytest.approx(0.95, abs=0.03)
    temperature = judged.rows[judged.rows["channel"] == "temperature"]
    assert temperature["relative"].sum() / temperature["relative_n"].sum() < 0.02


def test_each_series_has_its_own_way_and_a_trend_that_does_not_beat_the_mean_says_so(trained):
    _, _, model = trained
    ways = {name: model.ways[number].name for name, number in zip(model.series, model.chosen, strict=True)}
    assert {ways[f"m{machine}", "temperature"] for machine in range(3)} == {"nlinear"}
    assert {ways[f"m{machine}", "load"] for machine in range(3)} == {"mean"}
    assert "the straight trend does not beat the mean" in model.described["note_trend"]


def test_what_comes_after_an_origin_changes_nothing_that_was_told_before(trained):
    spec, data, model = trained
    whole = data.frames["readings"]
    cut = sorted(whole["time"].unique())[-100]
    later = (whole["time"] >= cut).to_numpy()
    changed = whole.copy()
    random = np.random.default_rng(0)
    for channel in data.about["channels"]:
        changed.loc[later, channel] = random.permutation(changed.loc[later, channel].to_numpy())
    known, other = panel(data), panel(Data({"readings": changed}, data.watermark, data.about))
    origins = np.array([known.position(cut) - 30, known.position(cut)])
    np.testing.assert_array_equal(model.forecast(known, origins), model.forecast(other, origins))
    train_only = TASK.fit(Data({"readings": changed}, data.watermark, data.about), spec)
    np.testing.assert_array_equal(train_only.bands.upper, model.bands.upper)  # all of it lies in the test part


def test_intervals_of_an_origin_do_not_hang_on_what_came_after_it(trained):
    spec, data, model = trained
    whole = data.frames["readings"]
    moments = sorted(whole["time"].unique())
    cut = moments[-60]
    early = Data({"readings": whole[whole["time"] < cut]}, data.watermark, data.about)
    before = features(model, panel(early))
    now = TASK.predict(model, early, spec)
    assert (now["upper"] > now["lower"]).all()
    changed = whole.copy()
    changed.loc[changed["time"] >= cut, "temperature"] += 1000
    again = features(model, panel(Data({"readings": changed[changed["time"] < cut]}, data.watermark, data.about)))
    pd.testing.assert_frame_equal(before, again)


def test_a_row_alone_is_told_what_the_batch_is_told(trained):
    spec, data, model = trained
    rows = features(model, panel(data))
    many = model.answer(rows)
    one = model.answer(rows.iloc[[3]])
    assert one.iloc[0].tolist() == many.iloc[3].tolist()
    told = TASK.predict(model, data, spec)
    mine = told[(told["equipment_id"] == rows["entity"][3]) & (told["channel"] == rows["channel"][3])]
    assert mine["value"].tolist() == [many[f"value_{step}"][3] for step in range(1, 25)]
    assert mine["upper_95"].tolist() == [many[f"upper_95_{step}"][3] for step in range(1, 25)]


def test_what_is_written_is_one_row_a_machine_channel_and_hour_with_the_crossing_that_comes(trained):
    spec, data, model = trained
    told = TASK.predict(model, data, spec)
    assert not told.duplicated(["equipment_id", "channel", "forecast_time"]).any()
    assert len(told) == 3 * 2 * 24
    assert told["forecast_time"].min() == pd.Timestamp(data.watermark) + pd.Timedelta(hours=1)
    hot = told[(told["equipment_id"] == "m2") & (told["channel"] == "temperature")]
    assert set(hot["crossing_severity"]) == {"warning"}
    assert set(hot["crossing_limit"]) == {64.0}
    assert hot["crossing_probability"].is_monotonic_increasing
    first = hot.loc[hot["value"] > 64.0, "forecast_time"].min()
    assert abs(hot["crossing_time"].iloc[0] - first) <= pd.Timedelta(hours=2)
    assert told.loc[told["channel"] == "load", "crossing_probability"].isna().all()


def test_two_trainings_give_the_same_bytes_and_what_is_loaded_says_the_same(trained, tmp_path):
    spec, data, model = trained
    model.save(tmp_path / "a")
    TASK.fit(data, spec).save(tmp_path / "b")
    for name in ("model.json", "arrays.npz"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    loaded = TASK.load(tmp_path / "a")
    pd.testing.assert_frame_equal(TASK.predict(loaded, data, spec), TASK.predict(model, data, spec))
    assert len(loaded.answer(loaded.example)) == 3


def test_the_bootstrap_score_of_all_rows_is_the_metric(trained):
    spec, data, model = trained
    judged = TASK.evaluate(model, data, spec)
    assert TASK.score(judged.rows, np.ones(len(judged.rows)), spec) == -judged.metrics["mae"]
    assert judged.rows["block"].nunique() >= 5


def test_a_machine_that_the_model_does_not_know_is_told_its_last_value(trained):
    spec, data, model = trained
    renamed = data.frames["readings"].replace({"entity": {"m1": "new"}})
    judged = TASK.evaluate(model, Data({"readings": renamed}, data.watermark, data.about), spec)
    assert len(judged.rows) == len(TASK.evaluate(model, data, spec).rows)
    told = TASK.predict(model, Data({"readings": renamed}, data.watermark, data.about), spec)
    assert set(told["equipment_id"]) == {"m0", "m2"}


def test_metrics_in_deviations_do_not_hang_on_the_unit(path, trained):
    spec, data, model = trained
    in_deviations = spec.model_copy(update={"standardise": True})
    metrics = TASK.evaluate(model, data, in_deviations).metrics
    scaled = data.frames["readings"].assign(temperature=lambda f: f["temperature"] * 1000)
    other = Data({"readings": scaled}, data.watermark, data.about)
    assert TASK.evaluate(TASK.fit(other, spec), other, in_deviations).metrics["mae"] == pytest.approx(metrics["mae"])


def test_plots_are_drawn(trained, tmp_path):
    spec, data, model = trained
    TASK.plots(model, data, TASK.evaluate(model, data, spec), tmp_path)
    names = ["backtest.png", "candidates.png", "coverage.png", "residuals.png"]
    assert sorted(path.name for path in tmp_path.glob("*.png")) == names


def test_too_little_says_so(trained):
    spec, data, _ = trained
    few = Data({"readings": data.frames["readings"].head(8)}, data.watermark, data.about)
    assert "are needed" in TASK.too_little(few, spec)


@pytest.mark.parametrize("name", ["auto_ets", "auto_arima", "prophet"])
def test_a_model_a_series_is_kept_in_its_own_words_and_says_the_same_when_loaded(path, tmp_path, name):
    candidates = [{"name": name, "parameters": {"history": 120}}]
    spec = parse_spec(
        make_spec(path, candidates=candidates, channels=["temperature"], backtests=1, backtest_share=0.2), "test"
    )
    data = TASK.read(spec)
    small = Data({"readings": data.frames["readings"][lambda f: f["entity"] == "m0"]}, data.watermark, data.about)
    model = TASK.fit(small, spec)
    assert model.described["chosen"].startswith(name)
    model.save(tmp_path)
    known = panel(small)
    origins = np.array([len(known.index) - 24, len(known.index)])
    told = model.forecast(known, origins)
    np.testing.assert_array_equal(TASK.load(tmp_path).forecast(known, origins), told)
    came = known.values[-24:, 0]
    assert np.nanmean(np.abs(told[0, :, 0] - came)) < 6
    rows = features(model, known)
    assert model.answer(rows).filter(regex="^value").iloc[0].to_numpy() == pytest.approx(told[1, :, 0], abs=1e-9)


def test_models_a_series_are_left_out_of_many_series_and_it_says_so(path):
    candidates = [{"name": "mean"}, {"name": "prophet", "parameters": {"most_series": 2}}]
    spec = parse_spec(make_spec(path, candidates=candidates), "test")
    model = TASK.fit(TASK.read(spec), spec)
    assert model.described["note_prophet"] == "left out: 6 series, and its most_series is 2"
