"""One row at a time gives what a batch gives, and what training saw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from millwright.errors import MillwrightError
from ml.failure.features import build
from ml.failure.lookback import lookback_hours
from ml.predictions.one import One
from tests.ml.plant import plant


@pytest.fixture(scope="module")
def table(fitted, small_plant):
    """The features that training builds, of all rows at once."""
    return build(small_plant, fitted.layout, fitted.spec)


def test_a_row_alone_is_answered_as_in_a_batch_to_the_last_bit(fitted, table):
    one = One(fitted)
    asked = table[one.features].iloc[::5].reset_index(drop=True)
    batch = fitted.answer(asked)
    alone = pd.DataFrame([one(row) for row in asked.to_dict("records")])
    pd.testing.assert_frame_equal(alone, batch, check_exact=True)


def test_serving_builds_the_features_of_training_from_what_it_has_at_that_moment(fitted):
    """For each row only what a service would read: that machine's look-back, and nothing later."""
    small_plant = plant(machines=2, days=6, seed=3)
    table = build(small_plant, fitted.layout, fitted.spec)
    lookback = pd.Timedelta(hours=lookback_hours(fitted.spec))
    different = []
    for place, row in table.iterrows():
        readings = small_plant.readings
        mine = readings["equipment_id"] == row["equipment_id"]
        seen = readings[mine & (readings["time"] <= row["time"]) & (readings["time"] > row["time"] - lookback)]
        events = small_plant.events[
            (small_plant.events["equipment_id"] == row["equipment_id"])
            & (small_plant.events["event_time"] <= row["time"])
        ]
        served = build(replace(small_plant, readings=seen, events=events), fitted.layout, fitted.spec).iloc[-1]
        names = fitted.layout.names
        if not np.array_equal(served[names].to_numpy(float), row[names].to_numpy(float), equal_nan=True):
            different.append(place)
    assert different == []


def test_an_unknown_value_is_allowed_and_a_feature_left_out_is_named(fitted, table):
    one = One(fitted)
    row = table[one.features].iloc[50].to_dict()
    assert 0 <= one(row | {one.features[0]: None})["probability"] <= 1
    del row[one.features[1]]
    with pytest.raises(MillwrightError, match=one.features[1]):
        one(row)


def test_whole_numbers_and_texts_are_given_to_the_model_as_it_knows_them():
    class Echo:
        example = pd.DataFrame({"cycles": [1], "colour": ["red"]})

        def answer(self, rows):
            return pd.DataFrame({"cycles": rows["cycles"] + 0.5, "colour": rows["colour"]})

    assert One(Echo())({"colour": "blue", "cycles": 3, "more": 1}) == {"cycles": 3.5, "colour": "blue"}
    assert One(Echo())({"colour": None, "cycles": None}) == {"cycles": None, "colour": None}


def test_a_row_at_a_time_is_timed_over_the_models_own_examples(fitted):
    from bench.predict import measure

    found = measure("failure", One(fitted), 20)
    assert (found.spec, found.features) == ("failure", len(One(fitted).features))
    assert 0 < found.p50_ms <= found.p99_ms
