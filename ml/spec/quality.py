"""How good will the piece be? The fields of task `quality`."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from ml.spec.candidate import Candidate
from ml.spec.model import ModelSpec
from ml.spec.parameters import QUALITY
from ml.spec.promotion import Promotion
from ml.spec.source import Channels, Source, Time
from ml.spec.span import Length
from ml.spec.split import ColumnSplit, EntitySplit, FoldSplit, TimeSplit


def as_text(value: Any) -> str:
    """A class's name: the same for 1, 1.0 and "1", as a column of classes with gaps comes as floats."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


class QualityCandidate(Candidate):
    """A classifier."""

    PARAMETERS: ClassVar = QUALITY

    name: Literal["xgboost", "random_forest", "extra_trees"] = Field(
        description="`xgboost` (its own parameters, and `rounds`), `random_forest` or `extra_trees` "
        "(`trees`, and scikit-learn's `max_depth`, `max_features`, `min_samples_leaf`, `min_samples_split`)"
    )


class QualitySpec(ModelSpec):
    """A model of classes of quality."""

    METRICS: ClassVar = frozenset(
        {"accuracy", "balanced_accuracy", "macro_f1", "f1", "precision", "recall", "log_loss", "cost", "roc_auc"}
        | {"average_precision"}
    )
    LOWER_IS_BETTER: ClassVar = frozenset({"log_loss", "cost"})

    task: Literal["quality"]
    source: Source
    entity: str | None = Field(None, description="the column that names the machine")
    time: Time | None = Field(None, description="when the piece was made; needed for a split by time")
    label: str = Field(description="the column of classes, of any kind; empty where the piece is not judged yet")
    classes: tuple[str | int | float | bool, ...] = Field(
        (),
        description="classes in order, the good one first; when not given, all that are found, the most frequent "
        "counting as good; rows of other classes are left out",
    )
    channels: Channels = Field("all", description="features: `all` columns that have no other part, or a list")
    categories: tuple[str, ...] = Field((), description="features that are names and not numbers; text always is")
    ignore: tuple[str, ...] = Field((), description="columns that are no features, such as a second label")
    inspection: str | None = Field(None, description="the column that names the inspection, in predictions")
    product: str | None = Field(None, description="the column that names the product, in predictions")
    costs: dict[str, float] = Field(
        {}, description="class → cost of one piece of it that is not told as such; 1 when not given"
    )
    judge: Length = Field("24h", description="the newest pieces, so long, that are predicted; all without time")
    split: TimeSplit | EntitySplit | FoldSplit | ColumnSplit = Field(TimeSplit(), discriminator="by")
    candidates: tuple[QualityCandidate, ...] = Field(min_length=1, description="algorithms to choose from")
    combine: Literal["best", "all"] = Field(
        "best",
        description="best: whichever candidate, or the mean of all, has the best promote.metric on rows held back; "
        "all: always the mean of all",
    )
    promote: Promotion = Promotion(metric="accuracy")

    @field_validator("costs", mode="before")
    @classmethod
    def _classes_by_name(cls, raw: Any) -> Any:
        return {as_text(name): cost for name, cost in raw.items()} if isinstance(raw, dict) else raw

    @model_validator(mode="after")
    def _split_has_what_it_needs(self) -> QualitySpec:
        if isinstance(self.split, TimeSplit) and self.time is None:
            raise ValueError("a split by time needs time; give it, or split: {by: folds}, or by entity or column")
        if isinstance(self.split, EntitySplit) and self.entity is None:
            raise ValueError("a split by entity needs entity; give it, or split: {by: folds}")
        for name, cost in self.costs.items():
            if self.classes and name not in {as_text(one) for one in self.classes}:
                raise ValueError(f"costs names {name!r}; expected one of {', '.join(str(c) for c in self.classes)}")
            if cost < 0:
                raise ValueError(f"costs.{name} = {cost}: expected a cost that is not negative")
        return self
