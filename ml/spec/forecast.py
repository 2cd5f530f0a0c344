"""What will the readings be? The fields of task `forecast`."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ml.spec.candidate import Candidate
from ml.spec.model import ModelSpec
from ml.spec.part import Part
from ml.spec.promotion import Promotion
from ml.spec.source import Channels, Source, Time
from ml.spec.span import Span
from ml.spec.split import RowsSplit, TimeSplit


class Forecaster(Candidate):
    """A way to foretell a series."""

    name: Literal["seasonal_naive", "mean", "linear", "prophet", "auto_ets", "auto_arima"] = Field(
        description="`seasonal_naive`, `mean`, `linear`, `prophet`, `auto_ets` or `auto_arima`"
    )


class Limit(Part):
    """A limit of a channel, in its unit."""

    channel: str = Field(description="the channel")
    warning: float | None = Field(None, description="crossed: severity warning")
    critical: float | None = Field(None, description="crossed: severity critical")
    above: bool = Field(True, description="crossed from below; false: from above")


class ForecastSpec(ModelSpec):
    """A model of series."""

    METRICS: ClassVar = frozenset({"mae", "rmse", "mse", "mape", "smape", "mase", "coverage_80", "coverage_95"})
    LOWER_IS_BETTER: ClassVar = frozenset({"mae", "rmse", "mse", "mape", "smape", "mase"})

    task: Literal["forecast"]
    source: Source
    entity: str | None = Field(None, description="the column that names the machine; one machine when not given")
    time: Time
    channels: Channels = Field("all", description="columns to foretell: `all` that hold numbers, or a list")
    ignore: tuple[str, ...] = Field((), description="columns that are no channels")
    step: Span | None = Field(None, description="rows are averaged to this step; the data's own when not given")
    horizon: int = Field(24, ge=1, description="steps to foretell")
    seasons: tuple[int, ...] = Field((24,), description="lengths of seasons in steps")
    multivariate: bool = Field(False, description="one model that sees all channels; else one a channel")
    standardise: bool = Field(
        False, description="metrics in standard deviations of the training part, as benchmarks have them"
    )
    backtests: int = Field(5, ge=1, description="origins in the validation part from which candidates are compared")
    limits: tuple[Limit, ...] = Field((), description="limits whose crossing is foretold")
    split: TimeSplit | RowsSplit = Field(TimeSplit(), discriminator="by")
    candidates: tuple[Forecaster, ...] = Field(min_length=1, description="ways to choose from, per series")
    promote: Promotion = Promotion(metric="mae")
