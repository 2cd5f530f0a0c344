"""A prediction for machines of which nobody knows yet whether they fail, from one CSV."""

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
