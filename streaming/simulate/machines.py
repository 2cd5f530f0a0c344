"""The machines: their types, their levels, and what the wear of each component does to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from streaming.simulate.draws import draws

CHANNELS = ("temperature", "vibration", "pressure", "rotation", "voltage", "current")

# Share of the running level in the states running, idle, setup and down.
STATE_SHARE = {
    "temperature": (1.0, 0.62, 0.70, 0.50),
    "vibration": (1.0, 0.08, 0.25, 0.02),
    "pressure": (1.0, 0.80, 0.85, 0.70),
    "rotation": (1.0, 0.0, 0.15, 0.0),
    "voltage": (1.0, 1.004, 1.002, 1.005),
    "current": (1.0, 0.12, 0.30, 0.02),
}
# Standard deviation of a reading, and between machines of one type, as a share of the level.
NOISE = dict(zip(CHANNELS, (0.012, 0.07, 0.015, 0.004, 0.004, 0.025), strict=True))
SPREAD = dict(zip(CHANNELS, (0.03, 0.07, 0.03, 0.01, 0.003, 0.04), strict=True))

# Component → what it does at the end of its life to a channel, as a share of the level.
COMPONENTS: dict[str, dict[str, float]] = {
    "bearing": {"vibration": 1.60, "temperature": 0.36},
    "hydraulics": {"pressure": -0.42, "temperature": 0.20, "vibration": 0.25},
    "spindle": {"rotation": -0.10, "vibration": 1.10, "current": 0.12},
    "motor": {"current": 0.45, "voltage": -0.06, "temperature": 0.30},
}
# Error codes that a worn component makes more likely; E100 comes at any time.
ERROR_CODES = ("E210", "E320", "E430", "E540", "E100")


@dataclass(frozen=True)
class MachineType:
    """A type of machine: levels while running at full load, in the channels' units."""

    name: str
    models: tuple[str, ...]
    levels: dict[str, float]


def _type(name: str, models: tuple[str, ...], *levels: float) -> MachineType:
    return MachineType(name, models, dict(zip(CHANNELS, levels, strict=True)))


TYPES = (
    _type("press", ("HP-400", "HP-630"), 60.0, 3.0, 15000.0, 90.0, 400.0, 60.0),
    _type("cnc_mill", ("VMC-5", "VMC-7X"), 52.0, 1.9, 5000.0, 8000.0, 400.0, 24.0),
    _type("lathe", ("TL-2", "TL-4"), 50.0, 1.7, 3750.0, 2400.0, 400.0, 18.0),
    _type("robot", ("R-6A",), 46.0, 1.15, 665.0, 60.0, 400.0, 12.0),
    _type("conveyor", ("BC-12", "BC-20"), 43.0, 2.45, 500.0, 120.0, 400.0, 9.0),
)
PLANTS = ("north", "lakes", "harbour")


@dataclass(frozen=True)
class Machine:
    """A machine; `factors` is how far each channel lies from its type's level."""

    index: int
    equipment_id: str
    name: str
    type: MachineType
    model: str
    plant_id: str
    line_id: str
    commissioned_at: datetime
    factors: dict[str, float]


def machines(count: int, seed: int, start: datetime) -> list[Machine]:
    """The plant's first `count` machines; one more leaves the others as they are."""
    return [_machine(index, seed, start) for index in range(count)]


def _machine(index: int, seed: int, start: datetime) -> Machine:
    rng = draws(seed, "machine", index)
    kind, plant = TYPES[index % len(TYPES)], PLANTS[index // len(TYPES) % len(PLANTS)]
    line = index // (len(TYPES) * len(PLANTS)) % 4 + 1
    return Machine(
        index=index,
        equipment_id=f"M{index + 1:04d}",
        name=f"{kind.name.replace('_', ' ').capitalize()} {index // len(TYPES) + 1}",
        type=kind,
        model=kind.models[int(rng.integers(len(kind.models)))],
        plant_id=plant,
        line_id=f"{plant}-L{line}",
        commissioned_at=start.replace(hour=0, minute=0, second=0) - timedelta(days=int(rng.integers(200, 5000))),
        factors={channel: 1 + SPREAD[channel] * float(rng.normal()) for channel in CHANNELS},
    )
