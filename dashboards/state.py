"""What the dashboards keep in the state folder: passwords, keys and ids, readable by their owner only."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from millwright.settings import settings


def kept(name: str) -> dict[str, Any]:
    """What dashboards/<name>.json holds; nothing when there is none."""
    path = _path(name)
    return dict(json.loads(path.read_text())) if path.exists() else {}


def keep(name: str, values: dict[str, Any]) -> None:
    """Write dashboards/<name>.json whole, so that a kill leaves the old or the new."""
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(values, file, indent=2, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _path(name: str) -> Path:
    return settings().state_dir / "dashboards" / f"{name}.json"
