"""A column of time as moments in UTC, or as a counter."""

from __future__ import annotations

from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from millwright.errors import MillwrightError
from ml.spec.source import Source, Time

_ZONE = r"\d\d:\d\d.*(?:Z|[+-]\d\d:?\d\d)$"
_UNITS = ("s", "ms", "us", "ns")
_DATES: tuple[str, ...] = (
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y/%m/%d",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y.%m.%d",
    "%d-%b-%Y",
    "%d %b %Y",
)
_DATES += ("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%b-%y", "%b %d %Y", "%b %d, %Y")
_CLOCKS = ("", " %H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %I:%M:%S %p", " %I:%M %p")


def times(column: pd.Series[Any], time: Time, source: Source) -> pd.Series[Any]:
    """`datetime64[us, UTC]` or float64, as `time` says it or as it looks.

    Raises MillwrightError for a value that is no time, an unknown time zone, and dates that may be read in two ways.
    """
    where = f"{source.place}, column {time.column!r}"
    if (empty := int(column.isna().sum())) > 0:
        first = int(column.isna().to_numpy().argmax()) + 1
        raise MillwrightError(
            f"{where}: {empty} of {len(column)} rows have no time; the first is row {first}.",
            "It is empty there, or a word for nothing such as n/a or null: mend such rows, or leave them out.",
        )
    if pd.api.types.is_datetime64_any_dtype(column):
        return _utc(column, time, where)
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        if time.kind == "counter" or (time.kind == "auto" and time.format not in _UNITS):
            return column.astype(np.float64)
        unit = time.format if time.format in _UNITS else _unit(float(column.abs().max()) if len(column) else 0.0)
        found: Any = pd.to_datetime(column, unit=cast(Any, unit), utc=True)
        return _micro(found)
    text = column.astype(str).str.strip()
    if time.kind == "counter":
        raise MillwrightError(f"{where} = {text.iloc[0]!r}: a number was expected of a counter.")
    return _utc(_parsed(text, time, where), time, where)


def is_counter(column: pd.Series[Any]) -> bool:
    """Whether `times` gave a counter."""
    return not isinstance(column.dtype, pd.DatetimeTZDtype)


def shown(moment: Any) -> str:
    """ISO text of a moment, or a counter's value as people write it: 303, not 303.0."""
    return str(moment.isoformat()) if hasattr(moment, "isoformat") else f"{moment:.15g}"


def _unit(greatest: float) -> str:
    """Of a number since 1970: whichever puts it into this age (until the year 5138)."""
    return next((unit for unit, limit in zip(_UNITS, (1e11, 1e14, 1e17), strict=False) if greatest < limit), "ns")


def _utc(moments: Any, time: Time, where: str) -> pd.Series[Any]:
    if moments.dt.tz is None:
        try:
            zone = ZoneInfo(time.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise MillwrightError(f"time.timezone = {time.timezone!r}: there is no such time zone.") from None
        # The hour that a clock shows twice is taken as the second, one that it leaves out as what it jumps to.
        standard = np.zeros(len(moments), dtype=bool)
        moments = moments.dt.tz_localize(zone, ambiguous=standard, nonexistent="shift_forward")
    return _micro(moments.dt.tz_convert("UTC"))


def _micro(moments: Any) -> pd.Series[Any]:
    found: pd.Series[Any] = moments.astype("datetime64[us, UTC]")
    return found


def _parsed(text: pd.Series[str], time: Time, where: str) -> pd.Series[Any]:
    if time.format:
        found = _try(text, time.format)
        if found is None:
            wrong = text[pd.to_datetime(text, format=time.format, errors="coerce", utc=True).isna()].iloc[0]
            raise MillwrightError(f"{where} = {wrong!r}: expected a time like time.format = {time.format!r}.")
        return found
    found = _try(text, "ISO8601")
    if found is not None:
        return found
    fitting = [
        read for date in _DATES for clock in _CLOCKS if (read := _try(text, date + clock, text.head(20))) is not None
    ]
    distinct = [read for at, read in enumerate(fitting) if not any(read.equals(other) for other in fitting[:at])]
    if not distinct:
        raise _odd_one(text, where)
    if len(distinct) > 1:
        raise MillwrightError(
            f"{where} = {text.iloc[0]!r}: day and month cannot be told apart.", "Say how it is written: time.format."
        )
    return distinct[0]


def _try(text: pd.Series[str], form: str, sample: pd.Series[str] | None = None) -> pd.Series[Any] | None:
    """Moments, naive where the text says no zone; None when one of them is not written so."""
    zoned = bool(text.head(1).str.contains(_ZONE).any()) or "%z" in form
    try:
        if sample is not None:
            pd.to_datetime(sample, format=form, utc=zoned)
        return pd.to_datetime(text, format=form, utc=zoned)
    except ValueError:
        return None


def _odd_one(text: pd.Series[str], where: str) -> MillwrightError:
    """What to say of the first row that is not written as most are; where most are no times, of the first."""
    forms = ["ISO8601", *(date + clock for date in _DATES for clock in _CLOCKS)]
    odd = min(
        (pd.to_datetime(text, format=form, errors="coerce", utc=True).isna().to_numpy() for form in forms), key=np.sum
    )
    remedy = "Say how it is written: time.format, as strptime has it."
    if 2 * odd.sum() > len(text):
        return MillwrightError(f"{where} = {text.iloc[0]!r}: expected a time.", remedy)
    at, others = int(odd.argmax()), text[~odd].iloc[0]
    return MillwrightError(
        f"{where}, row {at + 1} = {text.iloc[at]!r}: expected a time, written as in {others!r}.",
        f"Of {len(text):,} rows {int(odd.sum()):,} are not. Mend them, or leave them out of the file.",
    )


def moment_of(value: Any, column: pd.Series[Any], field: str) -> Any:
    """A value of a spec's field in the form of a column: a number, or a moment in UTC. Raises MillwrightError."""
    try:
        if is_counter(column):
            return float(value)
        moment = pd.Timestamp(value)
    except (TypeError, ValueError):
        expected = "a number" if is_counter(column) else "a date such as 2025-03-01"
        raise MillwrightError(f"{field} = {value!r}: expected {expected}.") from None
    return moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
