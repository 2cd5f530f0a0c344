"""Task anomaly from a CSV file to predictions."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter

from millwright.errors import MillwrightError
from ml.anomaly.data import LABEL, MACHINE, NORMAL, TIME, parts
from ml.anomaly.task import TASK
from ml.data import Data
from ml.spec.load import parse_spec
from tests.ml.anomaly.machines import FAULT, machine, plant, write_spec


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    spec = plant(tmp_path_factory.mktemp("plant"))
    data = TASK.read(spec)
    return spec, data, TASK.fit(data, spec)


def test_the_fault_is_found_and_normal_rows_are_left_alone(trained):
    spec, data, model = trained
    metrics = TASK.evaluate(model, data, spec).metrics
    assert metrics["f1"] > 0.85
    assert metrics["far"] == metrics["false_positive_rate"] < 0.12
    assert TASK.baseline(data, spec)[1].metrics["f1"] < metrics["f1"]


def test_a_fault_that_builds_up_is_found_where_the_channel_comes_back_by_itself(tmp_path):
    values = 60 + lfilter([1], [1, -0.95], np.random.default_rng(1).normal(size=6000))
    values[5000:5400] += np.minimum(np.arange(400) * 0.1, 25)
    frame = pd.DataFrame({"bearing": values, "bad": 0})
    frame.loc[5000:5399, "bad"] = 1
    frame.to_csv(tmp_path / "plant.csv", index=False)
    spec = write_spec(tmp_path, entity=None, time=None, split={"by": "rows", "train": 3000})
    data = TASK.read(spec)
    metrics = TASK.evaluate(TASK.fit(data, spec), data, spec).metrics
    assert metrics["f1"] > 0.7
    assert metrics["far"] < 0.06
    followed = TASK.evaluate(_followed(TASK.fit(data, spec)), data, spec).metrics
    assert followed["shift_recall"] < 0.7 * metrics["shift_recall"]  # seen without labels too


def _followed(model):
    """The same model, with levels that follow."""
    (machine, reference), *_ = model.normal.references.items()
    rates = np.full_like(reference.rates, 0.2)
    return replace(model, normal=replace(model.normal, references={machine: replace(reference, rates=rates)}))


def test_the_channel_behind_an_anomaly_is_named_with_what_was_expected(trained):
    spec, data, model = trained
    frame = data.frames["readings"]
    frame = frame[frame.groupby(MACHINE).cumcount() < FAULT[0] + 50].reset_index(drop=True)
    said = TASK.predict(model, Data({"readings": frame}, None, data.about), spec)
    last = said[said["event_time"] == said["event_time"].max()]
    machine, channel = last[last["channel"].isna()], last[last["channel"] == "pressure"]
    assert machine["is_anomaly"].all()
    assert len(machine) == len(channel) == 3
    assert (channel["expected"] - 100).abs().max() < 1.5
    assert all(found[0]["feature"] == "pressure" for found in machine["factors"])


def test_as_many_normal_rows_are_called_anomalies_as_was_asked(trained):
    spec, data, model = trained
    judged = TASK.evaluate(model, data, spec).rows
    quiet = judged[(judged["truth"] == 0) & ~judged["shifted"]]
    assert (quiet["score"] >= 0.8).mean() < 0.35
    assert ((quiet["score"] >= 0) & (quiet["score"] <= 1)).all()


def test_what_comes_later_changes_no_score(trained):
    _, data, model = trained
    frame = data.frames["readings"]
    at = frame.groupby(MACHINE).cumcount().to_numpy()
    changed = frame.copy()
    changed.loc[at >= 650, list(data.about["channels"])] = 0.0
    for (_, before), (_, after) in zip(model.see(frame).values(), model.see(changed).values(), strict=True):
        assert np.array_equal(before.score[:650], after.score[:650])


def test_labels_and_test_rows_teach_nothing(trained):
    spec, data, model = trained
    frame = data.frames["readings"].copy()
    random = np.random.default_rng(0)
    frame[LABEL] = random.permutation(frame[LABEL].to_numpy())
    tested = (parts(frame, spec) == "test").to_numpy()
    frame.loc[tested, "pressure"] = 1e6
    other = TASK.fit(Data({"readings": frame}, data.watermark, data.about), spec)
    assert other.described == model.described
    _, seen = model.see(data.frames["readings"])["u0"]
    assert np.array_equal(other.see(data.frames["readings"])["u0"][1].score, seen.score)


def test_permuted_labels_give_chance(trained):
    spec, data, model = trained
    frame = data.frames["readings"].copy()
    frame[LABEL] = np.random.default_rng(1).permutation(frame[LABEL].to_numpy())
    metrics = TASK.evaluate(model, Data({"readings": frame}, data.watermark, data.about), spec).metrics
    assert metrics["roc_auc"] == pytest.approx(0.5, abs=0.1)


def test_two_runs_give_the_same_bytes_and_the_loaded_model_says_the_same(trained, tmp_path):
    spec, data, model = trained
    model.save(tmp_path / "one")
    TASK.fit(data, spec).save(tmp_path / "two")
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name
    again = TASK.load(tmp_path / "one")
    assert TASK.evaluate(again, data, spec).metrics == TASK.evaluate(model, data, spec).metrics


def test_rows_as_they_come_are_answered_as_in_batch(trained):
    _, data, model = trained
    frame = data.frames["readings"]
    part = frame[frame[MACHINE] == "u1"]
    rows = part[list(data.about["channels"])].assign(unit="u1", at=part[TIME])
    answer = model.answer(rows)
    assert np.array_equal(answer["score"].to_numpy(), model.see(frame)["u1"][1].score)
    assert json.loads(answer["factors"].iloc[650])[0]["feature"] == "pressure"
    assert model.answer(rows.assign(unit="never seen"))["score"].isna().all()


def test_the_metric_of_promotion_counts_rows_by_their_weight(trained):
    spec, data, model = trained
    rows = TASK.evaluate(model, data, spec).rows
    whole = TASK.score(rows, np.ones(len(rows)), spec)
    assert whole == pytest.approx(TASK.evaluate(model, data, spec).metrics["f1"])
    missed = (rows["truth"] == 1) & ~rows["flagged"]
    assert TASK.score(rows, np.where(missed, 5.0, 1.0), spec) < whole


def test_plots_are_drawn(trained, tmp_path):
    spec, data, model = trained
    TASK.plots(model, data, TASK.evaluate(model, data, spec), tmp_path)
    names = {path.name for path in tmp_path.glob("*.png")}
    assert {"scores.png", "calibration.png", "channels.png"} < names


def test_rows_around_events_are_not_learned_and_are_the_anomalies(tmp_path):
    plant(tmp_path, machines=1)
    (tmp_path / "failures.csv").write_text("unit,when\nu0,2025-01-01 05:00:00\n")
    around = {"source": str(tmp_path / "failures.csv"), "time": "when", "before": "30min", "after": "10min"}
    data = TASK.read(write_spec(tmp_path, label=None, ignore=["bad"], abnormal=around))
    frame = data.frames["readings"]
    assert frame[~frame[NORMAL]].index.tolist() == list(range(270, 311))
    assert (frame[LABEL] == (~frame[NORMAL]).astype(float)).all()


def test_only_rows_of_the_states_that_the_spec_names_are_learned(tmp_path):
    spec = plant(tmp_path, machines=1, normal={"bad": [0]}, split={"by": "time", "train_share": 0.95})
    data = TASK.read(spec)
    assert TASK.fit(data, spec).described["train_rows"] == int(0.95 * 799) + 1 - 100


def test_one_model_of_all_machines_judges_one_that_is_new(tmp_path):
    spec = plant(tmp_path, machines=2, pooled=True, ignore=["oil"])
    data = TASK.read(spec)
    model = TASK.fit(data, spec)
    frame = data.frames["readings"].assign(**{MACHINE: "another"})
    assert np.isfinite(model.see(frame)["another"][1].score).all()


def test_new_rows_need_no_label_but_every_channel(tmp_path):
    spec = plant(tmp_path, machines=1, candidates=[{"name": "robust_z"}])
    model = TASK.fit(TASK.read(spec), spec)
    frame = pd.read_csv(tmp_path / "plant.csv")
    whole = TASK.predict(model, TASK.read(spec), spec)

    def predicted(rows):
        rows.to_csv(tmp_path / "plant.csv", index=False)
        return TASK.predict(model, TASK.read(spec, newest=True), spec)

    pd.testing.assert_frame_equal(predicted(frame.drop(columns="bad")), whole)
    with pytest.raises(MillwrightError, match=r"no column of numbers 'pressure'.*current"):
        predicted(frame.drop(columns="pressure"))


def test_files_without_a_clock_of_one_channel_train_and_test_by_their_names(tmp_path):
    for name, seed in (("normal", 1), ("later", 2)):
        values = machine(seed)[:, 2].copy()
        values[600:700] += 3 if name == "later" else 0
        pd.DataFrame({"pressure": values}).to_csv(tmp_path / f"{name}.csv", index=False)
    source = {"path": f"{tmp_path}/*.csv", "file_column": "file"}
    split = {"by": "column", "column": "file", "train": ["normal"], "test": ["later"]}
    spec = write_spec(tmp_path, source=source, entity=None, time=None, split=split, label=None)
    data = TASK.read(spec)
    assert parts(data.frames["readings"], spec).tolist() == ["train"] * 800 + ["test"] * 800
    model = TASK.fit(data, spec)
    seen = model.see(data.frames["readings"])[""][1].score[800:]
    assert (seen[610:700] >= model.threshold).mean() > 0.9
    assert (seen[:600] >= model.threshold).mean() < 0.12


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"split": {"by": "rows", "train": 50}}, "minimum_rows = 100"),
        ({"split": {"by": "rows", "train": 800}}, "left to test on"),
        ({"normal": {"bad": ["never"]}}, "is normal operation"),
    ],
)
def test_it_is_said_why_nothing_can_be_learned(tmp_path, changes, said):
    spec = plant(tmp_path, machines=1, **changes)
    assert said in TASK.too_little(TASK.read(spec), spec)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"candidates": [{"name": "mset", "parameters": {"size": 3}}]}, "it has memory, ridge"),
        ({"candidates": [{"name": "lof"}]}, "robust_z"),
        ({"label": None, "promote": {"metric": "f1"}}, "needs label or abnormal"),
        ({"false_positive_rate": 2}, "false_positive_rate = 2"),
        ({"average": 0}, "average = 0"),
    ],
)
def test_a_wrong_spec_is_told_by_field_value_and_what_was_expected(changes, said):
    raw = {"name": "x", "task": "anomaly", "source": "x.csv", "time": "t", "label": "bad"}
    with pytest.raises(MillwrightError) as told:
        parse_spec(raw | {"candidates": [{"name": "mset"}]} | changes, "x.yml")
    assert said in str(told.value)


def test_a_column_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MillwrightError, match="no column 'state'"):
        TASK.read(plant(tmp_path, machines=1, normal={"state": ["running"]}))
