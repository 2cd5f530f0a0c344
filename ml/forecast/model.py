"""A fitted forecast of many series: which way each is foretold, its intervals, and its files."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ml.forecast.candidates import KINDS, Fitted, Way
from ml.forecast.grid import Counts, Floats, Panel
from ml.forecast.intervals import LEVELS, Bands

KINDS_TOLD = ("value", *(f"{side}_{round(level * 100)}" for level in LEVELS for side in ("lower", "upper")))


@dataclass(frozen=True)
class ForecastModel:
    """`fitted` holds one model a way that was chosen for any series; `chosen` names the series' way in it."""

    series: tuple[tuple[str, str], ...]
    horizon: int
    look_back: int  # steps before an origin that change its forecast
    begin: Any  # the first step of what was learned from
    step: Any  # a pandas frequency, or of a counter its step
    ways: tuple[Way, ...]
    fitted: tuple[Fitted, ...]
    chosen: tuple[int, ...]
    bands: Bands
    least: Floats  # by series: neither a value nor an end of an interval is below
    said: dict[str, Any]  # for people and the registry

    @property
    def described(self) -> dict[str, Any]:
        """The ways that were chosen and for how many series, losses, notes, the training window."""
        counts = Counter(self.ways[number].label for number in self.chosen).most_common()
        return {"chosen": ", ".join(f"{label} ({count} series)" for label, count in counts), **self.said}

    def forecast(self, panel: Panel, origins: Counts) -> Floats:
        """[origin, step, series of the model] as told before each origin."""
        known = panel.of(self.series)
        found = np.empty((len(origins), self.horizon, len(self.series)))
        for number, fitted in enumerate(self.fitted):
            mine = np.array(self.chosen) == number
            if mine.any():
                found[:, :, mine] = fitted.forecast(known, origins, self.horizon)[:, :, mine]
        return np.maximum(found, self.least)

    @property
    def columns(self) -> list[str]:
        """What `answer` takes: `time` is the first step foretold, `before_1` the value of the step before it, without
        gaps; `stretch_80` and `stretch_95` widen the intervals (1: as they were learned).
        """
        past = [f"before_{n}" for n in range(self.look_back, 0, -1)]
        return ["entity", "channel", "time", *(f"stretch_{round(level * 100)}" for level in LEVELS), *past]

    @property
    def example(self) -> pd.DataFrame:
        """Up to three rows that `answer` takes."""
        rows = [[*one, str(self.begin), *(1.0 for _ in LEVELS), *([0.0] * self.look_back)] for one in self.series[:3]]
        return pd.DataFrame(rows, columns=self.columns)

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        """What comes from `time` on: value_1, lower_80_1, upper_80_1, lower_95_1, upper_95_1, value_2 ... by step.

        One row a series and time. Of a series that the model does not know, they are not numbers.
        """
        at = {name: number for number, name in enumerate(self.series)}
        names = [(str(e), str(c)) for e, c in rows[["entity", "channel"]].itertuples(index=False)]
        which = np.array([at.get(name, -1) for name in names])
        past = rows[self.columns[3 + len(LEVELS) :]].to_numpy(np.float64)
        width = rows[self.columns[3 : 3 + len(LEVELS)]].to_numpy(np.float64)
        out = np.full((len(rows), self.horizon, len(KINDS_TOLD)), np.nan)
        for time, at_time in rows.groupby("time", sort=False).indices.items():
            mine = np.asarray(at_time)
            mine = mine[which[mine] >= 0]
            values = np.full((self.look_back, len(self.series)), np.nan)
            values[:, which[mine]] = past[mine].T
            told = self.forecast(Panel(values, self._before(time), self.series), np.array([self.look_back]))[0]
            out[mine, :, 0] = told[:, which[mine]].T
            unit = self.bands.unit(told)
            lowest = self.least[which[mine]][:, None]
            for level in range(len(LEVELS)):
                for side, end in enumerate((self.bands.lower, self.bands.upper)):
                    distance = (end[level] * unit)[:, which[mine]].T * width[mine, level, None]
                    out[mine, :, 1 + 2 * level + side] = np.maximum(out[mine, :, 0] + distance, lowest)
        columns = [f"{kind}_{step + 1}" for step in range(self.horizon) for kind in KINDS_TOLD]
        return pd.DataFrame(out.reshape(len(rows), -1), columns=columns, index=rows.index)

    def _before(self, time: Any) -> pd.DatetimeIndex | pd.RangeIndex:
        if isinstance(self.step, int):
            return pd.RangeIndex(int(time) - self.look_back * self.step, int(time), self.step)
        moment = pd.Timestamp(time)
        moment = moment.tz_localize("UTC") if moment.tz is None else moment
        return pd.date_range(end=moment, periods=self.look_back + 1, freq=self.step)[:-1]

    def save(self, folder: Path) -> None:
        """Write model.json and arrays.npz; the same model gives the same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {f"bands.{k}": v for k, v in dataclasses.asdict(self.bands).items()}
        arrays["least"] = self.least
        fitted = []
        for number, one in enumerate(self.fitted):
            fields = {field.name: getattr(one, field.name) for field in dataclasses.fields(one)}  # type: ignore[arg-type]
            arrays |= {f"{number}.{name}": v for name, v in fields.items() if isinstance(v, np.ndarray)}
            rest = {name: v for name, v in fields.items() if not isinstance(v, np.ndarray)}
            fitted.append({"class": type(one).__name__, **{name: _plain(v) for name, v in rest.items()}})
        said = {
            "series": self.series,
            "horizon": self.horizon,
            "look_back": self.look_back,
            "begin": _plain(self.begin),
            "step": self.step,
            "ways": [dataclasses.asdict(way) for way in self.ways],
            "fitted": fitted,
            "chosen": self.chosen,
            "said": self.said,
        }
        (folder / "model.json").write_text(json.dumps(said, indent=1, sort_keys=True))
        np.savez_compressed(folder / "arrays.npz", **arrays)


def load(folder: Path) -> ForecastModel:
    """What `ForecastModel.save` wrote."""
    said = json.loads((folder / "model.json").read_text())
    with np.load(folder / "arrays.npz", allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    fitted = []
    for number, one in enumerate(said["fitted"]):
        own = {name.partition(".")[2]: v for name, v in arrays.items() if name.startswith(f"{number}.")}
        rest = {name: tuple(v) if isinstance(v, list) else v for name, v in one.items() if name != "class"}
        fitted.append(KINDS[one["class"]](**own, **rest))
    # Models that were made before there were such arrays have none.
    least = arrays.get("least", np.full(len(said["series"]), -np.inf))
    relative = arrays.get("bands.relative", np.zeros(len(said["series"]), dtype=bool))
    return ForecastModel(
        tuple((entity, channel) for entity, channel in said["series"]),
        said["horizon"],
        said["look_back"],
        said["begin"],
        said["step"],
        tuple(Way(**way) for way in said["ways"]),
        tuple(fitted),
        tuple(said["chosen"]),
        Bands(arrays["bands.lower"], arrays["bands.upper"], arrays["bands.paths"], relative),
        least,
        said["said"],
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, pd.Timestamp) else value
