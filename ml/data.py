"""What a task reads: frames, how far they reach, and a name for exactly these rows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Data:
    """Frames by name, sorted, times in UTC.

    `watermark` is the data's clock: the newest moment as ISO text, or the counter's greatest value; None without rows.
    `about` is what else a task has to know of them, JSON-able.
    """

    frames: dict[str, pd.DataFrame]
    watermark: str | None
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Of the first frame: the readings."""
        return len(next(iter(self.frames.values())))

    @property
    def sha(self) -> str:
        """The same for the same rows: late data that changes one changes it."""
        digest = hashlib.sha256(json.dumps([self.watermark, self.about], sort_keys=True, default=str).encode())
        for name, frame in sorted(self.frames.items()):
            digest.update(json.dumps([name, *map(str, frame.columns)]).encode())
            digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
        return digest.hexdigest()

    def save(self, folder: Path) -> None:
        """Write a Parquet file a frame, and data.json last."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in self.frames.items():
            frame.to_parquet(folder / f"{name}.parquet", index=False)
        said = {"frames": list(self.frames), "watermark": self.watermark, "about": self.about}
        (folder / "data.json").write_text(json.dumps(said, sort_keys=True))


def is_count(watermark: str) -> bool:
    """Whether a watermark is a counter's value."""
    try:
        float(watermark)
    except ValueError:
        return False
    return True


def load_data(folder: Path) -> Data:
    """What `Data.save` wrote."""
    said = json.loads((folder / "data.json").read_text())
    frames = {name: pd.read_parquet(folder / f"{name}.parquet") for name in said["frames"]}
    return Data(frames, said["watermark"], said["about"])
