"""When a new version takes over."""

from __future__ import annotations

from pydantic import Field

from ml.spec.part import Part


class Promotion(Part):
    """Thresholds on the test part, and the metric by which champion and challenger are compared."""

    metric: str = Field(description="what is held against the naive baseline and the champion")
    at_least: dict[str, float] = Field({}, description="metric → what it has to reach on the test part")
    at_most: dict[str, float] = Field({}, description="metric → what it must not exceed on the test part")
    tolerance: float = Field(
        0.0, ge=0, description="by how much the metric may be below the champion's for a version of newer data"
    )
    confidence: float = Field(0.95, gt=0.5, lt=1, description="of the paired bootstrap: better beyond noise")
    samples: int = Field(500, ge=20, le=100_000, description="of the bootstrap; blocks of rows are drawn, not rows")
