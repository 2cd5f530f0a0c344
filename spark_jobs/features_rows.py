"""Features of machines' hours. No Spark and no Millwright in here: it travels to the workers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spark_jobs import statistics
from spark_jobs.statistics import APART, HOUR, Floats, Ints, floats, nullable

DAY = 24
WINDOW = ("mean", "std", "min", "max", "slope", "skewness")


def features(
    hours: pa.Table,
    conditions: pa.Table,
    days: Sequence[int],
    channels: Sequence[str],
    windows: Sequence[int],
    lags: Sequence[int],
) -> dict[str, Any]:
    """Columns of `millwright.derived.sensor_features_hourly` for the hours that lie on these days (days since 1970).

    `hours` of each machine reach back as far as the longest window and lag, its `conditions` to the last row before the
    first hour.
    """
    known = hours["equipment_id"].unique()
    machine = statistics.numbered(hours["equipment_id"], known)
    hour = hours["hour"].cast(pa.int64()).to_numpy() // HOUR
    order = np.lexsort((hour, machine))
    hours, hour = hours.take(pa.array(order)), hour[order]
    at = statistics.on_a_line(machine[order], hour)
    wanted = np.flatnonzero(np.isin(hour // DAY, np.asarray(days, dtype=np.int64)))
    if not len(wanted):  # machines that have been silent since the days before
        return {"hour": pa.array([], pa.timestamp("us", "UTC"))}
    return {
        "equipment_id": hours["equipment_id"].take(pa.array(wanted)),
        "hour": pa.array(hour[wanted] * HOUR, pa.timestamp("us", "UTC")),
        "reading_count": hours["reading_count"].take(pa.array(wanted)),
        **_of_channels(hours, at, wanted, channels, windows, lags),
        **_of_the_clock(hour[wanted]),
        **_of_conditions(conditions, known, at[wanted], hour[wanted]),
    }


def _of_channels(
    hours: pa.Table, at: Ints, wanted: Ints, channels: Sequence[str], windows: Sequence[int], lags: Sequence[int]
) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    parts = statistics.stacked(hours, channels)
    for width in windows:
        merged = statistics.merge(at, parts, np.searchsorted(at, at[wanted] - width + 1), wanted + 1)
        for name in WINDOW:
            for number, channel in enumerate(channels):
                columns[f"{channel}_{name}_{width}h"] = nullable(merged[name][:, number])
    for lag in lags:
        place = np.minimum(np.searchsorted(at, at[wanted] - lag), len(at) - 1)
        there = (at[place] == at[wanted] - lag)[:, None]
        means = np.where(there, parts["mean"][place], np.nan)
        for number, channel in enumerate(channels):
            columns[f"{channel}_lag_{lag}h"] = nullable(means[:, number])
    return columns


def _of_the_clock(at: Ints) -> dict[str, Any]:
    days = at // DAY
    months = (days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)) % 12
    # December to February are winter, as meteorologists count.
    season = np.array(["winter", "spring", "summer", "autumn"], dtype=object)[(months + 1) % 12 // 3]
    return {
        "hour_of_day": pa.array(at % DAY, pa.int32()),
        "day_of_week": pa.array((days + 3) % 7 + 1, pa.int32()),  # 1970-01-01 was a Thursday
        "season": pa.array(season, pa.string()),
    }


def _of_conditions(conditions: pa.Table, machines: pa.Array, at: Ints, hour: Ints) -> dict[str, Any]:
    conditions = conditions.filter(pc.is_in(conditions["equipment_id"], value_set=machines))
    machine = statistics.numbered(conditions["equipment_id"], machines)
    since = conditions["since"].cast(pa.int64()).to_numpy()
    order = np.lexsort((since, machine))
    conditions, since = conditions.take(pa.array(order)), since[order]
    begins = statistics.on_a_line(machine[order], since // HOUR)
    ends = (hour + 1) * HOUR
    row = np.searchsorted(begins, at, side="right") - 1  # the last before the hour's end
    row[(row < 0) | (begins[row] // APART != at // APART if len(begins) else True)] = -1  # another machine's
    known = pa.array(row, mask=row < 0)
    commissioned = floats(conditions["commissioned_at"].cast(pa.int64()).take(known))
    running = pc.fill_null(pc.equal(conditions["state"].take(known), "running"), False).to_numpy()
    passed = np.where(running, ends - since[np.maximum(row, 0)], 0) if len(since) else np.zeros(len(hour))
    clock, operating = _components(conditions["maintained"], row, ends, passed)
    return {
        "state": conditions["state"].take(known),
        "machine_age_days": nullable((ends - commissioned) / (DAY * HOUR)),
        "failure_count": pc.fill_null(conditions["failure_count"].take(known), 0),
        "error_count": pc.fill_null(conditions["error_count"].take(known), 0),
        **_of_the_last(clock, operating),
        "hours_since_maintenance_by_component": _objects(clock),
        "operating_hours_since_maintenance_by_component": _objects(operating),
    }


def _components(
    maintained: pa.ChunkedArray, row: Ints, ends: Ints, passed: npt.NDArray[Any]
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Clock hours and hours running since each component's maintenance, NaN where none is known."""
    used, of = np.unique(row, return_inverse=True)
    told = [json.loads(maintained[int(number)].as_py()) if number >= 0 else [] for number in used]
    clock: dict[str, Floats] = {}
    operating: dict[str, Floats] = {}
    for component in sorted({name for entries in told for name, _, _ in entries}):
        mine = [next(((at, run) for name, at, run in entries if name == component), (None, None)) for entries in told]
        times, runs = (np.array([np.nan if v is None else v for v in column]) for column in zip(*mine, strict=True))
        clock[component] = (ends - times[of]) / HOUR
        operating[component] = (runs[of] + passed) / HOUR
    return clock, operating


def _of_the_last(clock: dict[str, Floats], operating: dict[str, Floats]) -> dict[str, Any]:
    """Since the last maintenance of any component."""
    if not clock:
        return {}
    clocks, runs = np.column_stack(list(clock.values())), np.column_stack(list(operating.values()))
    last = np.argmin(np.where(np.isnan(clocks), np.inf, clocks), axis=1)
    rows = np.arange(len(last))
    return {
        "hours_since_maintenance": nullable(clocks[rows, last]),
        "operating_hours_since_maintenance": nullable(runs[rows, last]),
    }


def _objects(hours: dict[str, Floats]) -> Any:
    """JSON objects of the components that are known, null where none is."""
    if not hours:
        return None
    members = [
        pc.binary_join_element_wise(json.dumps(name, ensure_ascii=False) + ":", nullable(column).cast(pa.string()), "")
        for name, column in hours.items()
    ]
    # A first member that is never null: where all are, Arrow 25 drops the row.
    always = pa.repeat(pa.scalar(""), len(members[0]))
    inside = pc.utf8_ltrim(pc.binary_join_element_wise(always, *members, ",", null_handling="skip"), ",")
    whole = pc.binary_join_element_wise("{", inside, "}", "")
    return pc.if_else(pc.equal(whole, "{}"), pa.scalar(None, pa.string()), whole)
