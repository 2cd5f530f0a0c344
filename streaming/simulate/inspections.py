"""Inspections: whether a unit is good depends on process, material, hall, operator and wear."""

from __future__ import annotations

from typing import Any

import numpy as np

from millwright.reference_entries import DefectType, Product
from streaming.simulate.draws import draws
from streaming.simulate.machines import PLANTS
from streaming.simulate.sensors import ambient
from streaming.simulate.states import RUNNING
from streaming.simulate.timeline import Timeline
from streaming.simulate.wear import symptom

PER_HOUR = 2.5
BATCH_DAYS = 3
OPERATORS = 14  # a plant


def inspections(
    story: Timeline, day: int, seed: int, products: list[Product], defects: list[DefectType]
) -> dict[str, Any]:
    """Columns of a machine's inspections of one day after the start; `seconds` after the start in place of event_time.

    Units are inspected while the machine runs.
    """
    rng = draws(seed, "inspection", story.machine.index, day)
    seconds = day * 86400 + np.sort(rng.choice(86400, int(rng.poisson(24 * PER_HOUR)), replace=False)).astype(float)
    minutes = (seconds // 60).astype(np.int64)
    shift = story.shift_of_hour[np.minimum(minutes // 60, len(story.shift_of_hour) - 1)]
    kept = (story.states[story.at(minutes)] == RUNNING) & (shift >= 0)
    seconds, minutes, shift = seconds[kept], minutes[kept], shift[kept]
    count, plant = len(seconds), PLANTS.index(story.machine.plant_id)

    operator = (story.machine.index * 5 + shift) % OPERATORS
    experience = np.round(draws(seed, "operators", plant).gamma(2.0, 4.0, OPERATORS), 1)[operator]
    batch = day // BATCH_DAYS
    hardness = 52 + 3 * float(draws(seed, "material", plant, batch).normal()) + 0.4 * rng.standard_normal(count)
    air = ambient(seconds, seed) + 0.6 * rng.standard_normal(count)
    humidity = np.clip(48 - 1.2 * (air - 20) + 8 * rng.standard_normal(count), 5, 95)
    # How far the process lies from its set point, in standard deviations; wear drives it away.
    worn = max_of(story, minutes)
    off = rng.standard_normal((3, count)) + np.array([[1.2], [-0.8], [0.5]]) * worn
    inexperience = np.exp(-experience / 4)
    trouble = {
        "temperature": off[0] ** 2,
        "pressure": off[1] ** 2,
        "speed": off[2] ** 2,
        "hardness": ((hardness - 52) / 3) ** 2,
        "humidity": ((humidity - 48) / 12) ** 2,
    }
    total = 0.45 * sum(trouble.values()) + 1.4 * inexperience + 3.0 * worn
    chance = 1 / (1 + np.exp(-(total - 6.6)))
    bad = rng.random(count) < chance
    # The worse the circumstances, the worse the verdict.
    rank = np.clip(rng.random(count) * 0.75 + 0.25 * chance, 0, 0.999)
    which = np.minimum((rank * len(defects)).astype(np.int64), len(defects) - 1)
    product = np.array([p.product_id for p in products])[story.product[shift]]
    lot = [f"{story.machine.equipment_id}-{n:05d}" for n in shift.tolist()]
    return {
        "seconds": seconds,
        "inspection_id": [f"{story.machine.equipment_id}-{int(s):09d}" for s in seconds],
        "product_id": product.tolist(),
        "lot_id": lot,
        "result": np.where(bad, np.array([d.severity for d in defects])[which], "Good").tolist(),
        "defect_type": [defects[n].defect_type if b else None for n, b in zip(which, bad, strict=True)],
        "process_temperature": np.round(185 + 6 * off[0], 2),
        "process_pressure": np.round(8200 + 240 * off[1], 1),
        "process_speed": np.round(120 + 7 * off[2], 2),
        "material_batch": [f"{story.machine.plant_id}-B{batch:04d}"] * count,
        "material_hardness": np.round(np.clip(hardness, 0, 100), 2),
        "ambient_temperature": np.round(air, 2),
        "ambient_humidity": np.round(humidity, 1),
        "operator_id": [f"{story.machine.plant_id}-{n:02d}" for n in operator.tolist()],
        "operator_experience": np.clip(experience, 0, 60),
    }


def max_of(story: Timeline, minutes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The symptom of the component that is worn most, at these minutes."""
    return np.asarray(np.max([symptom(worn) for worn in story.wear(minutes).values()], axis=0))
