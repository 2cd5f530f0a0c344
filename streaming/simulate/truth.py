"""What models and KPIs can be held against: the failures to come, wear, and OEE by shift, as the plant knows them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np

from streaming.simulate.plant import DAYS_AHEAD, Plant
from streaming.simulate.timeline import Timeline
from streaming.simulate.wear import symptom

VISIBLE = 0.2  # symptom from which wear shows against noise: a bearing's vibration is a third higher


def truth(plant: Plant) -> dict[str, Any]:
    """Failures (those of the 30 days after the end too), wear by machine and day, and OEE by machine and shift."""
    return {
        "seed": plant.seed,
        "start": plant.start.isoformat(),
        "end": plant.end.isoformat(),
        "failures": [failure for story in plant.timelines for failure in _failures(plant, story)],
        "wear": [day for story in plant.timelines for day in _wear(plant, story)],
        "oee": [shift for story in plant.timelines for shift in oee(plant, story)],
    }


def _failures(plant: Plant, story: Timeline) -> Iterator[dict[str, Any]]:
    for moment in story.moments:
        if moment.kind == "failure" and plant.time(moment.minute) < plant.end + timedelta(days=DAYS_AHEAD):
            hours = np.arange(moment.minute // 60 + 1) * 60
            hidden = np.flatnonzero(symptom(story.wear(hours)[moment.component]) < VISIBLE)
            since = plant.time(int(hours[hidden[-1]]) if len(hidden) else 0)
            yield {
                "equipment_id": story.machine.equipment_id,
                "component": moment.component,
                "time": plant.time(moment.minute).isoformat(),
                "in_history": moment.minute < plant.history_minutes,
                "sudden": moment.sudden,
                "visible_since": None if moment.sudden else since.isoformat(),
            }


def _wear(plant: Plant, story: Timeline) -> Iterator[dict[str, Any]]:
    days = np.arange(1, plant.history_minutes // 1440 + 1) * 1440
    wear = {name: np.round(values, 4) for name, values in story.wear(days - 1).items()}
    for number, day in enumerate(days.tolist()):
        worn = {name: float(values[number]) for name, values in wear.items()}
        yield {"equipment_id": story.machine.equipment_id, "at": plant.time(day).isoformat(), "wear": worn}


def oee(plant: Plant, story: Timeline) -> Iterator[dict[str, Any]]:
    """OEE by shift, counted within the history: availability × performance × quality (docs/kpis.md).

    availability: running / (shift - planned downtime); performance: ideal cycle time × units / running;
    quality: good units / units. A factor is null where there is nothing to divide by; OEE is 0 where time was planned
    and nothing was made, and null only where none was planned.
    """
    hours = plant.history_minutes // 60
    ideal = np.array([p.ideal_cycle_time for p in plant.products])
    for number, (shift, day) in enumerate(story.shifts):
        length, running, planned, unplanned = (int(m) * 60 for m in story.minutes_of_shift[number])
        if not length:
            continue
        own = np.flatnonzero(story.shift_of_hour[:hours] == number)
        units, good = int(story.units[own].sum()), int(story.good_units[own].sum())
        needed = units * float(ideal[story.product[number]])
        factors = [
            running / (length - planned) if length > planned else None,
            needed / running if running else None,
            good / units if units else None,
        ]
        availability, performance, quality = factors
        whole = None if availability is None else float(np.prod([f or 0.0 for f in factors]))
        yield {
            "equipment_id": story.machine.equipment_id,
            "plant_id": story.machine.plant_id,
            "shift": shift,
            "shift_date": day.isoformat(),
            "shift_seconds": length,
            "running_seconds": running,
            "planned_down_seconds": planned,
            "unplanned_down_seconds": unplanned,
            "units": units,
            "good_units": good,
            "availability": availability,
            "performance": performance,
            "quality": quality,
            "oee": whole,
        }
