"""Reads what happened to machines, and what they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from millwright.errors import MillwrightError
from ml.failure.history import from_counter
from ml.sources.read import Read, named
from ml.sources.times import is_counter, times
from ml.sources.yes import says_yes
from ml.spec.failure import FailureSpec, Label
from ml.spec.source import Source, Time

COLUMNS = ["equipment_id", "event_time", "kind", "code", "component", "planned"]
_ONE = "all"
_TABLES = {
    "errors": ("error", "code"),
    "maintenance": ("maintenance", "component"),
    "failures": ("failure", "component"),
}


def events(spec: FailureSpec, read: Read, counter: bool) -> tuple[pd.DataFrame, pd.Timestamp | None]:
    """All events, and the newest moment that they reach, of machines without readings too."""
    parts = [pd.DataFrame(columns=COLUMNS)]
    if spec.source.events is not None:
        parts.append(_table(read(spec.source.events), spec, spec.source.events, None, None, counter))
    for name, (kind, tells) in _TABLES.items():
        source: Source | None = getattr(spec.source, name)
        if source is not None:
            parts.append(_table(read(source), spec, source, kind, tells, counter))
    parts = [part for part in parts if len(part)] or parts[:1]
    found = pd.concat(parts, ignore_index=True)
    found["event_time"] = pd.to_datetime(found["event_time"], utc=True).astype("datetime64[us, UTC]")
    for name in ("code", "component"):
        found[name] = found[name].astype(object).where(found[name].notna(), None)
    return found, found["event_time"].max() if len(found) else None


def _table(
    raw: pd.DataFrame, spec: FailureSpec, source: Source, kind: str | None, tells: str | None, counter: bool
) -> pd.DataFrame:
    columns = spec.events
    when = columns.time or next((c for c in ("event_time", spec.time.column) if c in raw), spec.time.column)
    named(raw, source, [when, *([spec.entity] if spec.entity else []), *([columns.kind] if kind is None else [])])
    out = pd.DataFrame(
        {
            "equipment_id": raw[spec.entity].astype(str) if spec.entity else _ONE,
            "event_time": _moments(raw[when], spec.time.model_copy(update={"column": when}), source, counter),
            "kind": raw[columns.kind].astype(str) if kind is None else kind,
        },
        index=raw.index,
    )
    rest = [c for c in raw.columns if c not in (spec.entity, when)]
    for name in ("code", "component", "planned"):
        column = getattr(columns, name)
        if column is not None and column not in raw and kind is None:
            named(raw, source, [column])
        # A table of one kind has hardly more than the column that tells which.
        column = column if column in raw else rest[0] if name == tells and len(rest) == 1 else name
        out[name] = raw.get(column)
    for name in ("code", "component"):
        out[name] = out[name].map(lambda value: None if pd.isna(value) else str(value))
    out["planned"] = says_yes(out["planned"])
    return out[COLUMNS]


def _moments(column: pd.Series[Any], time: Time, source: Source, counter: bool) -> pd.Series[Any]:
    found = times(column, time, source)
    if is_counter(found) != counter:
        kinds = ("a counter", "timestamps") if counter else ("timestamps", "a counter")
        raise MillwrightError(
            f"{source.place}, column {time.column!r}: {kinds[0]} expected as in the readings, not {kinds[1]}."
        )
    return from_counter(found, f"{source.place}, column {time.column!r}") if counter else found


def labelled(raw: pd.DataFrame, keys: pd.DataFrame, label: Label, source: Source) -> pd.DataFrame:
    """Failures told by a column of the readings: the first row of each run in which it says so."""
    named(raw, source, [label.column])
    said = raw[label.column]
    wanted = [str(value) for value in label.values]
    fails = said.astype(str).isin(wanted) if wanted else says_yes(said)
    rows = keys.assign(fails=fails.to_numpy(bool)).sort_values(["equipment_id", "time"], kind="stable")
    before = rows.groupby("equipment_id")["fails"].shift(fill_value=False)
    begins = rows[rows["fails"] & ~before]
    return pd.DataFrame(
        {
            "equipment_id": begins["equipment_id"],
            "event_time": begins["time"],
            "kind": "failure",
            "code": None,
            "component": None,
            "planned": False,
        }
    )[COLUMNS]


def machines(spec: FailureSpec, read: Read, readings: pd.DataFrame, counter: bool) -> pd.DataFrame:
    """One row per machine and change: equipment_id, valid_from, commissioned_at, and the categories as text."""
    source, columns = spec.source.machines, spec.machines
    always = pd.Timestamp("1970-01-01", tz="UTC")
    if source is None:
        names = sorted(set(readings["equipment_id"]))
        out = pd.DataFrame({"equipment_id": names, "valid_from": always, "commissioned_at": pd.NaT})
    else:
        raw = read(source)
        given = (columns.valid_from, columns.commissioned_at, columns.age_years, *columns.categories)
        named(raw, source, [c for c in (spec.entity, *given) if c is not None])
        out = pd.DataFrame({"equipment_id": raw[spec.entity].astype(str) if spec.entity else _ONE}, index=raw.index)
        out["valid_from"] = _when(raw, columns.valid_from, spec, source, counter, always)
        out["commissioned_at"] = _when(raw, columns.commissioned_at, spec, source, counter, pd.NaT)
        if columns.age_years is not None and len(readings):
            years = pd.to_numeric(raw[columns.age_years], errors="coerce").astype(np.float64)
            out["commissioned_at"] = readings["time"].min() - pd.to_timedelta((years * 8766).round(), unit="h")
        for name in columns.categories:
            out[name] = raw[name].map(lambda value: None if pd.isna(value) else str(value))
    for name in ("valid_from", "commissioned_at"):
        out[name] = pd.to_datetime(out[name], utc=True).astype("datetime64[us, UTC]")
    return out.sort_values(["equipment_id", "valid_from"], kind="stable").reset_index(drop=True)


def _when(
    raw: pd.DataFrame, column: str | None, spec: FailureSpec, source: Source, counter: bool, otherwise: Any
) -> pd.Series[Any]:
    if column is None:
        return pd.Series(otherwise, index=raw.index)
    there = raw[column].dropna()
    return _moments(there, spec.time.model_copy(update={"column": column}), source, counter).reindex(raw.index)
