"""Reads a history of machines, from the warehouse or from files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from millwright.errors import MillwrightError
from ml.data import Data
from ml.failure import read_events, told
from ml.failure.history import STATISTICS, History, from_counter
from ml.failure.lookback import lookback_hours
from ml.sources.alone import check_alone
from ml.sources.channels import channels
from ml.sources.read import Read, named, reader
from ml.sources.times import is_counter, times
from ml.sources.units import check_units
from ml.spec.failure import FailureSpec
from ml.spec.source import Source, Time
from ml.spec.span import hours

ONE = "all"  # the machine's name where a source has but one
_SPANS = ("horizon", "step", "windows", "trends", "events_windows", "train_every", "split.gap")
SILENT_AFTER_HOURS = 7 * 24  # a machine whose last reading is older, by the data's clock, gets no prediction


def read(spec: FailureSpec, newest: bool = False) -> Data:
    """A spec's history; with `newest`, readings of a week and of what its features look back upon.

    Events and machines always come whole: "hours since" may reach far back. With `newest` a label's column may be
    missing: what is known of failures is then what tables tell.
    """
    with reader() as read_source:
        return _history(spec, read_source, newest).data()


def _history(spec: FailureSpec, read_source: Read, newest: bool) -> History:
    source = spec.source.readings
    recent = (spec.time.column, SILENT_AFTER_HOURS + lookback_hours(spec)) if newest else None
    raw = read_source(source, None, recent)
    named(raw, source, [spec.time.column, *([spec.entity] if spec.entity else [])])
    moments, counter = moments_of(raw[spec.time.column], spec.time, source)
    if not newest:
        named(raw, source, spec.ignore)
        check_units(spec, counter, _SPANS)
    if spec.entity is None:
        # A counter comes as moments here, and is named as it came.
        check_alone(raw[spec.time.column] if counter else moments, source)
    machine = raw[spec.entity].astype(str) if spec.entity else pd.Series(ONE, index=raw.index)
    keys = pd.DataFrame({"equipment_id": machine, "time": moments})
    found = _channels(raw, spec, source, newest)
    if spec.usage is not None and spec.usage.channel is not None and f"{spec.usage.channel}_mean" not in found:
        there = ", ".join(str(c).removesuffix("_mean") for c in found if str(c).endswith("_mean"))
        raise MillwrightError(f"usage.channel = {spec.usage.channel!r}: expected one of the channels {there}.")
    readings = by_step(pd.concat([keys, found], axis=1), hours(spec.step))
    events, reach = read_events.events(spec, read_source, counter)
    machines_read = set(readings["equipment_id"])
    if spec.label is not None and not (newest and spec.label.column not in raw):
        named(raw, source, [spec.label.column])
        if not newest:
            told.ask_values(raw[spec.label.column], spec.label, source)
        by_what = told.by_label(raw[spec.label.column], spec.label, source)
        events = pd.concat([events, read_events.labelled(raw, keys, spec.label, source)], ignore_index=True)
    else:
        by_what = told.by_events(events, machines_read, spec)
    known = [reach, *([readings["time"].max()] if spec.alone and len(readings) else [])]
    known = [moment for moment in known if moment is not None]
    events = events[events["equipment_id"].isin(machines_read)]
    order = ["equipment_id", "event_time", "kind", "code", "component"]
    events = events.sort_values(order, kind="stable").drop_duplicates().reset_index(drop=True)
    machines = read_events.machines(spec, read_source, readings, counter)
    return History(readings, events, machines, max(known) if known else None, counter, by_what)


def moments_of(column: pd.Series[Any], time: Time, source: Source) -> tuple[pd.Series[Any], bool]:
    """Moments in UTC, and whether they were a counter."""
    found = times(column, time, source)
    if not is_counter(found):
        return found, False
    moments = from_counter(found, f"{source.place}, column {time.column!r}")
    return moments.astype("datetime64[us, UTC]"), True


def _channels(raw: pd.DataFrame, spec: FailureSpec, source: Source, newest: bool) -> pd.DataFrame:
    """`<channel>_mean`, `_min`, `_max`: as the source has them, or all three the reading itself."""
    summed = [str(c).removesuffix("_mean") for c in raw if str(c).endswith("_mean")]
    summed = [c for c in summed if {f"{c}_min", f"{c}_max"} <= set(raw.columns)]
    if spec.channels != "all":
        if missing := [name for name in spec.channels if name not in summed and name not in raw.columns]:
            raise MillwrightError(
                f"channels = {', '.join(map(repr, missing))}: {source.place} has no such channel.",
                f"There are {', '.join(summed or map(str, raw.columns))}.",
            )
        wanted = list(spec.channels)
    elif summed:
        wanted = summed
    else:
        others = (spec.entity, spec.time.column, spec.label.column if spec.label else None, *spec.ignore)
        wanted = channels(raw, "all", others, source, empty=newest)
    plain = [name for name in wanted if name not in summed]
    channels(raw, tuple(plain), (), source)
    return pd.DataFrame(
        {f"{c}_{s}": raw[c if c in plain else f"{c}_{s}"].astype(np.float64) for c in wanted for s in STATISTICS}
    )


def by_step(rows: pd.DataFrame, step_hours: float) -> pd.DataFrame:
    """One row per machine and step: equipment_id, slot, time, and the channels' means, least and greatest."""
    step = pd.Timedelta(hours=step_hours)
    slot = rows["time"].dt.floor(step).astype("datetime64[us, UTC]")
    rows = rows.assign(slot=slot).sort_values(["equipment_id", "time"], kind="stable")
    names = [c for c in rows.columns if c not in ("equipment_id", "slot", "time")]
    if rows.duplicated(["equipment_id", "slot"]).any():
        how = {c: c.rpartition("_")[2] for c in names}
        rows = rows.groupby(["equipment_id", "slot"], as_index=False, sort=True).agg({"time": "max", **how})
    return rows[["equipment_id", "slot", "time", *names]].reset_index(drop=True)
