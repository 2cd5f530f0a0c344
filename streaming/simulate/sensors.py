"""What a machine's sensors read: its type's levels, load, state, the hall, wear and noise."""

from __future__ import annotations

import numpy as np

from streaming.simulate.draws import draws
from streaming.simulate.machines import CHANNELS, COMPONENTS, NOISE, STATE_SHARE
from streaming.simulate.states import RUNNING
from streaming.simulate.timeline import Timeline
from streaming.simulate.wear import Floats, symptom

WARM_MINUTES = 40.0  # a machine's temperature follows its state with this time constant


def ambient(seconds: Floats, seed: int) -> Floats:
    """Air temperature in the halls in °C, `seconds` after the start: by the hour and the season."""
    phase = float(draws(seed, "ambient").random())
    days = seconds / 86400
    return 20.0 + 3.0 * np.sin(2 * np.pi * days) + 4.0 * np.sin(2 * np.pi * (days / 365.25 + phase))


def readings(story: Timeline, seconds: Floats, seed: int, rng: np.random.Generator) -> dict[str, Floats]:
    """A machine's channels, in the contract's units, at moments given in seconds after the start."""
    minutes = (seconds // 60).astype(np.int64)
    at = story.at(minutes)
    state = story.states[at]
    hour = np.minimum(minutes // 60, len(story.shift_of_hour) - 1)
    shift = story.shift_of_hour[hour]
    intensity = np.where(shift < 0, 0.85, np.append(story.intensity, 0.85)[shift])
    effort = np.where(state == RUNNING, 0.80 + 0.20 * intensity, 1.0)
    wear = {name: symptom(worn) for name, worn in story.wear(minutes).items()}
    values = {}
    for channel in CHANNELS:
        share = np.array(STATE_SHARE[channel])
        level = share[state]
        if channel == "temperature":
            before = share[story.states[np.maximum(at - 1, 0)]]
            level = level + (before - level) * np.exp(-(seconds / 60 - story.changes[at]) / WARM_MINUTES)
        if channel in ("vibration", "current", "temperature"):
            level = level * effort
        for component, effects in COMPONENTS.items():
            level = level * (1 + effects.get(channel, 0.0) * wear[component])
        noise = 1 + NOISE[channel] * rng.standard_normal(len(seconds))
        value = story.machine.type.levels[channel] * story.machine.factors[channel] * level * noise
        if channel == "temperature":
            value = value + 0.5 * (ambient(seconds, seed) - 20.0)
        values[channel] = np.round(np.maximum(value, 0.0), 3).astype(np.float64)
    return values
