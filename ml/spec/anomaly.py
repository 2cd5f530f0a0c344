"""What is not as usual? The fields of task `anomaly`."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ml.spec.candidate import Candidate
from ml.spec.model import ModelSpec
from ml.spec.part import Share
from ml.spec.promotion import Promotion
from ml.spec.source import Channels, Source, Time
from ml.spec.split import ColumnSplit, RowsSplit, TimeSplit


class Detector(Candidate):
    """A detector of anomalies."""

    name: Literal["isolation_forest", "t2_q", "mset", "autoencoder", "robust_z"] = Field(
        description="`isolation_forest`, `t2_q`, `mset`, `autoencoder` or `robust_z`"
    )


class AnomalySpec(ModelSpec):
    """A model of normal operation."""

    METRICS: ClassVar = frozenset(
        {"f1", "precision", "recall", "far", "mar", "roc_auc", "average_precision", "false_positive_rate"}
    )
    LOWER_IS_BETTER: ClassVar = frozenset({"far", "mar", "false_positive_rate"})

    task: Literal["anomaly"]
    source: Source
    entity: str | None = Field(None, description="the column that names the machine; one machine when not given")
    time: Time
    channels: Channels = Field("all", description="`all` that hold numbers, or a list")
    ignore: tuple[str, ...] = Field((), description="columns that are no channels")
    label: str | None = Field(
        None, description="a column that is 1 (or true) for an anomaly: only for judging, never for choosing"
    )
    pooled: bool = Field(False, description="one model of all machines; else one a machine")
    false_positive_rate: Share = Field(
        0.05, description="share of normal rows, held back, that may be called anomalies"
    )
    split: TimeSplit | RowsSplit | ColumnSplit = Field(TimeSplit(), discriminator="by")
    candidates: tuple[Detector, ...] = Field(min_length=1, description="detectors to compare and combine")
    promote: Promotion = Promotion(metric="false_positive_rate")
