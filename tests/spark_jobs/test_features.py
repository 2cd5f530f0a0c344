from __future__ import annotations

import datetime as dt
from unittest import mock

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from millwright.contracts import contract
from millwright.derived import (
    computed_tables,
    equipment_conditions,
    sensor_features_hourly,
    sensor_hours,
    sensor_summary,
)
from millwright.settings import settings
from spark_jobs import features_conditions
from spark_jobs.features import compute_new
from tests.contract_change import changed_contract
from tests.spark_jobs.features_oracle import differences, expected_features, expected_summaries, same
from tests.spark_jobs.silver_streams import put, rows_of

SENSORS, EVENTS, ASSETS = "equipment-sensors", "equipment-status", "equipment-assets"
START = dt.datetime(2015, 2, 27, tzinfo=dt.UTC)  # a Friday, before a month, a season and a week begin
MACHINES = st.sampled_from(["M-1", "M-2"])
NEVER = dt.datetime(2010, 5, 1, tzinfo=dt.UTC)


def at(hours: float) -> dt.datetime:
    return START + dt.timedelta(hours=hours)


def moments(most: int):
    """Quarters of an hour: often the full hour or midnight, over days with a gap between them."""
    return st.builds(
        lambda day, quarter: at(24 * day + quarter / 4), st.sampled_from([0, 1, 2, 3, 11, 12]), st.integers(0, most)
    )


readings = st.fixed_dictionaries(
    {"equipment_id": MACHINES, "event_time": moments(95)},
    optional={
        "temperature": st.sampled_from([60.0, 60.5, 61.0, 99.25]),
        "vibration": st.floats(0, 500, allow_subnormal=False).map(lambda x: round(x, 3)),
        "outlier_channels": st.sampled_from(["temperature", "temperature,vibration"]),
    },
)
events = st.fixed_dictionaries(
    {
        "equipment_id": MACHINES,
        "event_time": moments(95),
        "kind": st.sampled_from(["running", "idle", "error", "maintenance", "maintenance", "failure"]),
        "component": st.sampled_from([None, "belt", 'say "pump"']),
    }
)
assets = st.fixed_dictionaries(
    {"equipment_id": MACHINES, "event_time": moments(95), "commissioned_at": st.sampled_from([NEVER, None])}
)
states = st.fixed_dictionaries(
    {
        SENSORS: st.lists(readings, max_size=25, unique_by=lambda r: (r["equipment_id"], r["event_time"])),
        EVENTS: st.lists(
            events, max_size=8, unique_by=lambda e: (e["equipment_id"], e["event_time"], e["kind"], e["component"])
        ),
        ASSETS: st.lists(assets, max_size=2, unique_by=lambda a: (a["equipment_id"], a["event_time"])),
    }
)
DATES = {(START + dt.timedelta(days=n)).date() for n in (0, 1, 2, 3, 11, 12)}


def check(plant) -> None:
    wanted = expected_features(plant[SENSORS], plant[EVENTS], plant[ASSETS])
    assert differences(rows_of(sensor_features_hourly()), wanted, 2, same) == []
    for span in ("day", "week"):
        assert differences(rows_of(sensor_summary(span)), expected_summaries(plant[SENSORS], span), 3, same) == []


@examples(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(states, st.sets(st.sampled_from(sorted(DATES)), min_size=1), st.booleans()), max_size=4), states
)
def test_any_sequence_of_batches_gives_what_one_full_computation_gives(engine, tmp_path_factory, batches, final):
    """Each batch replaces some dates of all streams: rows come late, twice, corrected, or are gone."""
    plant = {stream: [] for stream in (SENSORS, EVENTS, ASSETS)}
    with pytest.MonkeyPatch.context() as patch:
        _lake(patch, tmp_path_factory)
        for state, dates, compute in [*batches, (final, DATES - {START.date()}, True)]:
            for stream, rows in state.items():
                new = [row for row in rows if row["event_time"].date() in dates]
                plant[stream] = [row for row in plant[stream] if row["event_time"].date() not in dates] + new
                put(stream, new, dates)
            if compute:
                compute_new(engine)
        check(plant)
        tables = [sensor_hours(), equipment_conditions(), *computed_tables().values()]
        once = [rows_of(spec) for spec in tables]
        assert all(result.rows_computed == 0 for result in compute_new(engine))
        _lake(patch, tmp_path_factory)
        for stream, rows in plant.items():
            put(stream, rows)
        compute_new(engine)
        assert [rows_of(spec) for spec in tables] == once  # to the bit
    settings.cache_clear()


def _lake(patch, factory) -> None:
    patch.setenv("MILLWRIGHT_LAKE_URL", f"file://{factory.mktemp('lake')}")
    patch.setenv("MILLWRIGHT_CLEANSE_BATCH_RECORDS", "24")  # several lots in a run
    settings.cache_clear()


