"""What will the readings be? The fields of task `forecast`."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from ml.spec.candidate import Candidate
from ml.spec.model import ModelSpec
from ml.spec.part import Part, Share
from ml.spec.promotion import Promotion
from ml.spec.source import Channels, Source, Time
from ml.spec.split import RowsSplit, TimeSplit


class Forecaster(Candidate):
    """A way to foretell a series."""

    name: Literal[
        "mean", "last", "seasonal_naive", "trend", "nlinear", "dlinear", "prophet", "auto_ets", "auto_arima"
    ] = Field(
        description="`mean`, `last`, `seasonal_naive`, `trend` (a straight line), `nlinear`, `dlinear`, `prophet`, "
        "`auto_ets` or `auto_arima`"
    )

    @model_validator(mode="after")
    def _parameters_are_known(self) -> Forecaster:
        known = PARAMETERS[self.name]
        for name, value in [*self.parameters.items(), *((n, v) for n, vs in self.search.items() for v in vs)]:
            if name not in known:
                has = f"has {', '.join(known)}" if known else "has none"
                raise ValueError(f"{self.name} has no parameter {name!r}; it {has}")
            if not _fits(name, value):
                raise ValueError(f"{name} = {value!r}; expected {_EXPECTED[name]}")
        return self


PARAMETERS = {
    "mean": (),
    "last": (),
    "trend": (),
    "seasonal_naive": ("season",),
    "nlinear": ("window", "penalty", "share"),
    "dlinear": ("window", "penalty", "share"),
    "prophet": ("history", "most_series"),
    "auto_ets": ("season", "history", "most_series"),
    "auto_arima": ("season", "history", "most_series"),
}
_EXPECTED = {
    "season": "a whole number of steps from 1",
    "window": "a whole number of steps from 2",
    "history": "a whole number of steps from 20",
    "most_series": "a whole number from 1",
    "penalty": "a number from 0",
    "share": "channel (series of one channel share their weights), all or none",
}


def _fits(name: str, value: object) -> bool:
    if name == "share":
        return value in ("channel", "all", "none")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    if name == "penalty":
        return value >= 0
    return isinstance(value, int) and value >= {"window": 2, "history": 20}.get(name, 1)


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
    step: str | int | None = Field(
        None,
        description="readings are put on a grid of this step: `10min`, `1h`, `1d`, `W`, `MS` (months), or a number "
        "of a counter; the usual distance of two readings when not given",
    )
    combine: Literal["mean", "sum", "min", "max", "last"] = Field(
        "mean", description="what a step's readings become; with `sum`, a step without one is 0"
    )
    horizon: int = Field(24, ge=1, description="steps to foretell; what the test part does not reach is not judged")
    seasons: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (), description="lengths of seasons in steps; by the step when not given: 24 of hours, 7 of days, 12 of months"
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
