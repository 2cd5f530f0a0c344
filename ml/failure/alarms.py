"""Scores by event, as a person on the shop floor counts: failures foreseen, how long before, false alarms."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.failure.past_events import moments
from ml.scores import Mask

Rows = NDArray[np.int64]
_HOURS_A_MONTH = 24 * 365.25 / 12
_HOUR = 3_600_000_000  # in microseconds


def by_event(rows: pd.DataFrame, predicted: Mask, horizon_hours: float, step_hours: float = 1.0) -> dict[str, float]:
    """Scores of one set of alarms, as `Events.scores` gives them."""
    return Events(rows, horizon_hours, step_hours).scores(predicted)


class Events:
    """The failures that rows lie before: made once, any number of thresholds can be tried on them."""

    def __init__(self, rows: pd.DataFrame, horizon_hours: float, step_hours: float = 1.0) -> None:
        """`rows`: equipment_id, slot, time, next_failure, maintained, sorted by machine and time."""
        self._rows, self._step_hours = rows, step_hours
        self._horizon = round(horizon_hours * _HOUR)
        self._machine = pd.factorize(rows["equipment_id"])[0]
        self._time = moments(rows["time"]).astype(np.int64)
        # -1 where none is known
        self._failure = (
            rows.groupby(["equipment_id", "next_failure"], sort=False).ngroup().fillna(-1).astype(np.int64).to_numpy()
        )
        self._lead = moments(rows["next_failure"]).astype(np.int64) - self._time
        self._ahead = (self._failure >= 0) & (self._lead <= self._horizon)
        self._maintained = rows["maintained"].to_numpy(dtype=bool)
        self._failures = len(np.unique(self._failure[self._ahead]))

    @cached_property
    def _months(self) -> float:
        return len(self._rows.drop_duplicates(["equipment_id", "slot"])) * self._step_hours / _HOURS_A_MONTH

    def scores(self, predicted: Mask) -> dict[str, float]:
        """Scores of alarms.

        A failure is foreseen when any row within its horizon was predicted; its lead time runs from the first such row.
        An alarm is a run of predicted rows of one machine, going on over silences of up to the horizon. It is false
        when no failure follows within the horizon of any of its rows; undecided when it is not older than the horizon
        and lasts up to the machine's last row, so that rows to come may still prove it right: `event_precision_strict`
        counts it as false, the others leave it out. `false_alarms_maintained`: of the false ones, those with a
        maintenance within the horizon of any of their rows; whether it forestalled a failure nobody knows. Lead times
        in hours, a machine-month is 730.5 h of rows.
        """
        right, undecided, maintained = self._alarms(np.flatnonzero(predicted))
        foreseen = np.flatnonzero(self._ahead & predicted)
        _, first = np.unique(self._failure[foreseen], return_index=True)
        leads = self._lead[foreseen][first] / _HOUR
        alarms, all_right = float((~undecided).sum()), float(right.sum())
        recall = len(first) / self._failures if self._failures else float("nan")
        precision = all_right / alarms if alarms else float("nan")
        both = precision + recall
        return {
            "failures": float(self._failures),
            "failures_foreseen": float(len(first)),
            "event_recall": recall,
            "event_precision": precision,
            "event_precision_strict": all_right / len(right) if len(right) else float("nan"),
            "event_f1": 2 * precision * recall / both if both > 0 else (0.0 if self._failures else float("nan")),
            "median_lead_hours": float(np.median(leads)) if len(leads) else float("nan"),
            "alarms": alarms,
            "alarms_undecided": float(undecided.sum()),
            "false_alarms": alarms - all_right,
            "false_alarms_maintained": float((maintained & ~right & ~undecided).sum()),
            "false_alarms_per_machine_month": (alarms - all_right) / self._months if self._months else float("nan"),
        }

    def _alarms(self, predicted: Rows) -> tuple[Mask, Mask, Mask]:
        """By alarm, whether a failure followed, whether that is not known yet, whether a maintenance followed."""
        if not len(predicted):
            none = np.zeros(0, dtype=bool)
            return none, none, none
        machine, time, failure = self._machine[predicted], self._time[predicted], self._failure[predicted]
        # A failure ends an alarm: what is predicted after it is about the next one.
        another = (np.diff(machine) != 0) | (np.diff(time) > self._horizon) | (np.diff(failure) != 0)
        begins = np.concatenate([[0], np.flatnonzero(another) + 1])
        ends = np.concatenate([begins[1:], [len(predicted)]]) - 1
        right = np.logical_or.reduceat(self._ahead[predicted], begins)
        newest = self._newest[predicted[begins]]
        lasts = (time[ends] == newest) & (newest - time[begins] <= self._horizon)
        return right, ~right & lasts, np.logical_or.reduceat(self._maintained[predicted], begins)

    @cached_property
    def _newest(self) -> Rows:
        """By row, when its machine was last read."""
        newest = np.zeros(self._machine.max(initial=-1) + 1, dtype=np.int64)
        np.maximum.at(newest, self._machine, self._time)
        return newest[self._machine]


def blocks(rows: pd.DataFrame) -> pd.DataFrame:
    """What a bootstrap draws: `block`, the rows before one failure, or any other machine-day; `stratum`, which of both.

    `rows` with fails as well.
    """
    fails = rows["fails"].to_numpy(dtype=bool)
    until = rows["next_failure"].astype(str).where(fails, rows["time"].dt.floor("D").astype(str))
    return rows.assign(block=rows["equipment_id"].astype(str) + "|" + until, stratum=fails.astype(np.int64))
