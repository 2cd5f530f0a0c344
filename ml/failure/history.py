"""What a failure model learns from: readings by step, events and machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from millwright.errors import MillwrightError
from ml.data import Data
from ml.sources.times import shown

STATISTICS = ("mean", "min", "max")  # of each channel within a step
EVENT_KINDS = ("error", "maintenance", "failure")
ORIGIN = pd.Timestamp("2000-01-01", tz="UTC")  # where a counter's 0 lies: each of its steps counts as an hour
_FARTHEST = 2_000_000  # steps of a counter: no later moment can be told


@dataclass(frozen=True)
class History:
    """Times are UTC, all three frames sorted by machine and time.

    `readings`: one row per machine and step: equipment_id, slot (its start), time (of its newest reading), and
    `<channel>_mean`, `_min`, `_max`. `events`: one row per error, maintenance, failure or change of state:
    equipment_id, event_time, kind, code, component, planned. `equipment`: one row per machine and change:
    equipment_id, valid_from, commissioned_at, and categories. What happened up to `known_until` is known.
    """

    readings: pd.DataFrame
    events: pd.DataFrame
    equipment: pd.DataFrame
    known_until: pd.Timestamp | None
    counter: bool = False
    told: str = ""  # what tells of failures, in a sentence

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels that the readings have columns for."""
        return tuple(c.removesuffix("_mean") for c in self.readings.columns if c.endswith("_mean"))

    def data(self) -> Data:
        """As steps keep it."""
        newest = None if self.readings.empty else self.readings["time"].max()
        until = None if self.known_until is None else self.known_until.isoformat()
        return Data(
            {"readings": self.readings, "events": self.events, "equipment": self.equipment},
            None if newest is None else said(newest, self.counter),
            {"known_until": until, "counter": self.counter, "told": self.told},
        )


def from_data(data: Data) -> History:
    """What `History.data` gave."""
    until: Any = data.about["known_until"]
    frames = data.frames
    return History(
        frames["readings"],
        frames["events"],
        frames["equipment"],
        None if until is None else pd.Timestamp(until),
        bool(data.about["counter"]),
        str(data.about.get("told", "")),
    )


def from_counter(counts: pd.Series[Any], where: str) -> pd.Series[Any]:
    """A counter's values as moments. Raises MillwrightError, which names `where`, for values beyond 2 million."""
    if (beyond := counts[counts.abs() > _FARTHEST]).size:
        raise MillwrightError(
            f"{where} = {beyond.iloc[0]:.0f}: a counter is understood up to {_FARTHEST:,}.",
            "If these are seconds or the like since 1970, say time: {kind: timestamp, …}; else count in longer steps.",
        )
    return ORIGIN + pd.to_timedelta(counts, unit="h")


def said(moment: pd.Timestamp, counter: bool) -> str:
    """A moment as it was before it came here: ISO text, or a counter's value."""
    return shown((moment - ORIGIN) / pd.Timedelta(hours=1) if counter else moment)


def as_given(moments: pd.Series[Any], counter: bool) -> pd.Series[Any]:
    """A column of moments as it was before it came here: itself, or a counter's values."""
    return (moments - ORIGIN) / pd.Timedelta(hours=1) if counter else moments
