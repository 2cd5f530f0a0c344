"""How right a version was within a window, from `marts.mart_model_performance`, whose days hold outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ml.monitoring.windows import Window

COUNTS = ("predictions", "judged", "flagged", "true_positives", "false_positives", "false_negatives", "true_negatives")
MEANS = ("brier_score", "mean_absolute_error", "interval_coverage")  # of a day's judged predictions
_DAYS = f"""
select day, {", ".join(COUNTS)}, {", ".join(MEANS)}
from marts.mart_model_performance
where model_name = %s and model_version = %s and day >= %s and day < %s order by day"""


@dataclass(frozen=True)
class Live:
    """Scores by name of the predictions whose outcome is known, and how many those are."""

    predictions: int
    judged: int
    scores: dict[str, float]


def scores(days: Iterable[Mapping[str, Any]]) -> Live:
    """One score of all days together: precision, recall, f1, false_positive_rate, flagged_share, and means.

    A score whose denominator is 0 is left out. Counts are summed before dividing, so a quiet day weighs little.
    """
    rows = list(days)
    count = {name: sum(int(row[name] or 0) for row in rows) for name in COUNTS}
    hit, false, missed = (count[name] for name in ("true_positives", "false_positives", "false_negatives"))
    shares = {
        "precision": (hit, hit + false),
        "recall": (hit, hit + missed),
        "f1": (2 * hit, 2 * hit + false + missed),
        "false_positive_rate": (false, false + count["true_negatives"]),
        "flagged_share": (count["flagged"], count["predictions"]),
    }
    found = {name: part / whole for name, (part, whole) in shares.items() if whole}
    for name in MEANS:
        known = [(float(row[name]), int(row["judged"])) for row in rows if row[name] is not None and row["judged"]]
        if known:
            found[name] = sum(value * weight for value, weight in known) / sum(weight for _, weight in known)
    return Live(count["predictions"], count["judged"], found)


def read(cursor: Any, model: str, version: int, window: Window) -> Live:
    """A version's live scores of a window. Raises psycopg2's UndefinedTable before dbt has run."""
    cursor.execute(_DAYS, (model, version, window.start, window.end))
    names = [column.name for column in cursor.description]
    return scores(dict(zip(names, row, strict=True)) for row in cursor.fetchall())
