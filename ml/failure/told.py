"""What tells failures, in a sentence: for those who wonder why none was found."""

from __future__ import annotations

from typing import Any

import pandas as pd

from millwright.errors import MillwrightError
from ml.sources.counted import MOST, counted
from ml.sources.yes import says_yes
from ml.spec.failure import FailureSpec, Label
from ml.spec.source import Source


def by_label(column: pd.Series[Any], label: Label, source: Source) -> str:
    """What a column of labels holds, and whether any of it is a failure."""
    holds = f"column {label.column!r} of {source.place} holds {counted(column)}"
    if label.values:
        wanted = [str(value) for value in label.values]
        if not column.astype(str).isin(wanted).any():
            return f"{holds}; none is {' or '.join(map(repr, label.values))}"
        every = column.astype(str).isin(wanted).all()
    else:
        every = says_yes(column).all()
    return f"{holds}; every row says failure, and only the first of such a run is one" if every else holds


def ask_values(column: pd.Series[Any], label: Label, source: Source) -> None:
    """Raises MillwrightError for a label of words of which it is not plain which are failures."""
    if label.values or pd.api.types.is_numeric_dtype(column) or column.notna().sum() == 0:
        return
    yes, kinds = says_yes(column), column.dropna().nunique()
    if kinds > 2 or (kinds == 2 and column.notna().all() and yes.all()):
        raise MillwrightError(
            f"Column {label.column!r} of {source.place} holds {counted(column)}: it is not plain which are failures.",
            f"Name them: label: {{column: {label.column}, values: [...]}}.",
        )


def by_events(events: pd.DataFrame, machines: set[str], spec: FailureSpec) -> str:
    """Of which kinds events are, or that the machines that failed have no readings."""
    failures = events[events["kind"] == "failure"]
    source = spec.source.failures or spec.source.events
    place = "" if source is None else source.place
    if failures.empty:
        kinds = counted(events["kind"]) if len(events) else "nothing"
        return f"{place} holds {kinds}; none is 'failure'" if spec.source.failures is None else f"{place} is empty"
    strange = sorted(set(failures["equipment_id"]) - machines)
    if strange and len(strange) == failures["equipment_id"].nunique():
        return f"the failures in {place} are of {_few(strange)}, and the readings of {_few(sorted(machines))}"
    return f"{place} holds {len(failures)} failures"


def _few(names: list[str]) -> str:
    return ", ".join(names[:MOST]) + (f" and {len(names) - MOST} others" if len(names) > MOST else "")
