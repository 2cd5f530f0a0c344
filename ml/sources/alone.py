"""Rows of several machines that a spec takes for one."""

from __future__ import annotations

from typing import Any

import pandas as pd

from millwright.errors import MillwrightError
from ml.spec.source import Source

# Rows written twice, or in the hour that a clock shows twice, are few; of three machines two rows of three are not.
_FEW = 0.1


def check_alone(times: pd.Series[Any], source: Source, remedy: str = "") -> None:
    """Raises MillwrightError where more than a tenth of the rows share their moment with one before."""
    again = times.duplicated()
    if not len(times) or again.mean() <= _FEW:
        return
    moment = times[again].iloc[0]
    count = int((times == moment).sum())
    said = moment.isoformat() if isinstance(moment, pd.Timestamp) else f"{moment:g}"
    raise MillwrightError(
        f"{source.place} has {count} rows of {said}, and the spec names no machine: they would be taken as one.",
        f"Give entity, the column that names the machine.{remedy}",
    )
