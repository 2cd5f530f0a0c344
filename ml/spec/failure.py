"""Will it fail within the horizon? The fields of task `failure`."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from ml.spec.candidate import Candidate
from ml.spec.model import ModelSpec
from ml.spec.parameters import FAILURE
from ml.spec.part import Part, Wrong
from ml.spec.promotion import Promotion
from ml.spec.source import Channels, Source, Time
from ml.spec.span import Length, hours
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


class FailureCandidate(Candidate):
    """XGBoost, or scikit-learn's random forest."""

    PARAMETERS: ClassVar = FAILURE

    name: Literal["xgboost", "random_forest"] = Field(description="`xgboost` or `random_forest`")


class EventColumns(Part):
    """Columns of the tables of events, as they come."""

    time: str | None = Field(None, description="the moment; the readings' column of time when not given")
    kind: str = Field("kind", description="of `events`: error, maintenance or failure")
    code: str | None = Field(
        None, description="which error; `code`, or a table of errors' only other column, when not given"
    )
    component: str | None = Field(
        None, description="what was maintained or failed; `component`, or the only other column"
    )
    planned: str | None = Field(None, description="whether a maintenance was planned; `planned` when not given")


class MachineColumns(Part):
    """Columns of the table of machines, as they come."""

    valid_from: str | None = Field(None, description="since when a row holds, where the table has history")
    commissioned_at: str | None = Field(
        None, description="the moment a machine came into service: its age is a feature"
    )
    age_years: str | None = Field(None, description="its age in years, at the first reading, instead")
    categories: tuple[str, ...] = Field((), description="columns that become one feature a value")


class Label(Part):
    """A column of the readings that tells failures. A plain string is short for `column`."""

    column: str = Field(description="its name; a failure is the first row of each run in which it says so")
    values: tuple[str | int | float | bool, ...] = Field(
        (),
        description="what it says then; when not given, a number above 0, or a word but no, false, ok, "
        "normal and the like; words of more than two kinds have to be named",
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: Any) -> Any:
        return {"column": raw} if isinstance(raw, str) else raw


class Usage(Part):
    """When a machine works: by events of kinds, or by a channel."""

    kinds: tuple[str, ...] = Field(
        (), description="of `events` that begin work; any other but error, maintenance, failure ends it"
    )
    channel: str | None = Field(None, description="a channel, instead")
    above: float = Field(0.0, description="that is greater than this while the machine works")

    @model_validator(mode="after")
    def _one_way(self) -> Usage:
        if bool(self.kinds) == (self.channel is not None):
            raise ValueError("expected either kinds or channel")
        return self


class Alarm(Part):
    """When a probability becomes an alarm. The threshold is chosen on the validation part, unless it is given."""

    threshold: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="the probability from which there is an alarm, where it is not to be chosen: 0.25 where a failure "
        "that nobody foresaw costs as much as three false alarms",
    )
    by: Literal["row", "event"] = Field(
        "row", description="what the threshold is chosen on: the F1 of rows, or of failures foreseen and alarms"
    )
    wanted_recall: float | None = Field(
        None, gt=0, le=1, description="the most precise threshold that reaches it; the best F1 when not given"
    )

    @model_validator(mode="after")
    def _given_or_chosen(self) -> Alarm:
        if self.threshold is not None and self.wanted_recall is not None:
            raise ValueError("expected either threshold or wanted_recall, by which one is chosen")
        return self


_SPLIT = TimeSplit(validation_share=0.6, folds=3)  # failures are few: one short slice may hold none


class FailureSpec(ModelSpec):
    """A failure model."""

    METRICS: ClassVar = frozenset(
        {
            "average_precision",
            "roc_auc",
            "precision",
            "recall",
            "f1",
            "brier",
            "event_recall",
            "event_precision",
            "event_precision_strict",
        }
        | {"event_f1", "false_alarms_per_machine_month", "median_lead_hours"}
    )
    LOWER_IS_BETTER: ClassVar = frozenset({"brier", "false_alarms_per_machine_month"})

    task: Literal["failure"]
    source: FailureSource
    entity: str | None = Field(
        None, description="the column that names the machine, in all tables; one machine when not given"
    )
    time: Time = Field(
        description="the column of the readings that holds the moment; nothing later is known to a prediction"
    )
    channels: Channels = Field("all", description="the readings' columns: `all` that hold numbers, or a list")
    ignore: tuple[str, ...] = Field((), description="columns of numbers that are no channels")
    label: Label | None = Field(None, description="a column of the readings that tells failures, where no table does")
    step: Length = Field(
        "1h", description="readings are brought to one row per machine and step: mean, least, greatest"
    )
    usage: Usage | None = Field(
        None, description="when a machine works; then operating hours and levels at work are features"
    )
    events: EventColumns = EventColumns()
    machines: MachineColumns = MachineColumns()
    horizon: Length = Field(description="the label at t: a failure in (t, t + horizon]")
    windows: tuple[Length, ...] = Field(
        ("3h", "24h"), description="trailing windows (t - w, t] of mean, deviation, minimum and maximum"
    )
    trends: tuple[Length, ...] = Field(
        (), description="spans of whole days over which a day's level is held against the machine's own past"
    )
    events_windows: tuple[Length, ...] = Field(
        ("24h",), min_length=1, description="errors are counted by code over so long"
    )
    heed_schedule: bool = Field(
        False,
        description="where planned maintenance comes at regular spans: what it may have forestalled is not learned "
        "from, and a probability counts the part of the horizon before the next is due",
    )
    train_every: Length | None = Field(
        None, description="trains on one row in so long, for speed; on all when not given"
    )
    minimum_failures: int = Field(
        3, ge=1, description="with fewer in the training part nothing is trained, and it says so"
    )
    split: TimeSplit = _SPLIT
    candidates: tuple[FailureCandidate, ...] = Field(min_length=1, description="algorithms to choose from")
    alarm: Alarm = Alarm()
    promote: Promotion = Promotion(metric="average_precision")

    @model_validator(mode="before")
    @classmethod
    def _gap_of_the_horizon(cls, raw: Any) -> Any:
        """What a split does not say: the horizon's gap, and as many folds as failures need."""
        if not isinstance(raw, dict) or not isinstance(raw.get("split") or {}, dict) or "horizon" not in raw:
            return raw
        usual = {"gap": raw["horizon"], "validation_share": _SPLIT.validation_share, "folds": _SPLIT.folds}
        return raw | {"split": usual | (raw.get("split") or {})}

    @model_validator(mode="after")
    def _horizon_holds_a_step(self) -> FailureSpec:
        if hours(self.horizon) < hours(self.step):
            unit = "; a plain number is of a counter's steps" if isinstance(self.horizon, (int, float)) else ""
            raise ValueError(f"horizon = {self.horizon!r}: expected at least step ({self.step}){unit}")
        return self

    @model_validator(mode="after")
    def _parts_fit_together(self) -> FailureSpec:
        for number, span in enumerate(self.trends):
            if hours(span) % 24 or hours(span) < 48:
                raise Wrong(f"trends.{number}", span, "expected whole days, two at least, such as 7d")
        if self.label is not None and self.source.failures is not None:
            raise ValueError("label stands beside source.failures: expected one of them, or failures would count twice")
        return self

    @model_validator(mode="after")
    def _no_label_crosses_the_gap(self) -> FailureSpec:
        if self.source.events is None and self.source.failures is None and self.label is None:
            raise ValueError("source: expected events (with a column of kinds) or failures, or else label")
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
