"""How long will it last? The fields of task `rul`, for run-to-failure data."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from ml.spec.candidate import Candidate
from ml.spec.model import ModelSpec
from ml.spec.parameters import RUL
from ml.spec.promotion import Promotion
from ml.spec.source import Channels, Source, Time
from ml.spec.split import ColumnSplit, EntitySplit


class RulCandidate(Candidate):
    """A regressor of the remaining life."""

    PARAMETERS: ClassVar = RUL

    name: Literal["xgboost", "random_forest", "linear"] = Field(description="`xgboost`, `random_forest` or `linear`")


class RulSpec(ModelSpec):
    """A model of the remaining useful life, in the unit of time: a counter's steps, or hours of timestamps."""

    METRICS: ClassVar = frozenset({"mae", "rmse", "mse", "mape", "nasa_score", "coverage_80", "coverage_95", "r2"})
    LOWER_IS_BETTER: ClassVar = frozenset({"mae", "rmse", "mse", "mape", "nasa_score"})

    task: Literal["rul"]
    source: Source
    test_source: Source | None = Field(None, description="units that were stopped before they failed, to be judged on")
    test_truth: Source | None = Field(None, description="the remaining life at the end of each of them: one row a unit")
    entity: str = Field(description="the column that names the unit; each runs to its failure, which is its last row")
    time: Time = Field(description="the column of the cycle, or of time")
    channels: Channels = Field("all", description="columns of measurements: `all` that hold numbers, or a list")
    ignore: tuple[str, ...] = Field((), description="columns that are no measurements")
    label: str | None = Field(None, description="a column that holds the remaining life, where there is one")
    cap: float | None = Field(
        None,
        gt=0,
        description="a remaining life above this counts as this, also when it is judged: wear is not seen so early; "
        "125 is usual for NASA's C-MAPSS",
    )
    windows: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (5, 20), min_length=1, description="trailing windows in rows"
    )
    split: EntitySplit | ColumnSplit = Field(EntitySplit(by="entity"), discriminator="by")
    candidates: tuple[RulCandidate, ...] = Field(min_length=1, description="algorithms to choose from")
    promote: Promotion = Promotion(metric="rmse")

    @model_validator(mode="after")
    def _truth_is_of_units(self) -> RulSpec:
        if self.test_truth is not None and self.test_source is None:
            raise ValueError("test_truth needs test_source: the units of which it tells what was left of their life")
        return self
