"""CHANGELOG.md, as https://keepachangelog.com has it: whether a version is told of, and what is told."""

from __future__ import annotations

import re

from millwright.errors import MillwrightError

_SECTION = r"^## \[{version}\] - (?P<date>.+)\n(?P<text>(?:(?!^## ).*\n?)*)"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def section(changelog: str, version: str) -> tuple[str | None, str]:
    """Date (None: not yet released) and text of a version's section.

    Raises MillwrightError when there is none, or it is empty.
    """
    found = re.search(_SECTION.format(version=re.escape(version)), changelog, re.MULTILINE)
    if found is None or not found["text"].strip():
        raise MillwrightError(
            f"CHANGELOG.md says nothing of version {version}.",
            f"Write what changed for users under `## [{version}] - <date>`.",
        )
    date = found["date"].strip()
    return (date if _DATE.fullmatch(date) else None), found["text"].strip()
