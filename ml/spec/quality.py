"""How good will the piece be? The fields of task `quality`."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ml.spec.candidate import Candidate
from ml.spec.model import ModelSpec
from ml.spec.promotion import Promotion
from ml.spec.source import Channels, Source, Time
from ml.spec.split import ColumnSplit, EntitySplit, FoldSplit, TimeSplit


class QualityCandidate(Candidate):
    """A classifier."""

    name: Literal["xgboost", "hist_gradient_boosting", "random_forest", "extra_trees"] = Field(
        description="`xgboost`, `hist_gradient_boosting`, `random_forest` or `extra_trees`"
    )


class QualitySpec(ModelSpec):
    """A model of classes of quality."""

    METRICS: ClassVar = frozenset(
        {"accuracy", "balanced_accuracy", "macro_f1", "f1", "precision", "recall", "log_loss", "cost", "roc_auc"}
    )
    LOWER_IS_BETTER: ClassVar = frozenset({"log_loss", "cost"})

    task: Literal["quality"]
    source: Source
    entity: str | None = Field(None, description="the column that names the machine")
    time: Time | None = Field(None, description="when the piece was made; needed for a split by time")
    label: str = Field(description="the column of classes, of any kind")
    classes: tuple[str | int | float | bool, ...] = Field(
        (), description="classes in order, the best first; as found when not given"
    )
    channels: Channels = Field("all", description="features: `all` columns that have no other part, or a list")
    categories: tuple[str, ...] = Field((), description="features that are names and not numbers; text always is")
    ignore: tuple[str, ...] = Field((), description="columns that are no features, such as a second label")
    costs: dict[str, float] = Field(
        {}, description="class → cost of one piece of it that is not told as such; 1 when not given"
    )
    split: TimeSplit | EntitySplit | FoldSplit | ColumnSplit = Field(TimeSplit(), discriminator="by")
    candidates: tuple[QualityCandidate, ...] = Field(min_length=1, description="algorithms to choose from")
    promote: Promotion = Promotion(metric="accuracy")
