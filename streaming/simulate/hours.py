"""What a machine makes in an hour, and the error codes it shows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from streaming.simulate.draws import draws
from streaming.simulate.machines import ERROR_CODES, Machine
from streaming.simulate.wear import Floats, Ints


def made(machine: Machine, running: Ints, ideal_cycle_time: Floats, signs: Floats, seed: int) -> tuple[Ints, Ints]:
    """Units and good units by hour, from minutes run, s a unit, and the components' symptoms (component × hour)."""
    rng = draws(seed, "units", machine.index)
    worst = signs.max(axis=0)
    pace = np.clip(0.93 - 0.10 * worst + 0.03 * rng.standard_normal(len(running)), 0.5, 0.995)
    units = np.floor(running * 60 * pace / np.maximum(ideal_cycle_time, 1e-3)).astype(np.int64)
    good = draws(seed, "good", machine.index).binomial(units, 1 - (0.012 + 0.07 * worst))
    return units, good


def errors(machine: Machine, running: npt.NDArray[np.bool_], signs: Floats, seed: int) -> list[tuple[int, str]]:
    """Minutes and codes of errors: rare at any time, frequent once a component shows its wear; only while running."""
    found: list[tuple[int, str]] = []
    rates = [*(0.0006 + 0.09 * signs**1.5), np.full(signs.shape[1], 0.002)]  # an hour
    for code, rate in enumerate(rates):
        rng = draws(seed, "error", machine.index, code)
        happens, when = rng.random((len(rate), 2)).T
        hours = np.flatnonzero(happens < rate)
        minutes = hours * 60 + (when[hours] * 60).astype(np.int64)
        found += [(minute, ERROR_CODES[code]) for minute in minutes[running[minutes]].tolist()]
    return sorted(found)