def test_a_late_reading_changes_windows_for_a_day_and_no_more(engine, lake):
    hourly = [{"equipment_id": "M-1", "event_time": at(n), "temperature": 60.0 + n % 3} for n in range(24 * 6)]
    put(SENSORS, hourly)
    compute_new(engine)
    before = rows_of(sensor_features_hourly())
    late = {"equipment_id": "M-1", "event_time": at(30.5), "temperature": 90.0}
    put(SENSORS, [row for row in [*hourly, late] if row["event_time"].date() == late["event_time"].date()])
    results = {result.table: result for result in compute_new(engine)}
    assert results["sensor_features_hourly"].dates == 2
    after = rows_of(sensor_features_hourly())
    # Hour 30 to 53 hold it in their window; hour 54's lag of a day is the mean of hour 30.
    assert [n for n, (a, b) in enumerate(zip(before, after, strict=True)) if a != b] == list(range(30, 55))
    check({SENSORS: [*hourly, late], EVENTS: [], ASSETS: []})


def test_a_late_maintenance_counts_until_the_next_and_a_late_failure_for_ever(engine, lake):
    hourly = [{"equipment_id": "M-1", "event_time": at(12 * n), "temperature": 60.0} for n in range(2 * 40)]
    status = [{"equipment_id": "M-1", "event_time": at(0), "kind": "running"}]
    status += [
        {"equipment_id": "M-1", "event_time": at(24 * day + 1), "kind": "maintenance", "component": "belt"}
        for day in range(0, 40, 10)
    ]
    put(SENSORS, hourly)
    put(EVENTS, status)
    compute_new(engine)
    status.append({"equipment_id": "M-1", "event_time": at(24 * 12), "kind": "maintenance", "component": "belt"})
    put(EVENTS, status[-1:])
    found = {result.table: result for result in compute_new(engine)}
    assert found["sensor_features_hourly"].rows_written == 2 * 9  # day 12 to the maintenance of day 20
    check({SENSORS: hourly, EVENTS: status, ASSETS: []})
    status.append({"equipment_id": "M-1", "event_time": at(24 * 30 + 3), "kind": "failure"})
    put(EVENTS, [e for e in status if e["event_time"].date() == at(24 * 30).date()])
    found = {result.table: result for result in compute_new(engine)}
    assert found["sensor_features_hourly"].rows_written == 2 * 10
    check({SENSORS: hourly, EVENTS: status, ASSETS: []})


def test_a_run_that_died_among_later_conditions_is_gone_on_with(engine, lake):
    hourly = [{"equipment_id": "M-1", "event_time": at(24 * n), "temperature": 60.0} for n in range(30)]
    status = [{"equipment_id": "M-1", "event_time": at(24 * n), "kind": "error", "code": "E"} for n in range(30)]
    put(SENSORS, hourly)
    put(EVENTS, status)
    compute_new(engine)
    first = {"equipment_id": "M-1", "event_time": at(1), "kind": "failure"}
    put(EVENTS, [status[0], first])
    calls = mock.Mock(side_effect=[None, OSError("the power fails")])
    whole = features_conditions._followed

    def dying(*arguments):
        calls()
        return whole(*arguments)

    with mock.patch.object(features_conditions, "_followed", dying), pytest.raises(OSError, match="power"):
        compute_new(engine)
    # A later change beside it: the run after the one that died starts from both.
    second = {"equipment_id": "M-1", "event_time": at(24 * 20 + 1), "kind": "failure"}
    put(EVENTS, [status[20], second])
    compute_new(engine)
    check({SENSORS: hourly, EVENTS: [*status, first, second], ASSETS: []})


def test_a_new_channel_has_its_features_without_a_line_of_code(engine, lake):
    torque = {"name": "torque", "type": ["null", "double"], "default": None, "unit": "N·m", "channel": True}
    put(SENSORS, [{"equipment_id": "M-1", "event_time": at(0), "temperature": 60.0}])
    compute_new(engine)
    with changed_contract(SENSORS, lambda avro: avro["fields"].append(torque)):
        assert sensor_features_hourly().field("torque_slope_24h").unit == "N·m/h"
        put(SENSORS, [{"equipment_id": "M-1", "event_time": at(24), "torque": 5.0}])
        compute_new(engine)
        rows = rows_of(sensor_features_hourly())
        assert [(r["torque_mean_3h"], r["temperature_lag_24h"]) for r in rows] == [(None, None), (5.0, 60.0)]
        assert [r["channel"] for r in rows_of(sensor_summary("day"))] == ["temperature", "torque"]


def test_without_silver_there_is_nothing_to_compute_and_no_engine_starts(lake):
    assert all(result.rows_computed == 0 for result in compute_new())
    assert contract(SENSORS).channels
