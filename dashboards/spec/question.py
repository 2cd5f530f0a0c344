"""What a question may say: its SQL, how it is drawn, and what its columns mean."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

# What a colour says. Nothing names a colour itself, so that all dashboards speak one language.
Meaning = Literal["good", "warning", "bad", "neutral", "planned", "first", "second", "third", "fourth", "limit"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
# schema is always marts: a model of dbt and its column
Column = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]


class Strict(BaseModel):
    """A model that knows every key that it may be given."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Shown(Strict):
    """How a column is shown. Percent is a share of 0 to 1 shown times 100; duration is in seconds."""

    label: str
    format: Literal["text", "number", "percent", "date", "datetime", "duration"] = "text"
    unit: str = ""
    decimals: int = Field(0, ge=0, le=6)

    @model_validator(mode="after")
    def _units_are_of_numbers(self) -> Shown:
        if self.unit and self.format != "number":
            raise ValueError("a unit belongs to the format number")
        return self


class Goal(Strict):
    """A line to be reached, or not to be crossed, on the value axis."""

    value: float
    label: str


class Segment(Strict):
    """A stretch of a gauge."""

    start: float = Field(alias="from")
    end: float = Field(alias="to")
    colour: Meaning
    label: str = ""


class Highlight(Strict):
    """Cells, or whole rows, of a table that are coloured when a column's value says so."""

    column: Name
    when: Literal["=", "!=", ">", ">=", "<", "<="]
    value: float | str | bool
    colour: Meaning
    row: bool = False


class _Question(Strict):
    """What every question says. `filters` binds a dashboard's filter to the column that it narrows."""

    name: str
    description: str = Field(min_length=20)
    sql: str
    filters: dict[Name, Column] = {}
    columns: dict[Name, Shown] = Field(min_length=1)

    def drawn(self) -> list[str]:
        """The columns that the picture needs, in its order."""
        return list(self.columns)


class Value(_Question):
    """One number; where the query gives more rows, the first."""

    display: Literal["scalar"]
    value: Name


class Gauge(_Question):
    """One number on a scale of coloured stretches."""

    display: Literal["gauge"]
    value: Name
    segments: list[Segment] = Field(min_length=1)


class Progress(_Question):
    """One number on its way to a goal."""

    display: Literal["progress"]
    value: Name
    goal: Goal
    colour: Meaning = "good"


class Plot(_Question):
    """Values over x. With `series`, the one value is drawn once for each of that column's values."""

    display: Literal["line", "area", "bar", "row", "combo", "scatter"]
    x: Name
    y: list[Name] = Field(min_length=1)
    series: Name | None = None
    lines: list[Name] = []  # of a combo: what is drawn as a line
    right: list[Name] = []  # what is read on the right axis
    stack: Literal["stacked", "normalized"] | None = None
    goal: Goal | None = None
    x_title: str = ""
    y_title: str = ""
    # A value's name (with `series`: the series' value) and what its colour means.
    colours: dict[str, Meaning] = {}

    @model_validator(mode="after")
    def _fits(self) -> Plot:
        if self.series and len(self.y) > 1:
            raise ValueError("with series there is one y; leave one of them out")
        if self.lines and self.display != "combo":
            raise ValueError("lines belong to the display combo")
        if self.stack and self.display not in ("area", "bar", "row", "combo"):
            raise ValueError(f"a {self.display} cannot be stacked")
        for name in (*self.lines, *self.right):
            if name not in self.y:
                raise ValueError(f"{name!r} is not one of y: {', '.join(self.y)}")
        if not self.series and (unknown := set(self.colours) - set(self.y)):
            raise ValueError(f"colours names {sorted(unknown)[0]!r}, which is not one of y: {', '.join(self.y)}")
        return self


class Table(_Question):
    """Rows, with the columns in the order in which `columns` names them."""

    display: Literal["table"]
    highlight: list[Highlight] = []


Question = Annotated[Value | Gauge | Progress | Plot | Table, Field(discriminator="display")]


def named_columns(question: Question) -> dict[str, tuple[str | int, ...]]:
    """Every column that a question's settings name, and where in the question."""
    match question:
        case Plot():
            named: dict[str, tuple[str | int, ...]] = {question.x: ("x",)}
            named |= {name: ("y", i) for i, name in enumerate(question.y)}
            return named | ({question.series: ("series",)} if question.series else {})
        case Table():
            return {h.column: ("highlight", i, "column") for i, h in enumerate(question.highlight)}
        case _:
            return {question.value: ("value",)}
