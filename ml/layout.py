"""Which features a model knows, learned from its training part and kept with the model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from ml.history import History
from ml.spec import Spec

WINDOW_STATISTICS = ("mean", "std", "min", "max")
NOT_SAID = "any"  # an error without a code, a maintenance without a component


@dataclass(frozen=True)
class Layout:
    """The features by what they are made of; training and serving build the same columns from it."""

    channels: tuple[str, ...]
    windows_hours: tuple[int, ...]
    events_window_hours: int
    codes: tuple[str, ...]  # of errors
    components: tuple[str, ...]  # that were maintained
    categories: tuple[tuple[str, str], ...]  # column of dim_equipment, value

    @property
    def names(self) -> list[str]:
        """The feature columns, in the model's order."""
        windows = [
            f"{c}_{statistic}_{w}h"
            for c in self.channels
            for w in self.windows_hours
            for statistic in WINDOW_STATISTICS
        ]
        trends = [f"{c}_{trend}" for c in self.channels for trend in ("trend", "lag_24h")]
        return [
            *windows,
            *trends,
            *(f"errors_{code}_{self.events_window_hours}h" for code in self.codes),
            *(f"hours_since_maintenance_{component}" for component in self.components),
            "age_years",
            *(f"{column}_is_{value}" for column, value in self.categories),
        ]

    @property
    def lookback_hours(self) -> int:
        """Readings older than this do not matter to a prediction."""
        return max(max(self.windows_hours), min(self.windows_hours) + 24) + 1

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Layout:
        return cls(
            channels=tuple(raw["channels"]),
            windows_hours=tuple(raw["windows_hours"]),
            events_window_hours=raw["events_window_hours"],
            codes=tuple(raw["codes"]),
            components=tuple(raw["components"]),
            categories=tuple((column, value) for column, value in raw["categories"]),
        )


def learn_layout(history: History, spec: Spec, until: pd.Timestamp) -> Layout:
    """The layout of what was seen up to `until`, the end of the training part."""
    readings = history.readings[history.readings["time"] <= until]
    events = history.events[history.events["event_time"] <= until]
    machines = history.equipment[history.equipment["equipment_id"].isin(set(readings["equipment_id"]))]
    machines = machines[machines["valid_from"] <= until]
    return Layout(
        channels=tuple(c for c in history.channels if readings[f"{c}_mean"].notna().any()),
        windows_hours=tuple(sorted(set(spec.windows_hours))),
        events_window_hours=spec.events_window_hours,
        codes=_values(events.loc[events["kind"] == "error", "code"].fillna(NOT_SAID)),
        components=_values(events.loc[events["kind"] == "maintenance", "component"].fillna(NOT_SAID)),
        categories=tuple((column, value) for column in spec.categories for value in _values(machines[column])),
    )


def _values(column: pd.Series[Any]) -> tuple[str, ...]:
    return tuple(sorted(str(value) for value in column.dropna().unique()))
