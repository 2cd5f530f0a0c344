"""A failure model of one CSV: new machines, and time that is a counter."""

from __future__ import annotations

import pandas as pd
import pytest

from millwright.errors import MillwrightError
from ml.failure.task import TASK
from ml.spec.load import parse_spec
from tests.ml.conftest import make_spec
from tests.ml.plant import plant


def table() -> pd.DataFrame:
    """Readings with a column that tells failures."""
    history = plant(machines=3, days=30)
    failures = history.events[history.events["kind"] == "failure"]
    fails = set(zip(failures["equipment_id"], failures["event_time"], strict=True))
    frame = history.readings[["equipment_id", "time"]].rename(columns={"equipment_id": "device"})
    frame["vibration"], frame["pressure"] = history.readings["vibration_mean"], history.readings["pressure_mean"]
    frame["broken"] = [int(at in fails) for at in zip(frame["device"], frame["time"], strict=True)]
    return frame


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("new") / "readings.csv"
    table().to_csv(path, index=False)
    changes = {"source": {"readings": str(path)}, "entity": "device", "time": "time", "label": "broken"}
    spec = parse_spec(make_spec(**changes, events={}, machines={}, usage=None), "test")
    return spec, TASK.fit(TASK.read(spec), spec), path


def test_the_label_need_not_be_there_but_every_channel(trained):
    spec, model, path = trained

    def predicted(frame):
        frame.to_csv(path, index=False)
        return TASK.predict(model, TASK.read(spec, newest=True), spec)

    assert set(predicted(table().drop(columns="broken"))["equipment_id"]) == {"m0", "m1", "m2"}
    assert len(predicted(table().assign(vibration=None))) == 3  # a missing value is no missing column
    with pytest.raises(MillwrightError, match=r"no column of numbers 'vibration'.*There are: pressure"):
        predicted(table().drop(columns="vibration"))
    table().drop(columns="broken").to_csv(path, index=False)
    with pytest.raises(MillwrightError, match="has no column 'broken'"):
        TASK.read(spec)


def test_a_counter_stays_a_counter(tmp_path):
    frame = table()
    begin = 1_000_000  # %g would round it
    frame["cycle"] = begin + (frame.pop("time") - pd.Timestamp("2025-01-01", tz="UTC")) // pd.Timedelta(hours=1)
    frame.to_csv(tmp_path / "readings.csv", index=False)
    source = {"readings": str(tmp_path / "readings.csv")}
    changes = {"source": source, "entity": "device", "time": "cycle", "label": "broken", "usage": None, "horizon": 24}
    changes |= {"split": make_spec()["split"] | {"gap": 24}}
    spec = parse_spec(make_spec(**changes, events={}, machines={}), "test")
    data = TASK.read(spec)
    model = TASK.fit(data, spec)
    assert data.watermark == str(frame["cycle"].max())
    assert begin <= int(model.described["train_from"]) < int(model.described["test_from"]) < frame["cycle"].max()
    said = TASK.predict(model, TASK.read(spec, newest=True), spec)
    assert said["event_time"].tolist() == [frame["cycle"].max()] * 3
    labels = [factor["label"] for factors in said["factors"] for factor in factors]
    assert any("of 24 steps" in label for label in labels)
    assert not any(" h" in label for label in labels)


def test_a_counter_that_runs_too_far_is_one_sentence(tmp_path):
    frame = table()
    frame["cycle"] = 3_000_000 + (frame.pop("time") - pd.Timestamp("2025-01-01", tz="UTC")) // pd.Timedelta(hours=1)
    frame.to_csv(tmp_path / "readings.csv", index=False)
    source = {"readings": str(tmp_path / "readings.csv")}
    changes = {"source": source, "entity": "device", "time": "cycle", "label": "broken", "usage": None, "horizon": 24}
    with pytest.raises(MillwrightError, match="column 'cycle' = 3000006: a counter is understood up to 2,000,000"):
        TASK.read(parse_spec(make_spec(**changes, events={}, machines={}), "test"))
