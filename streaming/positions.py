"""What a service knows of each partition, kept with the offset it stands for: one file, replaced in one step."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from millwright.errors import MillwrightError

S = TypeVar("S")


def replace(path: Path, *parts: bytes) -> None:
    """Make a file anew of its parts; after a crash there is the old one or the new one, never part of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


@dataclass
class Position(Generic[S]):
    """A partition's state after all records before `offset`; `topic_id` tells a topic from its successor."""

    topic_id: str
    offset: int
    state: S


@dataclass(frozen=True)
class Positions(Generic[S]):
    """A service's positions in a folder of its own, `<topic>/<partition>.state`: a line of JSON, then the state.

    `fresh` makes the state before the first record; `dump` and `load` make bytes of a state and a state of bytes.
    """

    folder: Path
    fresh: Callable[[], S]
    dump: Callable[[S], bytes]
    load: Callable[[bytes], S]

    def read(self, topic: str, partition: int, topic_id: str) -> Position[S]:
        """The saved position; a new one where there is none, or where the topic was made anew since.

        Raises MillwrightError for a file that cannot be read.
        """
        saved = self._read(topic, partition)
        return saved if saved and saved.topic_id == topic_id else Position(topic_id, 0, self.fresh())

    def peek(self, topic: str, partition: int) -> S:
        """The saved state, whichever topic of this name it is of; a fresh one where there is none. Raises as `read`."""
        saved = self._read(topic, partition)
        return saved.state if saved else self.fresh()

    def _read(self, topic: str, partition: int) -> Position[S] | None:
        path = self._path(topic, partition)
        try:
            head, _, rest = path.read_bytes().partition(b"\n")
            about = json.loads(head)
            return Position(str(about["topic_id"]), int(about["offset"]), self.load(rest))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            raise MillwrightError(
                f"{path} is damaged: {error}.",
                "Remove it: the topic is then read anew, and what was sent before is sent again, the same.",
            ) from None

    def save(self, topic: str, partition: int, position: Position[S]) -> None:
        """Replace the partition's file; after a crash there is the old one or the new one, never part of one."""
        head = json.dumps({"topic_id": position.topic_id, "offset": position.offset}).encode()
        replace(self._path(topic, partition), head, b"\n", self.dump(position.state))

    def _path(self, topic: str, partition: int) -> Path:
        return self.folder / topic / f"{partition}.state"
