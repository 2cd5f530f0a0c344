"""A message to people, and how it can fail to arrive."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from millwright.errors import MillwrightError, Unavailable


class Undelivered(Unavailable):
    """Nobody has the message. Worth another try."""


class Refused(MillwrightError):
    """The other side will never take this very message."""


@dataclass(frozen=True)
class Notice:
    """A message: something is the matter (`raised`), or is over (`cleared`).

    Both have the same `notice_id`. `title` is one sentence; `about` are further facts, as JSON takes them.
    """

    notice_id: str
    state: Literal["raised", "cleared"]
    severity: Literal["warning", "critical"]
    title: str
    time: datetime
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The same whenever this message is sent: by it a receiver drops a second copy."""
        return f"{self.notice_id}/{self.state}"

    @property
    def line(self) -> str:
        """The title on one line, without characters that no header takes."""
        return " ".join("".join(c if c.isprintable() else " " for c in self.title).split())
