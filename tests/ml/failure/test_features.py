"""Features know nothing of what comes after t, and are the same in training and serving."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.failure.features import build as build_features
from ml.failure.history import History
from ml.failure.layout import Layout, learn_layout
from ml.spec.load import parse_spec
from tests.ml.conftest import make_spec
from tests.ml.plant import BEGIN, history, plant

WHOLE = plant(machines=2, days=12)
# Every feature there is: windows, trends at work, and operating hours.
SPEC = parse_spec(
    make_spec(trends=["3d", "7d"], usage={"channel": "pressure", "above": 38}, events_windows=["24h", "3d"]), "test"
)
LAYOUT = learn_layout(WHOLE, SPEC, WHOLE.readings["time"].max())


def build(source: History, layout: Layout) -> pd.DataFrame:
    return build_features(source, layout, SPEC)


def hour(number: int) -> pd.Timestamp:
    return BEGIN + pd.Timedelta(hours=number)


@settings(max_examples=8, deadline=None)
@given(cut=st.integers(1, 12 * 24 - 1), seed=st.integers(0, 2**32 - 1))
def test_shuffling_the_future_leaves_features_of_the_past_as_they_are(cut: int, seed: int):
    random = np.random.default_rng(seed)
    later = WHOLE.readings["time"] > hour(cut)
    readings = WHOLE.readings.copy()
    values = [column for column in readings if column not in ("equipment_id", "slot", "time")]
    readings.loc[later, values] = random.permutation(readings.loc[later, values].to_numpy())
    events = WHOLE.events.copy()
    after = events["event_time"] > hour(cut)
    moved = hour(cut) + pd.to_timedelta(random.integers(1, 500, after.sum()), unit="h")
    events.loc[after, "event_time"] = pd.Series(moved, index=events.index[after]).astype("datetime64[us, UTC]")
    equipment = pd.concat([WHOLE.equipment, WHOLE.equipment.assign(valid_from=hour(cut + 1), model="another")])
    shuffled = history(readings, events, equipment, WHOLE.known_until)
    before, now = build(WHOLE, LAYOUT), build(shuffled, LAYOUT)
    past = (before["time"] <= hour(cut)).to_numpy()
    pd.testing.assert_frame_equal(before[past], now[past], check_exact=True)
    if cut < 11 * 24:
        assert not before[~past].equals(now[~past])


@settings(max_examples=8, deadline=None)
@given(newest=st.integers(30, 12 * 24 - 1), missing=st.sets(st.integers(0, 12 * 24 - 1), max_size=60))
def test_serving_sees_the_same_bits_from_the_newest_hours_alone(newest: int, missing: set[int]):
    gone = WHOLE.readings["time"].isin([hour(number) for number in missing - {newest}])
    until = WHOLE.readings["time"] <= hour(newest)
    whole = replace(WHOLE, readings=WHOLE.readings[until & ~gone])
    recent = whole.readings["slot"] > hour(newest) - pd.Timedelta(hours=LAYOUT.lookback_steps)
    last = [
        build(data, LAYOUT).groupby("equipment_id").tail(1).reset_index(drop=True)
        for data in (whole, replace(whole, readings=whole.readings[recent]))
    ]
    pd.testing.assert_frame_equal(*last, check_exact=True)


@settings(max_examples=5, deadline=None)
@given(missing=st.sets(st.integers(0, 12 * 24 - 1), max_size=100))
def test_windows_are_of_hours_and_not_of_rows(missing: set[int]):
    readings = WHOLE.readings[~WHOLE.readings["time"].isin([hour(number) for number in missing])]
    built = build(replace(WHOLE, readings=readings), LAYOUT)
    for _, rows in readings.reset_index(drop=True).groupby("equipment_id"):
        rolling = rows.set_index("time")["pressure_mean"].rolling("24h")
        for statistic in ("mean", "std", "min", "max"):
            expected = getattr(rolling, statistic)().to_numpy()
            np.testing.assert_allclose(built.loc[rows.index, f"pressure_{statistic}_24h"], expected, rtol=1e-9)


def test_events_count_up_to_the_moment_itself_and_drop_out_after_the_window():
    readings = WHOLE.readings[WHOLE.readings["equipment_id"] == "m0"].head(40)
    events = pd.DataFrame(
        [
            ("m0", hour(10), "error", "E1", None, False),
            ("m0", hour(5), "maintenance", None, "bearing", False),
            ("m1", hour(3), "error", "E1", None, False),
        ],
        columns=WHOLE.events.columns,
    )
    built = build(history(readings, events, WHOLE.equipment, None), LAYOUT).set_index("time")
    errors, since = built["errors_E1_24h"], built["hours_since_maintenance_bearing"]
    assert [errors[hour(n)] for n in (9, 10, 33, 34)] == [0, 1, 1, 0]
    assert np.isnan(since[hour(4)])
    assert [since[hour(n)] for n in (5, 6, 39)] == [0, 1, 34]


def test_a_machine_is_what_it_was_at_the_moment():
    changed = WHOLE.equipment.head(1).assign(valid_from=hour(20), model="model1")
    machines = pd.concat([WHOLE.equipment, changed])
    rebuilt = history(WHOLE.readings, WHOLE.events, machines, WHOLE.known_until)
    built = build(rebuilt, LAYOUT)
    m0 = built[built["equipment_id"] == "m0"].set_index("time")
    assert [m0["model_is_model1"][hour(n)] for n in (19, 20)] == [0.0, 1.0]
    assert round(m0["age_years"][BEGIN], 3) == 10.002


def test_a_channel_that_is_not_there_any_more_is_missing_and_not_an_error():
    readings = WHOLE.readings.drop(columns=["pressure_mean", "pressure_min", "pressure_max"])
    built = build(replace(WHOLE, readings=readings), LAYOUT)
    assert built["pressure_mean_24h"].isna().all()
    assert built["vibration_mean_24h"].notna().all()


def test_the_layout_is_learned_from_what_the_training_part_saw():
    code = pd.DataFrame([("m0", hour(200), "error", "E9", None, False)], columns=WHOLE.events.columns)
    late = history(WHOLE.readings, pd.concat([WHOLE.events, code]), WHOLE.equipment, None)
    assert "errors_E9_24h" not in learn_layout(late, SPEC, hour(199)).names
    assert "errors_E9_24h" in learn_layout(late, SPEC, hour(200)).names


def test_a_layout_survives_its_own_json():
    assert Layout.from_dict(LAYOUT.as_dict()) == LAYOUT
    assert len(set(LAYOUT.names)) == len(LAYOUT.names)
    assert isinstance(WHOLE, History)
