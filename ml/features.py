"""What is known of a machine at a moment, and nothing that comes after it. The same for training and serving."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]  # nanoseconds since 1970

KEYS = ["equipment_id", "t"]
_HOUR_NS = 3_600_000_000_000
_ERROR_HOURS = 24
_STATISTICS = ("mean", "std", "min", "max")


def features(
    metrics: pd.DataFrame, events: pd.DataFrame, equipment: pd.DataFrame, windows_hours: Sequence[int]
) -> pd.DataFrame:
    """One row per machine and hour with readings, known at `t`, the time of the hour's newest reading.

    `metrics` is int_equipment_metrics_hourly, `events` fact_equipment_events, `equipment` the current dim_equipment.
    Windows are (t - w, t]. Columns after equipment_id and t, all float64:
    `<channel>_<mean|std|min|max>_<w>h` (channel's unit), `<channel>_trend` (mean of the shortest less that of the
    longest window), `errors_<code>_24h` (count), `hours_since_maintenance_<component>`, `hours_since_failure`,
    `age_years`, `model_<model>` and `type_<type>` (1 or 0). NaN is: not known.
    """
    channels = [c.removesuffix("_mean") for c in metrics.columns if c.endswith("_mean")]
    channels = [c for c in channels if metrics[f"{c}_mean"].notna().any()]
    codes = sorted(events.loc[events["kind"] == "error", "code"].dropna().unique())
    components = sorted(events.loc[events["kind"] == "maintenance", "component"].dropna().unique())
    by_machine = dict(tuple(events.groupby("equipment_id", observed=True)))
    parts = []
    for machine, rows in metrics.sort_values("last_reading_time").groupby("equipment_id", observed=True):
        own = by_machine.get(machine, events.iloc[:0])
        t = _nanoseconds(rows["last_reading_time"])
        columns = {
            **_rolling(rows, t, channels, windows_hours),
            **{f"errors_{code}_24h": _count(own, "error", "code", code, t) for code in codes},
            **{f"hours_since_maintenance_{c}": _since(own, "maintenance", c, t) for c in components},
            "hours_since_failure": _since(own, "failure", None, t),
        }
        part = pd.DataFrame(columns, index=rows.index)
        part.insert(0, "equipment_id", machine)
        part.insert(1, "t", rows["last_reading_time"])
        parts.append(part)
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=KEYS)
    return _with_machine(whole, equipment)


def _rolling(rows: pd.DataFrame, t: Times, channels: Sequence[str], windows_hours: Sequence[int]) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    shortest, longest = min(windows_hours), max(windows_hours)
    for hours in windows_hours:
        inside = _windows(t, hours)
        for channel in channels:
            for statistic, source in zip(_STATISTICS, ("mean", "mean", "min", "max"), strict=True):
                values = rows[f"{channel}_{source}"].to_numpy(np.float64)
                found[f"{channel}_{statistic}_{hours}h"] = _reduce(values, inside, statistic)
    for channel in channels:
        found[f"{channel}_trend"] = found[f"{channel}_mean_{shortest}h"] - found[f"{channel}_mean_{longest}h"]
    return found


def _windows(t: Times, hours: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """For each row, the rows of its window as a matrix of indices, and which of them count."""
    row = np.arange(len(t))
    start = np.searchsorted(t, t - hours * _HOUR_NS, side="right")
    width = int((row - start).max()) + 1 if len(t) else 1
    index = row[:, None] - np.arange(width)[::-1]
    return np.maximum(index, 0), index >= start[:, None]


def _reduce(values: Floats, window: tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]], statistic: str) -> Floats:
    """Computed per window, not carried along, so that a row's bits do not depend on how far back the data go."""
    index, inside = window
    block = np.where(inside, values[index], np.nan)
    count = np.count_nonzero(~np.isnan(block), axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        if statistic == "min":
            return np.fmin.reduce(block, axis=1)
        if statistic == "max":
            return np.fmax.reduce(block, axis=1)
        mean = np.nansum(block, axis=1) / np.where(count > 0, count, np.nan)
        if statistic == "mean":
            return np.asarray(mean, np.float64)
        squares = np.nansum((block - mean[:, None]) ** 2, axis=1)
        return np.asarray(np.sqrt(squares / np.where(count > 1, count - 1, np.nan)), np.float64)


def _count(own: pd.DataFrame, kind: str, column: str, value: str, t: Times) -> Floats:
    at = np.sort(_nanoseconds(own.loc[(own["kind"] == kind) & (own[column] == value), "event_time"]))
    upto = np.searchsorted(at, t, side="right") - np.searchsorted(at, t - _ERROR_HOURS * _HOUR_NS, side="right")
    return upto.astype(np.float64)


def _since(own: pd.DataFrame, kind: str, component: str | None, t: Times) -> Floats:
    """Hours from the last such event at or before t; NaN before the first."""
    chosen = (own["kind"] == kind) & ((own["component"] == component) if component else True)
    at = np.sort(_nanoseconds(own.loc[chosen, "event_time"]))
    last = np.searchsorted(at, t, side="right") - 1
    if not len(at):
        return np.full(len(t), np.nan)
    return np.where(last >= 0, (t - at[np.maximum(last, 0)]) / _HOUR_NS, np.nan)


def _with_machine(rows: pd.DataFrame, equipment: pd.DataFrame) -> pd.DataFrame:
    """What the machine is. (That a machine exists, and its model, were known before its first reading.)"""
    machine = equipment.set_index("equipment_id").reindex(rows["equipment_id"])
    rows = rows.copy()
    born = pd.to_datetime(machine["commissioned_at"], utc=True).to_numpy("datetime64[ns]")
    age = (rows["t"].to_numpy("datetime64[ns]") - born) / np.timedelta64(1, "h") / (24 * 365.25)
    extra: dict[str, npt.NDArray[np.float64]] = {"age_years": age.astype(np.float64)}
    for column, prefix in (("model", "model"), ("equipment_type", "type")):
        for value in sorted(equipment[column].dropna().unique()):
            extra[f"{prefix}_{value}"] = (machine[column] == value).to_numpy(np.float64)
    return pd.concat([rows, pd.DataFrame(extra, index=rows.index)], axis=1)


def _nanoseconds(times: pd.Series) -> Times:
    return pd.to_datetime(times, utc=True).to_numpy("datetime64[ns]").astype(np.int64)
