"""What will the readings be? The fields of task `forecast`."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ml.spec.candidate import Candidate
from ml.spec.model import ModelSpec
from ml.spec.parameters import FORECAST
from ml.spec.part import Part, Share
from ml.spec.promotion import Promotion
from ml.spec.source import Channels, Source, Time
from ml.spec.split import RowsSplit, TimeSplit
from ml.spec.step import Step


class Forecaster(Candidate):
    """A way to foretell a series."""

    PARAMETERS: ClassVar = FORECAST

    name: Literal[
        "mean", "last", "seasonal_naive", "trend", "nlinear", "dlinear", "prophet", "auto_ets", "auto_arima"
    ] = Field(
        description="`mean`, `last`, `seasonal_naive`, `trend` (a straight line), `nlinear`, `dlinear`, `prophet`, "
        "`auto_ets` or `auto_arima`"
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
    step: Step | None = Field(
        None,
        description="readings are put on a grid of this step: `10min`, `1h`, `1d`, `W`, `MS` (months), or a number "
        "of a counter; the usual distance of two readings when not given",
    )
    combine: Literal["mean", "sum", "min", "max", "last"] = Field(
        "mean", description="what a step's readings become; with `sum`, a step without one is 0"
    )
    horizon: int = Field(24, ge=1, description="steps to foretell; what the test part does not reach is not judged")
    seasons: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (),
        description="lengths of seasons in steps; by the step when not given: a day of steps below one, and a week "
        "where there are eight; 7 of days, 52 of weeks, 12 of months",
    )
    standardise: bool = Field(
        False, description="metrics in standard deviations of the training part, as benchmarks have them"
    )
    backtests: int = Field(
        4, ge=1, le=50, description="times that the candidates are fitted anew, each on all that came before"
    )
    backtest_share: Share = Field(
        0.6, description="the newer share of training and validation part, in which candidates are compared"
    )
    every: int | None = Field(
        None, ge=1, description="steps from one origin to the next in the test part; 1 if there are few series"
    )
    limits: Literal["reference"] | tuple[Limit, ...] = Field(
        (), description="limits whose crossing is foretold; `reference`: those of alarm_limits.yml, by `machines`"
    )
    machines: Source | None = Field(None, description="with limits: reference, the table of machines and their types")
    machine_type: str = Field("equipment_type", description="the column of machines that holds the type")
    split: TimeSplit | RowsSplit = Field(TimeSplit(), discriminator="by")
    candidates: tuple[Forecaster, ...] = Field(min_length=1, description="ways to choose from, per series")
    promote: Promotion = Promotion(metric="mae")

    @property
    def sources(self) -> dict[str, Source]:
        """Those that are given, by name; the first is that of the readings."""
        return super().sources | ({} if self.machines is None else {"machines": self.machines})
