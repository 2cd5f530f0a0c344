"""How rows are parted into those a model learns from and those it is judged on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ml.spec.part import Part, Share
from ml.spec.span import Span

Value = str | int | float | bool


def _written(moment: Any) -> Any:
    """YAML makes dates of what looks like one."""
    return moment.isoformat() if isinstance(moment, (date, datetime)) else moment


Moment = Annotated[str | int | float, BeforeValidator(_written)]


class TimeSplit(Part):
    """By time: training part, gap, test part. The end of the training part is its validation part."""

    by: Literal["time"] = "time"
    train_share: Share = Field(0.8, description="the older share of the time trains, the rest tests")
    train_until: Moment | None = Field(
        None, description="a moment (or a counter's value) instead of train_share: what comes before it trains"
    )
    test_until: Moment | None = Field(None, description="what comes at or after this is left out")
    gap: Span = Field(
        0,
        description="left out between the parts; of failures the horizon when not given, and never less, so that no "
        "label looks into the test",
    )
    validation_share: Share = Field(
        0.2, description="of the training part, its end: there choices are made; of failures 0.6 when not given"
    )
    folds: int = Field(
        1,
        ge=1,
        le=50,
        description="slices in time of the validation part, each asked of a model of what is before it; of failures 3 "
        "when not given",
    )


class RowsSplit(Part):
    """By position, per entity (per file): so many first rows train, the next validate, the next test."""

    by: Literal["rows"]
    train: int = Field(ge=1, description="rows that train")
    validation: int = Field(0, ge=0, description="rows after them on which choices are made")
    test: int | None = Field(None, ge=1, description="rows after those that test; all that are left when not given")


class EntitySplit(Part):
    """By entity: a machine is in one part only."""

    by: Literal["entity"]
    test_share: Share = Field(0.2, description="of the entities, drawn by the seed")
    test: tuple[Value, ...] = Field((), description="these entities instead of a share")
    validation_share: Share = Field(0.2, description="of the entities that train: there choices are made")


class FoldSplit(Part):
    """By k folds: each row is predicted once, by a model that has not seen it. Choices are made inside the folds."""

    by: Literal["folds"]
    folds: int = Field(10, ge=2, le=50, description="parts; each tests once")
    inner_folds: int = Field(3, ge=2, le=20, description="parts of each training part, on which choices are made")
    stratified: bool = Field(True, description="classes in the same shares in every part")
    group: str | None = Field(None, description="rows with one value of this column stay together")


class ColumnSplit(Part):
    """By a column that says of each row where it belongs."""

    by: Literal["column"]
    column: str = Field(description="the column")
    train: tuple[Value, ...] = Field(min_length=1, description="its values that train")
    validation: tuple[Value, ...] = Field((), description="its values on which choices are made; else an end of train")
    test: tuple[Value, ...] = Field(min_length=1, description="its values that test")


Split = Annotated[TimeSplit | RowsSplit | EntitySplit | FoldSplit | ColumnSplit, Field(discriminator="by")]
