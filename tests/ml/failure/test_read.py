"""The history comes from the warehouse whole, in one order, with the contract's channels."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from millwright.errors import MillwrightError
from ml.data import load_data
from ml.failure.history import History, from_data
from ml.failure.read import read
from ml.spec.failure import FailureSpec
from ml.spec.load import parse_spec
from tests.ml.conftest import make_spec
from tests.ml.plant import fill, plant


def extract(spec: FailureSpec, newest: bool = False) -> History:
    return from_data(read(spec, newest))


def test_what_is_read_is_what_was_put_there(fresh_database, spec: FailureSpec, tmp_path):
    source = plant(machines=2, days=3)
    fill(fresh_database, source)
    found = extract(spec)
    assert found.data().watermark == source.data().watermark == source.readings["time"].max().isoformat()
    assert found.known_until == source.known_until
    assert found.channels == ("vibration", "pressure")
    for name in ("readings", "events", "equipment"):
        expected = getattr(source, name)
        pd.testing.assert_frame_equal(getattr(found, name)[expected.columns], expected, check_dtype=False)
    found.data().save(tmp_path)
    assert load_data(tmp_path).sha == found.data().sha == read(spec).sha


def test_only_the_newest_hours_come_when_asked_and_all_events(fresh_database, spec: FailureSpec):
    source = plant(machines=2, days=20)
    fill(fresh_database, source)
    found = extract(spec, newest=True)
    assert 2 * 24 * 9 <= len(found.readings) <= 2 * 24 * 11
    assert len(found.events) == len(source.events)


def test_events_of_machines_without_readings_only_tell_how_far_events_reach(fresh_database, spec: FailureSpec):
    source = plant(machines=3, days=10)
    fill(fresh_database, replace(source, readings=source.readings[source.readings["equipment_id"] != "m2"]))
    assert set(extract(spec).events["equipment_id"]) == {"m0", "m1"}
    assert extract(spec).known_until == source.known_until


def test_a_channel_that_is_not_there_is_named(fresh_database):
    fill(fresh_database, plant(machines=1, days=1))
    with pytest.raises(MillwrightError, match=r"channels = 'humidity'.*There are vibration, pressure"):
        extract(parse_spec(make_spec(channels=["vibration", "humidity"]), "test"))
    chosen = extract(parse_spec(make_spec(channels=["vibration"]), "test"))
    assert chosen.channels == ("vibration",)
