"""Readings of machines with what is known of their state: read, sorted, and parted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from millwright.errors import MillwrightError
from ml.anomaly.label import ask_meaning, labels
from ml.anomaly.values import finite, with_values
from ml.data import Data
from ml.scores import Mask
from ml.sources.channels import channels
from ml.sources.read import named, reader
from ml.sources.times import is_counter, moment_of, shown, times
from ml.sources.units import check_units
from ml.spec.anomaly import Abnormal, AnomalySpec
from ml.spec.span import hours
from ml.spec.split import ColumnSplit, RowsSplit, TimeSplit

MACHINE, TIME, LABEL, NORMAL, PART = "_machine", "_time", "_label", "_normal", "_part"
TRAIN, VALIDATION, TEST, OUTSIDE = "train", "validation", "test", ""
_SETTLES = 30 * 24.0  # hours before the newest rows from which levels that wander settle


def read(spec: AnomalySpec, newest: bool = False) -> Data:
    """One frame: machine, time, label (NaN: unknown), whether normal operation may be learned, part, channels.

    With `newest` nothing is read of labels, normal states and events, and all columns of numbers are channels: the
    model knows which it takes. Raises as `ml.sources` does, and MillwrightError for a label that is neither numbers nor
    texts.
    """
    if newest:
        spec = spec.model_copy(update={"label": None, "normal": {}, "abnormal": None})
    with reader() as get:
        span = (spec.time.column, hours(spec.judge) + _SETTLES) if newest and spec.time else None
        raw = get(spec.source, None, span)
        time = spec.time.column if spec.time else None
        named(raw, spec.source, [name for name in (spec.entity, time, spec.label, *spec.normal) if name])
        events = get(spec.abnormal.source) if spec.abnormal else None
    split_column = spec.split.column if isinstance(spec.split, ColumnSplit) else None
    if newest and split_column not in raw:
        split_column = None
    named(raw, spec.source, [split_column] if split_column else [])
    others = [spec.entity, time, spec.label, split_column, *spec.normal, *spec.ignore]
    named(raw, spec.source, () if newest else spec.ignore)
    found = channels(raw, spec.channels, others, spec.source, empty=newest)
    frame = raw[found].astype(np.float64)
    frame[MACHINE] = raw[spec.entity].astype(str) if spec.entity else ""
    in_order = pd.Series(np.arange(len(raw), dtype=np.float64), index=raw.index)
    frame[TIME] = times(raw[spec.time.column], spec.time, spec.source) if spec.time else in_order
    if spec.time and not newest:
        check_units(spec, is_counter(frame[TIME]), ("judge", "split.gap", "abnormal.before", "abnormal.after"))
    finite(frame, found, spec.source)
    if spec.label:
        ask_meaning(raw[spec.label], spec.source)
    frame[LABEL] = labels(raw[spec.label]) if spec.label else np.nan
    frame[NORMAL] = True if spec.normal else frame[LABEL] != 1
    for column, values in spec.normal.items():
        frame[NORMAL] &= raw[column].isin(list(values)) | raw[column].astype(str).isin([str(v) for v in values])
    if split_column:
        frame[PART] = raw[split_column].astype(str)
    # What trains comes before what tests, also where the test's clock begins anew.
    rank = parts(frame, spec).map({TRAIN: 0, VALIDATION: 1, TEST: 2, OUTSIDE: 3}) if split_column else 0
    frame = frame.assign(_rank=rank).sort_values([MACHINE, "_rank", TIME], kind="stable").drop(columns="_rank")
    frame = frame.reset_index(drop=True)
    if spec.abnormal and events is not None:
        around = _around(frame, events, spec.abnormal, spec)
        frame[NORMAL] &= ~around
        if spec.label is None:
            frame[LABEL] = around.astype(np.float64)
    if not newest:
        found = with_values(frame, found, before_test(frame, spec), spec.source)
    return Data({"readings": frame}, _watermark(frame), {"channels": found})


def _watermark(frame: pd.DataFrame) -> str | None:
    if frame.empty:
        return None
    return shown(frame[TIME].max())


def _around(frame: pd.DataFrame, events: pd.DataFrame, abnormal: Abnormal, spec: AnomalySpec) -> Mask:
    """Rows within the spans before and after an event of their machine."""
    column = abnormal.entity or spec.entity
    named(events, abnormal.source, [name for name in (column, abnormal.time.column) if name])
    moments = times(events[abnormal.time.column], abnormal.time, abnormal.source)
    if is_counter(moments) != is_counter(frame[TIME]) and len(events):
        raise MillwrightError(
            f"{abnormal.source.place}, column {abnormal.time.column!r}: expected the same kind of time as the "
            f"readings' {spec.time.column if spec.time else ''!r}.",
            "One is a counter, the other a timestamp; say time.kind.",
        )
    machines = events[column].astype(str) if column else pd.Series("", index=events.index)
    before, after = (_span(span, frame[TIME]) for span in (abnormal.before, abnormal.after))
    out = np.zeros(len(frame), dtype=bool)
    for machine, at in moments.groupby(machines):
        rows = np.flatnonzero(frame[MACHINE].to_numpy() == machine)
        here = frame[TIME].to_numpy()[rows]
        for moment in at.to_numpy():
            out[rows[(here >= moment - before) & (here <= moment + after)]] = True
    return out


def _span(span: str | float, column: pd.Series[Any]) -> Any:
    return hours(span) if is_counter(column) else np.timedelta64(round(hours(span) * 3.6e9), "us")


def since(frame: pd.DataFrame, span: str | float) -> Mask:
    """Rows of the newest span of time."""
    return np.asarray(frame[TIME] > frame[TIME].max() - pd.Series([_span(span, frame[TIME])])[0], dtype=bool)


def parts(frame: pd.DataFrame, spec: AnomalySpec) -> pd.Series[str]:
    """For each row train, validation, test or nothing. Both of the first are normal history to learn from."""
    split = spec.split
    if isinstance(split, RowsSplit):
        at = frame.groupby(MACHINE).cumcount().to_numpy()
        begin = split.train + split.validation
        end = begin + split.test if split.test else np.inf
        said = np.select([at < split.train, at < begin, at < end], [TRAIN, VALIDATION, TEST], OUTSIDE)
    elif isinstance(split, ColumnSplit):
        asked = (split.train, split.validation, split.test)
        masks = [frame[PART].isin([str(value) for value in values]) for values in asked]
        said = np.select(masks, [TRAIN, VALIDATION, TEST], OUTSIDE)
    else:
        said = _by_time(frame[TIME], split)
    return pd.Series(said, index=frame.index)


def before_test(frame: pd.DataFrame, spec: AnomalySpec) -> Mask:
    """The rows of normal operation that may be learned."""
    return np.asarray(parts(frame, spec).isin([TRAIN, VALIDATION]) & frame[NORMAL], dtype=bool)


def _by_time(column: pd.Series[Any], split: TimeSplit) -> Any:
    begin, end = column.min(), column.max()
    until = begin + (end - begin) * split.train_share
    if split.train_until is not None:
        until = moment_of(split.train_until, column, "split.train_until")
    late = column >= until + pd.Series([_span(split.gap, column)])[0]
    if split.test_until is not None:
        late &= column < moment_of(split.test_until, column, "split.test_until")
    return np.select([column < until, late], [TRAIN, TEST], OUTSIDE)
