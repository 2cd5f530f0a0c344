"""Evidently's reports of drift and data quality: today's features against those that a version learned from.

Evidently is imported with its telemetry switched off, and nothing here opens a connection; the HTML holds its scripts.
"""

from __future__ import annotations

import json
import math
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

METHOD = "wasserstein"  # distance in the reference's standard deviations: unlike a p-value it does not grow with rows
LEAST_ROWS = 24  # of fewer nothing is said
MOST_FEATURES = 60  # a report of more is read by nobody, and each costs a quarter of a second


@dataclass(frozen=True)
class Drift:
    """Share of features that differ, and by how much each does; a feature that is gone differs without a number."""

    share: float | None
    values: dict[str, float | None]
    drifted: list[str]  # the most changed first
    rows: int


def report(reference: pd.DataFrame, current: pd.DataFrame, limit: float, folder: Path | None = None) -> Drift:
    """Compare two samples of features; with a folder, write drift.html, drift.json, quality.html and quality.json.

    `limit` is the distance from which a feature differs, in standard deviations of the reference. The share is None for
    fewer than 24 rows.
    """
    features = comparable(reference)[:MOST_FEATURES]
    there = [name for name in features if name in current and _holds(current[name])]
    gone = [name for name in features if name not in there]
    if len(current) < LEAST_ROWS or not features:
        return Drift(None, {}, [], len(current))
    values = _evidently(_finite(reference[there]), _finite(current[there]), limit, folder) if there else {}
    drifted = sorted((name for name, value in values.items() if value >= limit), key=lambda name: -values[name])
    share = (len(drifted) + len(gone)) / len(features)
    return Drift(share, {**values, **dict.fromkeys(gone)}, [*gone, *drifted], len(current))


def comparable(reference: pd.DataFrame) -> list[str]:
    """Columns of numbers that hold any."""
    numbers = reference.select_dtypes(include=["number", "bool"])
    return [str(name) for name in numbers if _holds(numbers[name])]


def _holds(column: pd.Series[float]) -> bool:
    return bool(np.isfinite(column.to_numpy(dtype=float, na_value=np.nan)).any())


def _finite(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(float).replace([np.inf, -np.inf], np.nan)


def _evidently(reference: pd.DataFrame, current: pd.DataFrame, limit: float, folder: Path | None) -> dict[str, float]:
    os.environ["DO_NOT_TRACK"] = "1"  # read by Evidently when it is imported, and whenever it would tell
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataDriftPreset, DataSummaryPreset

        columns = DataDefinition(numerical_columns=list(reference.columns))
        now, before = (Dataset.from_pandas(frame, columns) for frame in (current, reference))
        drift = Report([DataDriftPreset(num_method=METHOD, num_threshold=limit)]).run(now, before)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            quality = Report([DataSummaryPreset()]).run(now, before)
            for name, made in (("drift", drift), ("quality", quality)):
                made.save_html(str(folder / f"{name}.html"))
                made.save_json(str(folder / f"{name}.json"))
        said = json.loads(drift.json())
    found = {}
    for metric in said["metrics"]:
        if str(metric["config"]["type"]).endswith(":ValueDrift"):
            value = float(metric["value"])
            if math.isfinite(value):
                found[str(metric["config"]["column"])] = value
    return found
