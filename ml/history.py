"""What a model learns from: a plant's readings by hour, its events and its machines."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

STATISTICS = ("mean", "min", "max")  # of each channel within the hour
EVENT_KINDS = ("error", "maintenance", "failure")
_TABLES = ("readings", "events", "equipment")


@dataclass(frozen=True)
class History:
    """Times are UTC, all three frames sorted by machine and time.

    `readings`: one row per machine and hour: equipment_id, hour (its start), time (of its newest reading), and
    `<channel>_mean`, `_min`, `_max`. `events`: one row per error, maintenance or failure: equipment_id, event_time,
    kind, code, component. `equipment`: one row per machine and change: equipment_id, valid_from, commissioned_at,
    and categories. `known_until` is the newest event time of the whole events stream: what happened up to then is
    known.
    """

    readings: pd.DataFrame
    events: pd.DataFrame
    equipment: pd.DataFrame
    known_until: pd.Timestamp | None

    @property
    def watermark(self) -> pd.Timestamp | None:
        """The data's clock: the plant's newest reading."""
        return None if self.readings.empty else self.readings["time"].max()

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels that the readings have columns for."""
        return tuple(c.removesuffix("_mean") for c in self.readings.columns if c.endswith("_mean"))

    @property
    def sha(self) -> str:
        """The same for the same rows: late data that changes an hour changes it."""
        digest = hashlib.sha256(str(self.known_until).encode())
        for name in _TABLES:
            frame: pd.DataFrame = getattr(self, name)
            digest.update(json.dumps(list(frame.columns)).encode())
            digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
        return digest.hexdigest()

    def save(self, folder: Path) -> None:
        """Write the frames as Parquet into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _TABLES:
            getattr(self, name).to_parquet(folder / f"{name}.parquet", index=False)
        (folder / "known_until.txt").write_text("" if self.known_until is None else self.known_until.isoformat())


def load_history(folder: Path) -> History:
    """What `History.save` wrote."""
    frames = {name: pd.read_parquet(folder / f"{name}.parquet") for name in _TABLES}
    until = (folder / "known_until.txt").read_text()
    return History(**frames, known_until=pd.Timestamp(until) if until else None)
