"""What the errors of an object store say."""

from __future__ import annotations

import re


def refused(error: Exception) -> bool:
    """Whether the server has answered, and would answer the same again."""
    found = re.search(r"status code: 4(\d\d)", str(error))
    return found is not None and found[1] not in ("08", "29")  # too slow, too many


def code(error: Exception) -> str:
    """The error code in a server's answer: NoSuchKey, NoSuchBucket, …; "" when there was none."""
    found = re.search(r"<Code>(\w+)</Code>", str(error))
    return found[1] if found else ""


def told(error: Exception) -> str:
    """The one sentence of an error that is worth telling."""
    text = str(error)
    for pattern in (r"<Message>(.+?)\.?</Message>", r'message: "([^"]+)"', r"(operation timed out)"):
        if found := re.search(pattern, text):
            return found[1]
    return text.splitlines()[0].rpartition(" - ")[2].rstrip(".")
