"""Reads what a forecast learns from: readings, and the limits of each machine's channels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from millwright.reference import read as reference
from ml.data import Data
from ml.forecast.crossing import Bound
from ml.forecast.grid import Panel, regular
from ml.sources.alone import check_alone
from ml.sources.channels import channels
from ml.sources.read import named, reader
from ml.sources.times import is_counter, shown, times
from ml.sources.units import check_units
from ml.spec.forecast import ForecastSpec

ENTITY, TIME, ALONE = "entity", "time", "all"


def read(spec: ForecastSpec, newest: bool = False) -> Data:
    """Frame `readings`: entity (text), time, one column a channel; with limits by reference also `machines`.

    Raises Missing and MillwrightError as `ml.sources` does.
    """
    column = spec.time.column
    keys = [key for key in (spec.entity, column) if key is not None]
    with reader() as source:
        found = source(spec.source, None if spec.channels == "all" else [*keys, *spec.channels])
        if spec.channels == "all":  # of chosen columns the reader has seen to it
            named(found, spec.source, [*keys, *(() if newest else spec.ignore)])
        frames = {}
        if spec.machines is not None and spec.entity is not None:
            machines = (
                source(spec.machines, [spec.entity, spec.machine_type])
                .dropna()
                .drop_duplicates([spec.entity], keep="last")
            )
            frames["machines"] = pd.DataFrame(
                {
                    ENTITY: machines[spec.entity].astype(str).to_numpy(),
                    "type": machines[spec.machine_type].astype(str).to_numpy(),
                }
            ).sort_values(ENTITY, ignore_index=True)
    names = channels(found, spec.channels, (spec.entity, column, *spec.ignore), spec.source)
    values = found[names].apply(pd.to_numeric, errors="coerce").astype(np.float64)
    values = values.where(np.isfinite(values))
    readings = pd.DataFrame(
        {
            ENTITY: ALONE if spec.entity is None else found[spec.entity].astype(str),
            TIME: times(found[column], spec.time, spec.source),
        }
    )
    if spec.entity is None and "combine" not in spec.model_fields_set:
        check_alone(readings[TIME], spec.source, " Or say what becomes of them: combine: mean, or sum.")
    if not newest:
        check_units(spec, is_counter(readings[TIME]), ("split.gap",))
    readings = pd.concat([readings, values], axis=1).sort_values([ENTITY, TIME], ignore_index=True, kind="stable")
    watermark = shown(readings[TIME].max()) if len(readings) else None
    about = {"channels": names, "step": None if spec.step is None else str(spec.step), "combine": spec.combine}
    return Data({"readings": readings, **frames}, watermark, about)


def panel(data: Data) -> Panel:
    """The readings on the spec's grid, without series that hold nothing."""
    about = data.about
    found = regular(data.frames["readings"], ENTITY, TIME, tuple(about["channels"]), about["step"], about["combine"])
    held = np.flatnonzero((~np.isnan(found.values)).any(axis=0))
    return Panel(found.values[:, held], found.index, tuple(found.series[number] for number in held))


def bounds(
    data: Data, spec: ForecastSpec, series: tuple[tuple[str, str], ...]
) -> dict[tuple[str, str], tuple[Bound, ...]]:
    """The limits of each series that has any."""
    if spec.limits != "reference":
        return {
            one: tuple(bound for limit in spec.limits if limit.channel == one[1] for bound in _of(limit))
            for one in series
        }
    entries = {(limit.equipment_type, limit.channel): limit for limit in reference("alarm_limits")}
    machines = data.frames.get("machines")
    types = {} if machines is None else dict(zip(machines[ENTITY], machines["type"], strict=True))
    found = {}
    for entity, channel in series:
        kind = types.get(entity, "*")
        # In this order, as the marts have it: "*" stands for what is not named.
        keys = ((kind, channel), (kind, "*"), ("*", channel), ("*", "*"))
        limit = next((entries[key] for key in keys if key in entries), None)
        found[entity, channel] = () if limit is None else _of_reference(limit)
    return found


def _of(limit: Any) -> tuple[Bound, ...]:
    given = (("warning", limit.warning), ("critical", limit.critical))
    return tuple(Bound(severity, value, limit.above) for severity, value in given if value is not None)


def _of_reference(limit: Any) -> tuple[Bound, ...]:
    given = [
        (severity, getattr(limit, f"{severity}_{side}"), side == "high")
        for severity in ("warning", "critical")
        for side in ("low", "high")
    ]
    return tuple(Bound(severity, value, above) for severity, value, above in given if value is not None)
