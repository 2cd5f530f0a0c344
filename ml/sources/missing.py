"""When data are not there."""

from __future__ import annotations

from millwright.errors import MillwrightError


class Missing(MillwrightError):
    """A table that has not been built yet, or a file that is not there."""
