"""Features of a machine at a moment t, from nothing later than t. Training and serving call the same function."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.failure import schedule, windows
from ml.failure.history import History
from ml.failure.layout import NOT_SAID, Layout
from ml.failure.past_events import Moments, PastEvents, moments
from ml.failure.trends import trends
from ml.failure.usage import Clock, at_work, clock
from ml.failure.windows import Floats, Grid
from ml.spec.failure import FailureSpec, Usage

_HOURS_A_YEAR = 8766.0
_REPAIR_DAYS = 7  # a repair that is not told by then never will be
_HOUR = 3_600_000_000  # in microseconds
_WINDOW = {"mean": windows.mean, "std": windows.std, "min": windows.least, "max": windows.greatest}


def broken(history: History, layout: Layout) -> NDArray[np.bool_]:
    """By row of the readings, whether the machine has failed and is not repaired yet, as far as is known at t."""
    machines = history.readings["equipment_id"].to_numpy(dtype=object)
    times = moments(history.readings["time"])
    if not layout.repairs:
        return np.zeros(len(times), dtype=bool)
    failed, done = (
        PastEvents(history.events[history.events["kind"] == kind], machines, times).last()
        for kind in ("failure", "maintenance")
    )
    recent = times - failed <= np.timedelta64(_REPAIR_DAYS, "D")
    return np.asarray(recent & ~(done >= failed))


def build(history: History, layout: Layout, spec: FailureSpec) -> pd.DataFrame:
    """One row per row of `history.readings`, in its order: equipment_id, slot, time, broken, `layout.names` (floats);
    with a schedule of maintenance, exposed.

    Windows are of steps: the mean and deviation of the steps' means, the least and greatest of their readings.
    """
    readings = history.readings.reset_index(drop=True)
    machines = readings["equipment_id"].to_numpy(dtype=object)
    times = moments(readings["time"])
    usage = spec.usage if layout.usage else None
    work = clock(history, usage) if usage is not None else None
    columns = {
        **_channels(history, layout, usage, machines, times, work),
        **_events(history.events, layout, machines, times, work),
        **(_use(work, machines, times) if work else {}),
        **_equipment(history.equipment, layout, readings, times),
    }
    features = pd.DataFrame({name: columns[name] for name in layout.names}, index=readings.index)
    known = readings[["equipment_id", "slot", "time"]].assign(broken=broken(history, layout))
    if layout.service_hours is not None:
        known["exposed"] = schedule.exposed(history, layout.service_hours, spec.horizon_hours)
    return pd.concat([known, features], axis=1)


def _channels(
    history: History,
    layout: Layout,
    usage: Usage | None,
    machines: NDArray[np.object_],
    times: Moments,
    work: Clock | None,
) -> dict[str, Floats]:
    readings = history.readings
    codes = pd.factorize(machines)[0].astype(np.int64)
    slots = moments(readings["slot"])
    numbers = slots.astype(np.int64) // round(layout.step_hours * _HOUR)
    grid = windows.make_grid(codes, numbers, layout.lookback_steps)
    rests = np.zeros(len(readings), dtype=bool) if work is None or usage is None else ~at_work(history, usage, work)
    done = history.events[history.events["kind"] == "maintenance"]
    life = grid.spread(PastEvents(done, machines, times).count()) if layout.trends_days else np.zeros(0)
    out: dict[str, Floats] = {}
    for channel in layout.channels:
        out |= {name: values[grid.places] for name, values in _channel(readings, layout, grid, channel).items()}
        if layout.trends_days and f"{channel}_mean" in readings:
            level = grid.spread(np.where(rests, np.nan, readings[f"{channel}_mean"].to_numpy(np.float64)))
            for days in layout.trends_days:
                found = trends(grid, level, life, layout.steps(24), days)
                out |= {f"{channel}_{name}_{days}d": values[grid.places] for name, values in found.items()}
    if layout.trends_days:
        ones = grid.spread(np.ones(len(readings)))
        out["days_known"] = windows.days(grid, ones, layout.steps(24), max(layout.trends_days))[grid.places]
    missing = set(layout.names) - set(out)
    return out | {
        name: np.full(len(readings), np.nan)
        for channel in layout.channels
        for name in missing
        if name.startswith(f"{channel}_") and name.endswith("d") and f"{channel}_mean" not in readings
    }


def _channel(readings: pd.DataFrame, layout: Layout, grid: Grid, channel: str) -> dict[str, Floats]:
    # A model may know a channel that the readings at hand have no column for: it is missing, as in a step without.
    spread = {
        statistic: grid.spread(readings[name].to_numpy(np.float64))
        if (name := f"{channel}_{statistic}") in readings
        else np.full(grid.length, np.nan)
        for statistic in ("mean", "min", "max")
    }
    out = {
        f"{channel}_{statistic}_{hours:g}h": function(
            grid, spread["mean" if statistic == "std" else statistic], layout.steps(hours)
        )
        for hours in layout.windows_hours
        for statistic, function in _WINDOW.items()
    }
    if not layout.windows_hours:
        return out
    short = out[f"{channel}_mean_{layout.windows_hours[0]:g}h"]
    out[f"{channel}_trend"] = short - out[f"{channel}_mean_{layout.windows_hours[-1]:g}h"]
    out[f"{channel}_lag_24h"] = grid.lagged(short, layout.steps(24))
    return out


def _events(
    events: pd.DataFrame, layout: Layout, machines: NDArray[np.object_], times: Moments, work: Clock | None
) -> dict[str, Floats]:
    def past(kind: str, column: str, value: str) -> PastEvents:
        named = events[column].fillna(NOT_SAID) == value
        return PastEvents(events[(events["kind"] == kind) & named], machines, times)

    # What was reported before a repair may have been mended by it.
    repairs = PastEvents(events[events["kind"] == "maintenance"], machines, times)
    since = repairs.last() if layout.trends_days else None
    out: dict[str, Floats] = {}
    for code in layout.codes:
        errors = past("error", "code", code)
        out |= {f"errors_{code}_{hours:g}h": errors.count(hours, since) for hours in layout.events_windows_hours}
    for component in layout.components:
        done = past("maintenance", "component", component)
        out[f"hours_since_maintenance_{component}"] = done.hours_since()
        if work is not None:
            out[f"use_since_maintenance_{component}"] = _use_since(work, done, machines, times)
    if layout.components and layout.trends_days:
        done = PastEvents(events[events["kind"] == "maintenance"], machines, times)
        out["hours_since_any_maintenance"] = done.hours_since()
    if layout.planned:
        planned = events[(events["kind"] == "maintenance") & events["planned"].fillna(False).astype(bool)]
        out["hours_since_planned_maintenance"] = PastEvents(planned, machines, times).hours_since()
    return out


def _use_since(work: Clock, done: PastEvents, machines: NDArray[np.object_], times: Moments) -> Floats:
    """Operating hours since the last maintenance; NaN without one."""
    last, out = done.last(), np.full(len(times), np.nan)
    for machine in np.unique(machines.astype(str)):
        rows = np.flatnonzero((machines == machine) & ~np.isnat(last))
        out[rows] = (work.worked(machine, times[rows]) - work.worked(machine, last[rows])) / _HOUR
    return out


def _use(work: Clock, machines: NDArray[np.object_], times: Moments) -> dict[str, Floats]:
    """Operating hours in the last day and week."""
    out = {"use_24h": np.zeros(len(times)), "use_7d": np.zeros(len(times))}
    for machine in np.unique(machines.astype(str)):
        rows = np.flatnonzero(machines == machine)
        for name, span in (("use_24h", 24), ("use_7d", 168)):
            since = work.worked(machine, times[rows] - np.timedelta64(span, "h"))
            out[name][rows] = (work.worked(machine, times[rows]) - since) / _HOUR
    return out


def _equipment(equipment: pd.DataFrame, layout: Layout, readings: pd.DataFrame, times: Moments) -> dict[str, Floats]:
    """The machine as it was at t."""
    rows = readings[["equipment_id", "time"]].reset_index()
    at = pd.merge_asof(
        rows.sort_values("time", kind="stable"),
        equipment.sort_values("valid_from", kind="stable"),
        left_on="time",
        right_on="valid_from",
        by="equipment_id",
    ).sort_values("index")
    age = (times - moments(pd.to_datetime(at["commissioned_at"], utc=True))) / np.timedelta64(1, "h")
    out: dict[str, Floats] = {"age_years": age.astype(np.float64) / _HOURS_A_YEAR}
    for column, value in layout.categories:
        out[f"{column}_is_{value}"] = (at[column] == value).to_numpy().astype(np.float64)
    return out
