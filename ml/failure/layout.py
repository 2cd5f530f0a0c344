"""Which features a model knows, learned from its training part and kept with the model."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import pandas as pd

from ml.failure import trends
from ml.failure.history import EVENT_KINDS, History
from ml.failure.schedule import usual_span
from ml.spec.failure import FailureSpec
from ml.spec.span import hours

WINDOW_STATISTICS = ("mean", "std", "min", "max")
NOT_SAID = "any"  # an error without a code, a maintenance without a component


@dataclass(frozen=True)
class Layout:
    """The features by what they are made of; training and serving build the same columns from it. Spans in hours."""

    step_hours: float
    channels: tuple[str, ...]
    windows_hours: tuple[float, ...]
    trends_days: tuple[int, ...]
    events_windows_hours: tuple[float, ...]
    codes: tuple[str, ...]  # of errors
    components: tuple[str, ...]  # that were maintained
    planned: bool  # whether events tell planned maintenance
    repairs: bool  # whether a failure is followed by a maintenance: until then the machine lies broken
    usage: bool
    categories: tuple[tuple[str, str], ...]  # column of the machines' table, value
    service_hours: float | None = None  # the usual span between planned maintenances, if it is heeded and regular

    @property
    def names(self) -> list[str]:
        """The feature columns, in the model's order."""
        windows = [
            f"{c}_{statistic}_{w:g}h"
            for c in self.channels
            for w in self.windows_hours
            for statistic in WINDOW_STATISTICS
        ]
        work = ("use_24h", "use_7d") if self.usage else ()
        use = (f"use_since_maintenance_{component}" for component in self.components if self.usage)
        return [
            *windows,
            *(f"{c}_{trend}" for c in self.channels for trend in ("trend", "lag_24h") if self.windows_hours),
            *(f"{c}_{name}_{d}d" for c in self.channels for d in self.trends_days for name in trends.NAMES),
            *(f"errors_{code}_{w:g}h" for code in self.codes for w in self.events_windows_hours),
            *(f"hours_since_maintenance_{component}" for component in self.components),
            *(("hours_since_any_maintenance",) if self.components and self.trends_days else ()),
            *(("days_known",) if self.trends_days else ()),
            *(("hours_since_planned_maintenance",) if self.planned else ()),
            *work,
            *use,
            "age_years",
            *(f"{column}_is_{value}" for column, value in self.categories),
        ]

    def steps(self, span_hours: float) -> int:
        """A span in whole steps, one at least."""
        return max(1, round(span_hours / self.step_hours))

    @property
    def lookback_steps(self) -> int:
        """Readings older than so many steps do not matter to a prediction."""
        shortest = min(self.windows_hours, default=0.0)
        longest = max(*self.windows_hours, shortest + 24, *(d * 24.0 + 24 for d in self.trends_days))
        return self.steps(longest) + 1

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Layout:
        """What `as_dict` gave, or its JSON."""
        return cls(
            **{field.name: _tuples(raw[field.name]) for field in fields(cls) if field.name != "service_hours"}
            | {"service_hours": raw.get("service_hours")}
        )


def _tuples(value: Any) -> Any:
    return tuple(_tuples(inner) for inner in value) if isinstance(value, (list, tuple)) else value


def learn_layout(history: History, spec: FailureSpec, until: pd.Timestamp) -> Layout:
    """The layout of what was seen up to `until`, the end of the training part."""
    readings = history.readings[history.readings["time"] <= until]
    events = history.events[history.events["event_time"] <= until]
    machines = history.equipment[history.equipment["equipment_id"].isin(set(readings["equipment_id"]))]
    machines = machines[machines["valid_from"] <= until]
    maintained = events[events["kind"] == "maintenance"]
    return Layout(
        step_hours=hours(spec.step),
        channels=tuple(c for c in history.channels if readings[f"{c}_mean"].notna().any()),
        windows_hours=tuple(sorted({hours(window) for window in spec.windows})),
        trends_days=tuple(sorted({max(2, round(hours(span) / 24)) for span in spec.trends})),
        events_windows_hours=tuple(sorted({hours(window) for window in spec.events_windows})),
        codes=_values(events.loc[events["kind"] == "error", "code"].fillna(NOT_SAID)),
        components=_values(maintained["component"].fillna(NOT_SAID)),
        # A day ahead it tells nothing, and one feature of noise more is one more to learn by heart.
        planned=bool(spec.trends) and bool(maintained["planned"].any()),
        repairs=_repairs(events),
        # Without a single state there is nothing that tells work from rest.
        usage=spec.usage is not None and (not spec.usage.kinds or bool((~events["kind"].isin(EVENT_KINDS)).any())),
        categories=tuple((column, value) for column in spec.machines.categories for value in _values(machines[column])),
        service_hours=usual_span(events) if spec.heed_schedule else None,
    )


def _repairs(events: pd.DataFrame) -> bool:
    """Whether nine of ten failures, and three at least, have a maintenance of the machine within a week."""
    failures = events.loc[events["kind"] == "failure", ["equipment_id", "event_time"]].sort_values("event_time")
    done = events.loc[events["kind"] == "maintenance", ["equipment_id", "event_time"]].sort_values("event_time")
    if len(failures) < 3 or done.empty:
        return False
    done = done.assign(done=done["event_time"])
    week = pd.Timedelta(days=7)
    found = pd.merge_asof(failures, done, on="event_time", by="equipment_id", direction="forward", tolerance=week)
    return bool(found["done"].notna().mean() >= 0.9)


def _values(column: pd.Series[Any]) -> tuple[str, ...]:
    return tuple(sorted(str(value) for value in column.dropna().unique()))
