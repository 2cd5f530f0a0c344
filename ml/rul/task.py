"""Task `rul`: how long will a unit last, with intervals, learned from units that ran to failure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ml.data import Data
from ml.rul import estimators, scores
from ml.rul.examples import Floats, capped, judged_rows, left, of, units
from ml.rul.fit import fitted
from ml.rul.model import RulModel, load
from ml.rul.read import ENTITY, TIME, read
from ml.sources.all_there import all_there
from ml.spec.rul import RulSpec
from ml.task import Judged

LEAST_UNITS = 3  # that may be learned from
FACTORS = 5


class RulTask:
    """Implements `ml.task.Task`."""

    def read(self, spec: RulSpec, newest: bool = False) -> Data:
        """The readings, whole: the age of a unit counts from its first."""
        return read(spec, newest)

    def too_little(self, data: Data, spec: RulSpec) -> str:
        """Why nothing can be learned, in one sentence; empty when something can."""
        parts = units(data, spec)
        if len(parts.known) < LEAST_UNITS or not parts.train or not parts.validation:
            return f"Only {len(parts.known)} units are there to learn from; at least {LEAST_UNITS} are needed."
        readings = data.frames["readings"]
        life = left(readings, spec.cap)[of(readings, parts.train)]
        if not (~np.isnan(life)).any() or np.nanmax(life) == 0:
            return "No row that trains lies before a failure: is entity the unit, and time its age?"
        _, judged, truth = judged_rows(data, spec)
        if not (judged & ~np.isnan(truth)).any():
            return "No unit is left to test on."
        return ""

    def fit(self, data: Data, spec: RulSpec) -> RulModel:
        """The candidate that is best on units it has not seen."""
        return fitted(data, spec)

    def load(self, folder: Path) -> RulModel:
        """What `RulModel.save` wrote."""
        return load(folder)

    def evaluate(self, model: RulModel, data: Data, spec: RulSpec) -> Judged:
        """The last row of each stopped unit, or every row of the test units; the truth is capped as the label was."""
        readings, judged, truth = judged_rows(data, spec)
        judged = judged & ~np.isnan(truth)
        told = model.answer(model.features(readings)[judged])
        rows = scores.rows(readings[ENTITY][judged], told, capped(truth[judged], spec.cap))
        whole = scores.metrics(rows.assign(life=truth[judged]))
        return Judged({**scores.metrics(rows), "rmse_not_capped": whole["rmse"], "mae_not_capped": whole["mae"]}, rows)

    def baseline(self, data: Data, spec: RulSpec) -> tuple[str, Judged]:
        """The better of the mean remaining life, and the mean life less the unit's age."""
        readings, judged, truth = judged_rows(data, spec)
        judged = judged & ~np.isnan(truth)
        known = data.frames["readings"]
        mine = of(known, units(data, spec).known)
        life = left(known, spec.cap)[mine]
        ages = known[TIME] - known.groupby(ENTITY, sort=False)[TIME].transform("first")
        whole = float((ages[mine] + left(known, None)[mine]).groupby(known[ENTITY][mine]).last().mean())
        age = (readings[TIME] - readings.groupby(ENTITY, sort=False)[TIME].transform("first")).to_numpy()[judged]
        rules = {
            "mean": np.full(int(judged.sum()), float(np.nanmean(life))),
            "mean life less age": capped(np.maximum(whole - age, 0.0), spec.cap),
        }
        found = {}
        for name, told in rules.items():
            rows = scores.rows(readings[ENTITY][judged], told, capped(truth[judged], spec.cap))
            found[name] = Judged(scores.metrics(rows), rows)
        best = max(found, key=lambda name: self.score(found[name].rows, np.ones(len(found[name].rows)), spec))
        return best, found[best]

    def score(self, rows: pd.DataFrame, weight: Floats, spec: RulSpec) -> float:
        """The spec's metric of weighted rows; higher is better."""
        value = scores.metrics(rows, weight).get(spec.promote.metric, float("nan"))
        if spec.promote.metric.startswith("coverage"):  # good is what was promised, not more
            return -abs(value - float(spec.promote.metric.removeprefix("coverage_")) / 100)
        return -value if spec.promote.metric in spec.LOWER_IS_BETTER else value

    def plots(self, model: RulModel, data: Data, judged: Judged, folder: Path) -> None:
        """predicted.png, residuals.png, importance.png."""
        from ml.rul import plots

        plots.draw(model, judged, folder)

    def predict(self, model: RulModel, data: Data, spec: RulSpec) -> pd.DataFrame:
        """One row a unit at its newest row: for `ml.remaining_life`. Stopped units, where the spec has them."""
        readings = data.frames.get("stopped", data.frames["readings"])
        all_there((spec.test_source or spec.source).place, data.about["channels"], model.channels)
        last = ~readings[ENTITY].duplicated(keep="last").to_numpy()
        table = model.features(readings)[last]
        told = model.answer(table)
        return pd.DataFrame(
            {
                "equipment_id": readings[ENTITY][last].to_numpy(),
                **{name: told[name].to_numpy() for name in ("value", "lower", "upper")},
                "unit": data.about["unit"],
                "factors": _factors(model, table),
            }
        )


def _factors(model: RulModel, table: pd.DataFrame) -> list[list[dict[str, object]]]:
    """Of each row the features that shorten the life most, the greatest first."""
    parts = estimators.contributions(model.estimator, table[model.names])
    values = table[model.names].to_numpy(np.float64)
    out = []
    for row, order in enumerate(np.argsort(parts, axis=1, kind="stable")[:, :FACTORS]):
        out.append(
            [
                {
                    "feature": model.names[at],
                    "label": model.names[at].replace("_", " "),
                    "value": None if np.isnan(values[row, at]) else round(float(values[row, at]), 4),
                    "contribution": round(float(parts[row, at]), 4),
                }
                for at in order
            ]
        )
    return out


TASK = RulTask()
