"""Scores by event, as a person on the shop floor counts: failures foreseen, how long before, false alarms."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.scores import Mask

_HOURS_A_MONTH = 24 * 365.25 / 12


def by_event(rows: pd.DataFrame, predicted: Mask, horizon_hours: float, step_hours: float = 1.0) -> dict[str, float]:
    """Scores of alarms; `rows`: equipment_id, slot, time, next_failure, sorted by machine and time.

    A failure is foreseen when any row within its horizon was predicted; its lead time runs from the first such row.
    An alarm is a run of predicted rows of one machine, going on over silences of up to the horizon. It is false when
    no failure follows within the horizon of any of its rows; undecided when it is not older than the horizon and lasts
    up to the machine's last row, so that rows to come may still prove it right: `event_precision_strict` counts it as
    false, the others leave it out. Lead times in hours, a machine-month is 730.5 h of rows.
    """
    horizon = pd.Timedelta(hours=horizon_hours)
    frame = rows.assign(predicted=predicted, lead=rows["next_failure"] - rows["time"])
    ahead = frame[frame["lead"] <= horizon]
    failures = ahead.groupby(["equipment_id", "next_failure"])["predicted"].any()
    leads = ahead[ahead["predicted"]].groupby(["equipment_id", "next_failure"])["lead"].max().dt.total_seconds() / 3600
    alarms, undecided = _alarms(frame, horizon)
    strictly = float(alarms.sum()) / len(alarms) if len(alarms) else float("nan")
    alarms = alarms[~undecided]
    months = len(frame.drop_duplicates(["equipment_id", "slot"])) * step_hours / _HOURS_A_MONTH
    right, all_alarms, all_failures = float(alarms.sum()), float(len(alarms)), float(len(failures))
    recall = float(failures.mean()) if len(failures) else float("nan")
    precision = right / all_alarms if all_alarms else float("nan")
    both = precision + recall
    return {
        "failures": all_failures,
        "failures_foreseen": float(failures.sum()),
        "event_recall": recall,
        "event_precision": precision,
        "event_precision_strict": strictly,
        "event_f1": 2 * precision * recall / both if both > 0 else (0.0 if all_failures else float("nan")),
        "median_lead_hours": float(leads.median()) if len(leads) else float("nan"),
        "alarms": all_alarms,
        "alarms_undecided": float(undecided.sum()),
        "false_alarms": all_alarms - right,
        "false_alarms_per_machine_month": (all_alarms - right) / months if months else float("nan"),
    }


def _alarms(frame: pd.DataFrame, horizon: pd.Timedelta) -> tuple[Mask, Mask]:
    """By alarm, whether a failure followed, and whether that is not known yet."""
    predicted = frame[frame["predicted"]]
    if predicted.empty:
        return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    silence = predicted.groupby("equipment_id")["time"].diff()
    # A failure ends an alarm: what is predicted after it is about the next one.
    another = predicted.groupby("equipment_id")["next_failure"].transform(lambda c: c.ne(c.shift()) & c.shift().notna())
    alarm = (silence.isna() | (silence > horizon) | another.astype(bool)).cumsum()
    grouped = predicted.assign(right=predicted["lead"] <= horizon).groupby(alarm)
    right = grouped["right"].any().to_numpy(dtype=bool)
    newest = grouped["equipment_id"].first().map(frame.groupby("equipment_id")["time"].max())
    lasts = (grouped["time"].max() == newest) & (newest - grouped["time"].min() <= horizon)
    return right, ~right & lasts.to_numpy(dtype=bool)


def blocks(rows: pd.DataFrame) -> pd.DataFrame:
    """What a bootstrap draws: `block`, the rows before one failure, or any other machine-day; `stratum`, which of both.

    `rows` with fails as well.
    """
    fails = rows["fails"].to_numpy(dtype=bool)
    until = rows["next_failure"].astype(str).where(fails, rows["time"].dt.floor("D").astype(str))
    return rows.assign(block=rows["equipment_id"].astype(str) + "|" + until, stratum=fails.astype(np.int64))
