"""Will it fail within the horizon? The fields of task `failure`."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from ml.spec.candidate import Candidate
from ml.spec.model import ModelSpec
from ml.spec.part import Part
from ml.spec.promotion import Promotion
from ml.spec.source import Channels, Source, Time
from ml.spec.span import Span, hours
from ml.spec.split import TimeSplit


class FailureSource(Part):
    """Readings, and what happened to the machines: one table of events with a kind, or a table for each kind."""

    readings: Source = Field(description="sensor readings, of any step; `--source` without a name replaces this one")
    events: Source | None = Field(
        None, description="errors, maintenance and failures in one table, told apart by `kind`"
    )
    errors: Source | None = Field(None, description="errors that machines reported")
    maintenance: Source | None = Field(None, description="work done on machines")
    failures: Source | None = Field(None, description="failures")
    machines: Source | None = Field(
        None, description="what the machines are: age, model; one row each, or with history"
    )

    @model_validator(mode="after")
    def _failures_are_told(self) -> FailureSource:
        if self.events is None and self.failures is None:
            raise ValueError("expected events (with a column of kinds) or failures")
        return self


class FailureCandidate(Candidate):
    """XGBoost, or scikit-learn's random forest."""

    name: Literal["xgboost", "random_forest"] = Field(description="`xgboost` or `random_forest`")


class EventColumns(Part):
    """Columns of the tables of events, as they come."""

    time: str | None = Field(None, description="the moment; the readings' column of time when not given")
    kind: str = Field("kind", description="of `events`: error, maintenance or failure")
    code: str | None = Field(None, description="which error")
    component: str | None = Field(None, description="what was maintained or failed")


class MachineColumns(Part):
    """Columns of the table of machines, as they come."""

    valid_from: str | None = Field(None, description="since when a row holds, where the table has history")
    commissioned_at: str | None = Field(
        None, description="the moment a machine came into service: its age is a feature"
    )
    age_years: str | None = Field(None, description="its age in years, at the first reading, instead")
    categories: tuple[str, ...] = Field((), description="columns that become one feature a value")


class Alarm(Part):
    """When a probability becomes an alarm."""

    wanted_recall: float | None = Field(
        None,
        gt=0,
        le=1,
        description="share of failures to be foreseen on the validation part; the highest F1 when not given",
    )
    smooth: Span = Field(0, description="the probability is averaged over so long before it is judged")


class FailureSpec(ModelSpec):
    """A failure model."""

    METRICS: ClassVar = frozenset(
        {"average_precision", "roc_auc", "precision", "recall", "f1", "brier", "event_recall", "event_precision"}
        | {"event_f1", "false_alarms_per_machine_month", "median_lead_hours"}
    )
    LOWER_IS_BETTER: ClassVar = frozenset({"brier", "false_alarms_per_machine_month"})

    task: Literal["failure"]
    source: FailureSource
    entity: str = Field(description="the column that names the machine, in all tables")
    time: Time = Field(
        description="the column of the readings that holds the moment; nothing later is known to a prediction"
    )
    channels: Channels = Field("all", description="the readings' columns: `all` that hold numbers, or a list")
    events: EventColumns = EventColumns()
    machines: MachineColumns = MachineColumns()
    horizon: Span = Field(description="the label at t: a failure in (t, t + horizon]")
    windows: tuple[Span, ...] = Field(
        ("3h", "24h"), min_length=1, description="trailing windows (t - w, t] of mean, deviation, minimum and maximum"
    )
    events_window: Span = Field("24h", description="errors are counted by code over so long")
    minimum_failures: int = Field(
        3, ge=1, description="with fewer in the training part nothing is trained, and it says so"
    )
    split: TimeSplit = TimeSplit(gap="24h", validation_share=0.6, folds=3)
    candidates: tuple[FailureCandidate, ...] = Field(min_length=1, description="algorithms to choose from")
    alarm: Alarm = Alarm()
    promote: Promotion = Promotion(metric="average_precision")

    @model_validator(mode="after")
    def _no_label_crosses_the_gap(self) -> FailureSpec:
        if hours(self.split.gap) < hours(self.horizon):
            raise ValueError(
                f"split.gap ({self.split.gap}) has to be at least horizon ({self.horizon}), "
                "or labels of the training part would tell of the test part"
            )
        return self

    @property
    def horizon_hours(self) -> float:
        """In hours, or in the counter's steps."""
        return hours(self.horizon)

    @property
    def sources(self) -> dict[str, Source]:
        """Those that are given, by name."""
        found: dict[str, Any] = {name: getattr(self.source, name) for name in type(self.source).model_fields}
        return {name: source for name, source in found.items() if source is not None}
