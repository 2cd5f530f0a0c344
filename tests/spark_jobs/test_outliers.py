from __future__ import annotations

import math
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spark_jobs import outliers
from spark_jobs.outliers import is_outlier, outlier_channels

MINUTE = 60_000_000
of_both_ways = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
readings = st.lists(
    st.tuples(st.integers(1, 90), st.one_of(st.just(math.nan), st.integers(-20, 20).map(float), st.just(1e6))),
    max_size=80,
)


def series(steps):
    """Event times in µs from steps in minutes, and values."""
    micros = np.cumsum([step * MINUTE for step, _ in steps], dtype=np.int64)
    return micros, np.array([value for _, value in steps], dtype=np.float64)


def by_the_book(micros, values):
    """Hampel's rule, one window at a time."""
    flags = []
    for i, (at, value) in enumerate(zip(micros, values, strict=True)):
        window = [
            v
            for t, v in zip(micros[: i + 1], values[: i + 1], strict=True)
            if t > at - outliers.WINDOW_SECONDS * 1_000_000
        ][-outliers.WINDOW_READINGS :]
        seen = [v for v in window if not math.isnan(v)]
        if math.isnan(value) or len(seen) < outliers.MINIMUM:
            flags.append(False)
            continue
        median = np.median(seen)
        scale = outliers.MAD_TO_SIGMA * np.median(np.abs(np.array(seen) - median))
        flags.append(abs(value - median) > outliers.LIMIT * max(scale, outliers.FLOOR * abs(median)))
    return flags


@pytest.fixture(params=["compiled", "by numpy, as on a cluster's workers"], autouse=True)
def way(request, monkeypatch):
    if request.param != "compiled":
        monkeypatch.setitem(sys.modules, "spark_jobs.hampel", None)


@of_both_ways
@given(readings)
def test_all_windows_at_once_judge_as_one_window_at_a_time(steps):
    micros, values = series(steps)
    assert is_outlier(micros, values).tolist() == by_the_book(micros, values)


@of_both_ways
@given(st.lists(st.tuples(st.integers(1, 30), st.floats()), max_size=40))
def test_no_number_however_odd_is_judged_otherwise_by_the_compiled_code(steps):
    micros, values = series(steps)
    marks = is_outlier(micros, values).tolist()
    with pytest.MonkeyPatch.context() as without:
        without.setitem(sys.modules, "spark_jobs.hampel", None)
        assert is_outlier(micros, values).tolist() == marks


@of_both_ways
@given(readings, st.integers(0, 80))
def test_what_comes_later_changes_no_mark(steps, cut):
    micros, values = series(steps)
    assert is_outlier(micros, values)[:cut].tolist() == is_outlier(micros[:cut], values[:cut]).tolist()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(readings, st.randoms())
def test_the_order_of_rows_does_not_matter(steps, random):
    micros, values = series(steps)
    order = list(range(len(values)))
    random.shuffle(order)
    table = pa.table({"at": pa.array(micros).cast(pa.timestamp("us", "UTC")), "b": values, "a": values})
    straight, shuffled = (
        outlier_channels(t, "at", ["b", "a"]).to_pylist() for t in (table, table.take(pa.array(order, pa.int64())))
    )
    assert shuffled == [straight[i] for i in order]
    assert set(straight) <= {None, "a,b"}


def test_a_spike_is_marked_and_its_neighbours_are_not():
    values = 60 + np.sin(np.arange(100))
    values[50] = 90
    assert np.flatnonzero(is_outlier(np.arange(100) * 10 * MINUTE, values)).tolist() == [50]


def test_a_sensor_that_stands_still_is_marked_only_when_it_jumps():
    values = np.full(50, 230.0)
    values[30], values[40] = 230.1, 2300.0
    assert np.flatnonzero(is_outlier(np.arange(50) * 10 * MINUTE, values)).tolist() == [40]


def test_hourly_readings_are_too_few_to_judge():
    values = np.array([1.0, 2.0, 1.0, 2.0, 1e9, 1.0])
    assert not is_outlier(np.arange(6) * 60 * MINUTE, values).any()


def test_memory_is_bounded_by_chunks_that_do_not_show(monkeypatch):
    values = np.random.default_rng(1).normal(size=500) ** 3
    micros = np.arange(500) * 5 * MINUTE
    whole = is_outlier(micros, values)
    monkeypatch.setattr(outliers, "_CHUNK", 7)
    assert whole.any()
    assert is_outlier(micros, values).tolist() == whole.tolist()
