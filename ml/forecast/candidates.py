"""The ways to foretell by name: how each is fitted, and how it goes into files and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ml.forecast import linear
from ml.forecast.by_prophet import HISTORY as PROPHET_HISTORY
from ml.forecast.by_prophet import ByProphet
from ml.forecast.grid import Counts, Floats, Panel
from ml.forecast.naive import Mean, Seasonal, Trend
from ml.forecast.statistical import HISTORY, Statistical
from ml.spec.forecast import ForecastSpec

MOST_WINDOW = 1008  # a week of ten minutes; a fit costs the window's cube
MOST_ALONE = 6_000_000  # series times window squared, such as 53 of 336: 200 MB of sums of dlinear's
MOST_SERIES = 20  # a model a series costs seconds each; with more series such candidates are left out


class Fitted(Protocol):
    """Foretells a panel of the series that it was fitted on."""

    def forecast(self, panel: Panel, origins: Counts, steps: int) -> Floats: ...


@dataclass(frozen=True)
class Way:
    """A candidate with one choice of its parameters."""

    name: str
    settings: dict[str, Any]

    @property
    def label(self) -> str:
        """For people: `nlinear window=336 penalty=0.1`."""
        return " ".join([self.name, *(f"{key}={value}" for key, value in self.settings.items())])

    @property
    def looks_back(self) -> int:
        """Steps before an origin without which it cannot tell what it would."""
        kind = {"nlinear": "window", "dlinear": "window", "seasonal_naive": "season"}.get(self.name, "")
        return int(self.settings.get(kind, 1))


def ways(spec: ForecastSpec, panel: Panel, seasons: tuple[int, ...], shortest: int) -> Iterator[Way]:
    """Every candidate with every choice of parameters that a history of `shortest` steps allows."""
    channels = {channel for _, channel in panel.series}
    # Weights of one series alone learn its noise; those of a channel in all machines what is not this machine's own.
    shares = ["all"] if len(channels) == len(panel.series) else ["channel", "none"]
    for candidate in spec.candidates:
        for asked in candidate.settings():
            if candidate.name == "seasonal_naive":
                found = [{"season": asked["season"]}] if "season" in asked else [{"season": s} for s in seasons]
            elif candidate.name in ("nlinear", "dlinear"):
                windows = [asked["window"]] if "window" in asked else _windows(seasons, spec.horizon)
                penalties = [asked["penalty"]] if "penalty" in asked else [0.01, 0.1, 1.0]
                found = [
                    {"window": window, "penalty": penalty, "share": share}
                    for share in ([asked["share"]] if "share" in asked else shares)
                    for window in windows
                    for penalty in penalties
                    if window + spec.horizon <= shortest
                    and (share != "none" or "share" in asked or len(panel.series) * window**2 <= MOST_ALONE)
                ]
            else:
                found = [asked]
            yield from (Way(candidate.name, settings) for settings in found)


def _windows(seasons: tuple[int, ...], horizon: int) -> list[int]:
    """Two and fourteen of the shortest season, two of the longest or at least one, and the horizon; in rising order."""
    short, long = min(seasons), max(seasons)
    usual = {2 * short, 14 * short, 2 * long if 2 * long <= MOST_WINDOW else long, horizon}
    found = {window for window in usual if 1 < window <= MOST_WINDOW}
    return sorted(found if found - {horizon} else found | {MOST_WINDOW})


def left_out(spec: ForecastSpec, series: int) -> dict[str, str]:
    """Candidates that are not tried, with the reason."""
    out: dict[str, str] = {}
    for candidate in spec.candidates:
        most = candidate.parameters.get("most_series", MOST_SERIES)
        if candidate.name in ("prophet", "auto_ets", "auto_arima") and series > int(most):  # type: ignore[arg-type]
            out[candidate.name] = f"left out: {series} series, and its most_series is {most}"
    return out


def fit(way: Way, panel: Panel, spec: ForecastSpec, seasons: tuple[int, ...], sums: dict[Any, Any]) -> Fitted:
    """Learn from all of the panel. `sums` keeps what linear candidates of the same window have in common."""
    given = way.settings
    if way.name == "mean":
        return Mean.fit(panel)
    if way.name == "trend":
        return Trend.fit(panel)
    if way.name == "last":
        return Seasonal(1)
    if way.name == "seasonal_naive":
        return Seasonal(given["season"])
    if way.name == "prophet":
        return ByProphet.fit(panel, seasons[0], spec.seed, given.get("history", PROPHET_HISTORY))
    if way.name in ("auto_ets", "auto_arima"):
        return Statistical.fit(way.name, panel, given.get("season", seasons[0]), given.get("history", HISTORY))
    group = groups(panel, given["share"])
    key = (way.name, given["window"], given["share"], len(panel.index))
    if key not in sums:
        sums[key] = linear.moments(way.name, panel.values, given["window"], spec.horizon, group)
    return linear.solve(way.name, panel.values, given["window"], group, given["penalty"], sums[key])


def groups(panel: Panel, share: str) -> Counts:
    """Of each series the number of the group whose weights it shares."""
    if share == "none":
        return np.arange(len(panel.series), dtype=np.int64)
    names = ["" if share == "all" else channel for _, channel in panel.series]
    order = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([order[name] for name in names], dtype=np.int64)


KINDS: dict[str, type] = {
    kind.__name__: kind for kind in (Mean, Trend, Seasonal, linear.Linear, Statistical, ByProphet)
}
