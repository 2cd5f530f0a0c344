"""What an entry of each reference file holds. A file's name is the table's, a class here is its row."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{name!r} is not a time zone, such as Europe/Berlin") from None
    return name


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from None
    return text


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Entry(BaseModel):
    """One row. Fields that the class does not know are refused: a misspelt limit would be no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Plant(Entry):
    """A plant. `timezone` is an IANA name; its shifts are kept in it."""

    plant_id: str
    name: str
    timezone: Annotated[str, AfterValidator(_zone)]


class Shift(Entry):
    """A shift of a plant's calendar, in the plant's local time; one that ends before it starts ends the next day."""

    plant_id: str
    shift_id: str
    name: str
    starts: dt.time
    ends: dt.time
    weekdays: tuple[Weekday, ...]


class Product(Entry):
    """A product. `ideal_cycle_time` is the shortest time in which one unit can be made, in seconds."""

    product_id: str
    name: str
    ideal_cycle_time: float


class DefectType(Entry):
    """A kind of defect that an inspection can find."""

    defect_type: str
    description: str


class AlarmLimit(Entry):
    """Limits of a channel, in its unit, for a type of machine ("*": any other). Outside them an alarm is raised."""

    equipment_type: str
    channel: str
    low_critical: float | None = None
    low_warning: float | None = None
    high_warning: float | None = None
    high_critical: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> AlarmLimit:
        given = [
            v for v in (self.low_critical, self.low_warning, self.high_warning, self.high_critical) if v is not None
        ]
        if not given:
            raise ValueError("there is no limit in it")
        if given != sorted(given):
            raise ValueError("low_critical <= low_warning <= high_warning <= high_critical does not hold")
        return self


class Recommendation(Entry):
    """What to do when a machine has one of the statuses and its top factor's whole name matches the expression."""

    statuses: tuple[Literal["Normal", "Warning", "Critical"], ...]
    factor: Annotated[str, AfterValidator(_pattern)]
    action: str


# Table → row class and what makes two rows the same.
TABLES: dict[str, tuple[type[Entry], tuple[str, ...]]] = {
    "plants": (Plant, ("plant_id",)),
    "shifts": (Shift, ("plant_id", "shift_id")),
    "products": (Product, ("product_id",)),
    "defect_types": (DefectType, ("defect_type",)),
    "alarm_limits": (AlarmLimit, ("equipment_type", "channel")),
    "recommendations": (Recommendation, ("position",)),
}
