"""What is not as usual? The fields of task `anomaly`."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from ml.spec.candidate import Candidate
from ml.spec.model import ModelSpec
from ml.spec.parameters import ANOMALY
from ml.spec.part import Part, Share
from ml.spec.promotion import Promotion
from ml.spec.source import Channels, Source, Time
from ml.spec.span import Length, Span
from ml.spec.split import ColumnSplit, RowsSplit, TimeSplit, Value


class Detector(Candidate):
    """A detector of anomalies."""

    PARAMETERS: ClassVar = ANOMALY

    name: Literal["robust_z", "t2_q", "mset", "isolation_forest"] = Field(
        description="`robust_z`; `t2_q` (parameter `explained`, a share of the variance); `mset` (`memory` in rows, "
        "`ridge`); `isolation_forest` (`trees`, `sample` of rows that each tree sees)"
    )


class Abnormal(Part):
    """Times that are no normal operation, told by a table of events such as failures."""

    source: Source = Field(description="the events; `where` picks those that count")
    entity: str | None = Field(None, description="its column of the machine; the readings' name when not given")
    time: Time = Field(description="the column of the moment")
    before: Span = Field("24h", description="so long before an event is not normal")
    after: Span = Field("24h", description="so long after an event is not normal")


class AnomalySpec(ModelSpec):
    """A model of normal operation."""

    METRICS: ClassVar = frozenset(
        {"f1", "precision", "recall", "far", "mar", "roc_auc", "average_precision", "false_positive_rate"}
        | {"shift_recall"}
    )
    LOWER_IS_BETTER: ClassVar = frozenset({"far", "mar", "false_positive_rate"})
    NEED_LABELS: ClassVar = frozenset({"f1", "precision", "recall", "far", "mar", "roc_auc", "average_precision"})

    task: Literal["anomaly"]
    source: Source
    entity: str | None = Field(
        None, description="the column that names the machine (or run, or file); one machine when not given"
    )
    time: Time | None = Field(None, description="the rows' own order when not given")
    channels: Channels = Field("all", description="`all` that hold numbers, or a list")
    ignore: tuple[str, ...] = Field((), description="columns that are no channels")
    label: str | None = Field(
        None,
        description="a column that is 1, true or a text such as `anomaly` for an anomaly, and 0, false, empty or "
        "`normal` otherwise: for judging, never for choosing; without `normal`, such rows are not learned from",
    )
    normal: dict[str, tuple[Value, ...]] = Field(
        {},
        description="column → values: only such rows are learned from, such as {state: [running]}; without it, all but "
        "those that the label calls anomalies",
    )
    abnormal: Abnormal | None = Field(
        None, description="events around which rows are not learned from; without a label, they are the anomalies"
    )
    pooled: bool = Field(False, description="one model of all machines; else one a machine")
    adapt: bool = Field(
        True, description="channels that do not come back to their mean are judged against where they lately were"
    )
    average: int = Field(
        10, ge=1, le=1000, description="rows over which deviations are averaged before they are judged"
    )
    smooth: int = Field(10, ge=1, le=1000, description="rows over which scores are averaged")
    false_positive_rate: Share = Field(
        0.05, description="share of normal rows, held back, that may be called anomalies"
    )
    minimum_rows: int = Field(100, ge=40, description="a machine with fewer normal rows is not learned")
    judge: Length = Field("24h", description="the newest rows, so long, that a prediction judges")
    split: TimeSplit | RowsSplit | ColumnSplit = Field(TimeSplit(), discriminator="by")
    candidates: tuple[Detector, ...] = Field(min_length=1, description="detectors to compare and combine")
    combine: Literal["best", "all"] = Field(
        "best",
        description="best: whichever detector, or all together, sees most of shifts put into held-back normal rows; "
        "all: always all together",
    )
    promote: Promotion = Promotion(metric="shift_recall")

    @model_validator(mode="before")
    @classmethod
    def _metric_by_what_is_known(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and isinstance(raw.get("normal"), dict):
            listed = {c: v if isinstance(v, (list, tuple)) else [v] for c, v in raw["normal"].items()}
            raw = raw | {"normal": listed}
        if isinstance(raw, dict) and "promote" not in raw and raw.get("label"):
            return raw | {"promote": {"metric": "f1"}}
        return raw

    @model_validator(mode="after")
    def _labels_are_there(self) -> AnomalySpec:
        asked = {self.promote.metric, *self.promote.at_least, *self.promote.at_most} & self.NEED_LABELS
        if asked and self.label is None and self.abnormal is None:
            raise ValueError(
                f"promote names {sorted(asked)[0]!r}, which needs label or abnormal; "
                "expected shift_recall or false_positive_rate"
            )
        return self

    @model_validator(mode="after")
    def _events_need_time(self) -> AnomalySpec:
        if self.abnormal is not None and self.time is None:
            raise ValueError("abnormal needs time: the column of the readings that its events are held against")
        return self

    def unfit(self, metrics: dict[str, float]) -> str:
        """Far more false alarms than were asked for, or anomalies ranked below normal rows.

        A limit of the spec's own on the same metric, which has passed then, says that the author knows.
        """
        rate, most = metrics.get("false_positive_rate"), self._most_false_alarms(metrics)
        if rate is not None and rate > most and "false_positive_rate" not in self.promote.at_most:
            return (
                f"Of the test part's normal rows {rate:.1%} are called anomalies where {self.false_positive_rate:.1%} "
                f"were asked for; beyond {most:.1%} that is no chance."
            )
        auc = metrics.get("roc_auc")
        if auc is not None and auc < 0.5 and "roc_auc" not in self.promote.at_least:
            return f"Roc auc is {auc:.3f}, below 0.5: anomalies score lower than normal rows do."
        return ""

    def _most_false_alarms(self, metrics: dict[str, float]) -> float:
        """Four times what was asked, or half the way to all, and what chance adds to it once in a hundred times."""
        asked = self.false_positive_rate
        far = min(4 * asked, (1 + asked) / 2)
        # Rows that share what they are averaged over are one and the same to chance.
        rows = (metrics.get("test_rows", 0.0) - metrics.get("anomalous_rows", 0.0)) / (self.average + self.smooth)
        return far + 2.33 * math.sqrt(far * (1 - far) / max(rows, 1.0))

    @property
    def sources(self) -> dict[str, Source]:
        """The readings, and the events where there are any."""
        return {"source": self.source} | ({"abnormal": self.abnormal.source} if self.abnormal else {})
