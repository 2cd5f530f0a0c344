"""Pieces with their features and, where it is known, their class: read, sorted, parted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from millwright.errors import MillwrightError
from ml.data import Data
from ml.sources.channels import ask_decimal
from ml.sources.read import named, reader
from ml.sources.times import is_counter, shown, times
from ml.sources.units import check_units
from ml.spec.quality import QualitySpec, as_text
from ml.spec.span import hours
from ml.spec.split import ColumnSplit, FoldSplit

MACHINE, TIME, CLASS, PART, INSPECTION, PRODUCT = (
    "_machine", "_time", "_class", "_part", "_inspection", "_product"
)  # fmt: skip
MOST_NAMES = 100  # a column of more different texts names single pieces, and tells nothing of the next one


def read(spec: QualitySpec, newest: bool = False) -> Data:
    """One frame: machine, time, class (null: not judged yet), inspection, product, part or group, and the features.

    `about`: numbers and names (the features by kind), classes (the good one first), left_out. With `newest`, label,
    split and ignored columns need not be there, and all columns are features: the model knows which it takes.
    Raises as `ml.sources` does, and MillwrightError for a class that is not there.
    """
    with reader() as get:
        span = (spec.time.column, hours(spec.judge)) if newest and spec.time else None
        raw = get(spec.source, None, span)
    extra = _extra(spec)
    shown = [spec.entity, spec.time and spec.time.column, spec.inspection, spec.product]
    learning = [spec.label, extra, *spec.ignore]
    named(raw, spec.source, [name for name in (*shown, *spec.categories, *([] if newest else learning)) if name])
    raw = raw.assign(**{name: None for name in (spec.label, extra) if name and name not in raw})
    numbers, names, left_out = _features(raw, spec, {name for name in (*shown, *learning) if name}, newest)
    frame = raw[numbers].astype(np.float64)
    for name in names:
        frame[name] = raw[name].map(as_text, na_action="ignore").astype(object)
    frame[MACHINE] = raw[spec.entity].map(as_text) if spec.entity else ""
    frame[TIME] = (
        times(raw[spec.time.column], spec.time, spec.source) if spec.time else np.arange(len(raw), dtype=float)
    )
    if spec.time and not newest:
        check_units(spec, is_counter(frame[TIME]), ("judge", "split.gap"))
    frame[CLASS] = raw[spec.label].map(as_text, na_action="ignore").astype(object)
    for column, asked in ((INSPECTION, spec.inspection), (PRODUCT, spec.product), (PART, extra)):
        if asked:
            frame[column] = raw[asked].map(as_text, na_action="ignore").astype(object)
    classes = _classes(frame[CLASS], spec)
    if not newest:
        _costs_are_of(classes, spec)
    frame = frame[frame[CLASS].isna() | frame[CLASS].isin(classes)]
    order = [MACHINE, TIME] if spec.entity or spec.time else [TIME]
    frame = frame.sort_values(order, kind="stable").reset_index(drop=True)
    about = {"numbers": numbers, "names": names, "classes": classes, "left_out": left_out}
    return Data({"pieces": frame}, _watermark(frame, spec), about)


def _extra(spec: QualitySpec) -> str | None:
    if isinstance(spec.split, ColumnSplit):
        return spec.split.column
    return spec.split.group if isinstance(spec.split, FoldSplit) else None


def _features(
    raw: pd.DataFrame, spec: QualitySpec, others: set[str], newest: bool
) -> tuple[list[str], list[str], list[str]]:
    wanted = (
        list(spec.channels) if spec.channels != "all" else [str(name) for name in raw.columns if name not in others]
    )
    named(raw, spec.source, wanted)
    numbers: list[str] = []
    names: list[str] = []
    left_out: list[str] = []
    for name in dict.fromkeys(wanted):
        column = raw[name]
        if name == spec.label:
            raise MillwrightError(f"channels names {name!r}, which is the label.", "A label cannot be a feature.")
        if name in spec.categories or not _is_number(column):
            few = (newest or column.nunique() <= MOST_NAMES) and not pd.api.types.is_datetime64_any_dtype(column)
            (names if few else left_out).append(name)
        elif newest or column.notna().any():
            numbers.append(name)
        else:
            left_out.append(name)
    if not numbers and not names:
        there = ", ".join(str(name) for name in raw.columns)
        raise MillwrightError(
            f"{spec.source.place} has no column to take as a feature.",
            f"There are: {there}.{ask_decimal(raw[left_out])}",
        )
    return numbers, names, left_out


def _is_number(column: pd.Series[Any]) -> bool:
    return pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)


def _classes(column: pd.Series[Any], spec: QualitySpec) -> list[str]:
    found = column.dropna().value_counts()
    if spec.classes:
        asked = [as_text(one) for one in spec.classes]
        for one in asked:
            # A class that has not come yet is no mistake, unless there are others that the spec does not name.
            if one not in found.index and set(found.index) - set(asked):
                raise MillwrightError(
                    f"classes names {one!r}, which column {spec.label!r} of {spec.source.place} does not hold.",
                    f"It holds: {', '.join(map(str, sorted(found.index)[:20]))}.",
                )
        return asked
    if len(found) > MOST_NAMES:
        raise MillwrightError(
            f"label = {spec.label!r}: {len(found)} different values are no classes of quality.",
            "Name a column of classes, or the classes themselves.",
        )
    # The most frequent is the good one; the first by name of equals.
    ordered = sorted(found.index)
    return sorted(ordered, key=lambda one: one != max(ordered, key=lambda name: found[name]))


def _costs_are_of(classes: list[str], spec: QualitySpec) -> None:
    for name in spec.costs:
        if name not in classes:
            raise MillwrightError(
                f"costs names {name!r}, which is no class of column {spec.label!r} of {spec.source.place}.",
                f"There are: {', '.join(classes)}.",
            )


def _watermark(frame: pd.DataFrame, spec: QualitySpec) -> str | None:
    if frame.empty:
        return None
    if not spec.time:
        return str(len(frame))
    return shown(frame[TIME].max())
