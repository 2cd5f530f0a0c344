"""Reads units that ran to failure, and units that were stopped before with what was left of their life."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from millwright.errors import MillwrightError
from ml.data import Data
from ml.sources.channels import channels
from ml.sources.read import Read, named, reader
from ml.sources.times import is_counter, shown, times
from ml.spec.rul import RulSpec
from ml.spec.source import Source
from ml.spec.split import ColumnSplit

ENTITY, TIME, LABEL, PART = "entity", "time", "label", "part"


def read(spec: RulSpec, newest: bool = False) -> Data:
    """Frame `readings`: entity (text), time (a counter, or hours since 1970), a column a channel, and where the spec
    has them label and part; `stopped` like it; `truth`: entity, left. With `newest`, `readings` are of the units that
    a prediction speaks of, those that were stopped where the spec has them, and a label need not be there.

    Raises Missing and MillwrightError as `ml.sources` does, and where truth and units do not fit together.
    """
    with reader() as source:
        place = spec.test_source if newest and spec.test_source is not None else spec.source
        found = source(place)
        named(found, place, () if newest else spec.ignore)
        readings, names, counter = _readings(found, spec, place, None, newest)
        frames = {"readings": readings}
        if spec.test_source is not None and not newest:
            frames["stopped"], _, _ = _readings(source(spec.test_source), spec, spec.test_source, names)
            if spec.test_truth is not None:
                frames["truth"] = _truth(source, spec, frames["stopped"])
    about = {"channels": names, "unit": spec.time.column if counter else "h"}
    ends = [float(frame[TIME].max()) for frame in frames.values() if TIME in frame and len(frame)]
    if not ends:
        return Data(frames, None, about)
    return Data(frames, shown(max(ends) if counter else pd.Timestamp(max(ends), unit="h", tz="UTC")), about)


def _readings(
    found: pd.DataFrame, spec: RulSpec, source: Source, names: list[str] | None, newest: bool = False
) -> tuple[pd.DataFrame, list[str], bool]:
    part = spec.split.column if isinstance(spec.split, ColumnSplit) else None
    if names is not None or newest:
        part = part if part in found.columns else None
    named(found, source, [c for c in (spec.entity, spec.time.column, part) if c is not None])
    if spec.label is not None and names is None and not newest:
        named(found, source, [spec.label])
    others = (spec.entity, spec.time.column, spec.label, part, *spec.ignore)
    names = channels(found, spec.channels if names is None else tuple(names), others, source, empty=newest)
    time = times(found[spec.time.column], spec.time, source)
    counter = is_counter(time)
    hours: Any = time if counter else (time - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(hours=1)
    columns: dict[str, Any] = {ENTITY: found[spec.entity].astype(str), TIME: hours.astype(np.float64)}
    if spec.label is not None and spec.label in found.columns:
        columns[LABEL] = pd.to_numeric(found[spec.label], errors="coerce").astype(np.float64)
    if part is not None:
        columns[PART] = found[part].astype(str)
    values = found[names].astype(np.float64)
    out = pd.concat([pd.DataFrame(columns), values.where(np.isfinite(values))], axis=1)
    order = out[ENTITY].map({name: number for number, name in enumerate(pd.unique(out[ENTITY]))})
    out = out.assign(_order=order).sort_values(["_order", TIME], ignore_index=True, kind="stable")
    return out.drop(columns="_order"), names, counter


def _truth(source: Read, spec: RulSpec, stopped: pd.DataFrame) -> pd.DataFrame:
    """What was left of each stopped unit: by its name, or, in a file without names, in the order of the units."""
    place = spec.test_truth
    assert place is not None
    found = source(place)
    units = pd.unique(stopped[ENTITY])
    others = [name for name in found.columns if name != spec.entity and pd.api.types.is_numeric_dtype(found[name])]
    if not others:
        raise MillwrightError(f"{place.place} has no column of numbers: the remaining life was expected.")
    column = spec.label if spec.label in others else others[-1]
    left = found[column].astype(np.float64)
    if (left < 0).any():
        raise MillwrightError(
            f"{place.place}, column {column!r} = {left[left < 0].iloc[0]:g}: a remaining life from 0 was expected.",
            "If another column holds it, name that as label.",
        )
    if spec.entity in found.columns:
        out = pd.DataFrame({ENTITY: found[spec.entity].astype(str), "left": left})
        unknown = sorted(set(units) - set(out[ENTITY]))
        if unknown:
            raise MillwrightError(f"{place.place} says nothing of the unit {unknown[0]!r}.")
        return out[out[ENTITY].isin(units)].reset_index(drop=True)
    if len(found) != len(units):
        raise MillwrightError(
            f"{place.place} has {len(found)} rows, and test_source {len(units)} units: one row a unit was expected.",
            f"Or add the column {spec.entity!r} to it.",
        )
    return pd.DataFrame({ENTITY: units, "left": left.to_numpy()})
