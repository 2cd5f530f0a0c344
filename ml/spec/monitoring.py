"""When live data or live scores tell that a model no longer fits."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ml.spec.part import Part, Share

Live = (
    Literal["precision", "recall", "f1", "false_positive_rate", "flagged_share", "brier_score", "mean_absolute_error"]
    | Literal["interval_coverage"]
)


class Monitoring(Part):
    """Limits of one window of live data. A breach in 2 of the last 5 windows, the newest among them, retrains."""

    window_days: int = Field(7, ge=1, le=90, description="days of a window, whole ones in UTC")
    drift_distance: float = Field(
        0.5, gt=0, description="a feature differs from this distance on (Wasserstein), in its standard deviations"
    )
    drift_share: Share = Field(0.5, description="a window breaches when more than this share of the features differ")
    at_least: dict[Live, float] = Field({}, description="live score → what it has to reach")
    at_most: dict[Live, float] = Field({}, description="live score → what it must not exceed")
    minimum_judged: int = Field(20, ge=1, description="with fewer known outcomes live scores breach nothing")
