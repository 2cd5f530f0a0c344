"""What any part of the platform that raises alerts has to agree upon: how an alert is named."""

from __future__ import annotations

import hashlib


def alert_id(subject: str, about: str, rule: str, severity: str, time: int) -> str:
    """The id of an alert: the same whenever it is computed.

    `subject` is the machine or stream; `about` the channel, code, component or test, or empty; `time` (µs) that of what
    raised it, of silence that of the last record before it.
    """
    text = f"{subject}\0{about}\0{rule}\0{severity}\0{time}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]
