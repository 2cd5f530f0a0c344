"""What a dashboard may say: its filters, its tabs, and where each card stands on the grid."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dashboards.spec.question import Column, Name, Question, Strict

GRID_COLUMNS = 24


class Choice(Strict):
    """Some of a column's values, chosen by whoever looks."""

    kind: Literal["choice"]
    label: str
    values: Column  # whose values are offered


class Period(Strict):
    """A span of days. Left open, each question says what it shows."""

    kind: Literal["period"]
    label: str


Filter = Annotated[Choice | Period, Field(discriminator="kind")]


class Click(Strict):
    """Where a click leads. `pass` sets filters there: the filter, and the column whose value it takes."""

    board: Name | None = None  # this one when not given
    tab: str | None = None
    pass_: dict[Name, Name] = Field(alias="pass", min_length=1)


class Card(Strict):
    """A question or a heading on the grid: at column and row (from 0), so many columns wide and rows high."""

    question: Name | None = None
    text: str | None = None
    at: tuple[int, int]
    size: tuple[int, int]
    click: Click | None = None

    @model_validator(mode="after")
    def _shows_one_thing(self) -> Card:
        if (self.question is None) == (self.text is None):
            raise ValueError("a card shows either a question or a text")
        if self.click and not self.question:
            raise ValueError("only a question can be clicked")
        return self


class Tab(Strict):
    """A page of a dashboard."""

    name: str
    cards: list[Card] = Field(min_length=1)


class Subscription(Strict):
    """A mail with a question's result, when it has one (or by its goal), as a Quartz cron says."""

    question: Name
    to: list[str] = Field(default_factory=list)  # addresses; none: MILLWRIGHT_ALERT_EMAIL_TO
    cron: str = Field(pattern=r"^(\S+ ){5,6}\S+$")
    when: Literal["has_result", "goal_above", "goal_below"] = "has_result"


class Board(Strict):
    """A dashboard. Its file's name is its key."""

    name: str
    description: str = Field(min_length=20)
    collection: Name
    position: int = Field(ge=1)
    refresh_seconds: int = Field(60, ge=5)
    filters: dict[Name, Filter] = Field(default_factory=dict)
    tabs: list[Tab] = Field(min_length=1)
    questions: dict[Name, Question]
    subscriptions: list[Subscription] = Field(default_factory=list)
    shared: bool = False  # whether anybody with the link may look, without an account


class Collection(Strict):
    """A folder in Metabase, and which groups may look into it."""

    name: str
    description: str
    readers: list[str] = Field(default_factory=list)


class Cache(Strict):
    """Metabase's own policy: a query that took longer than the least is kept for so many times its duration."""

    multiplier: int = Field(ge=1)
    least_seconds: float = Field(ge=0)


class Site(Strict):
    """What all dashboards have in common: dashboards/site.yml."""

    root: Collection
    collections: dict[Name, Collection]
    cache: Cache | None = None  # none: Metabase's is left as it is
