"""What the alerts know of each partition, kept with the offset it stands for: one file, replaced in one step."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from millwright.errors import MillwrightError
from streaming.alerts.watch import Machine, State


@dataclass
class Position:
    """A partition's state after all records before `offset`; `topic_id` tells a topic from its successor."""

    topic_id: str
    offset: int = 0
    state: State = field(default_factory=dict)


def load(folder: Path, topic: str, partition: int, topic_id: str) -> Position:
    """The saved position; a new one where there is none, or where the topic was made anew since.

    Raises MillwrightError for a file that cannot be read.
    """
    path = _path(folder, topic, partition)
    try:
        raw = json.loads(path.read_text())
        state = {name: Machine(**known) for name, known in raw["state"].items()}
        saved = Position(raw["topic_id"], int(raw["offset"]), state)
    except FileNotFoundError:
        return Position(topic_id)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MillwrightError(
            f"{path} is damaged: {error}.", "Remove it: the alerts then read the topic anew and repeat the same ids."
        ) from None
    return saved if saved.topic_id == topic_id else Position(topic_id)


def save(folder: Path, topic: str, partition: int, position: Position) -> None:
    """Replace the partition's file; after a crash there is the old one or the new one, never part of one."""
    path = _path(folder, topic, partition)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    with beside.open("w") as file:
        json.dump(asdict(position), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def _path(folder: Path, topic: str, partition: int) -> Path:
    return folder / topic / f"{partition}.json"
