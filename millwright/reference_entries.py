"""What an entry of each reference file holds. A file's name is the table's, a class here is its row."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


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


def _whole_hour(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):00", text):
        raise ValueError(f"{text!r} is not a whole hour such as 06:00")
    return text


class Entry(BaseModel):
    """One row. Fields that the class does not know are refused: a misspelt limit would be no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Plant(Entry):
    """A plant. `timezone` is an IANA name; its shifts are kept in it."""

    plant_id: str
    name: str
    timezone: Annotated[str, AfterValidator(_zone)]


class Shift(Entry):
    """A shift: it starts on `days` (1 is Monday) at `start`, local time of the plant, and lasts `hours`."""

    plant_id: str
    shift: str
    start: Annotated[str, AfterValidator(_whole_hour)]
    hours: Annotated[float, Field(gt=0, le=24)]
    days: tuple[Annotated[int, Field(ge=1, le=7)], ...]


class Product(Entry):
    """A product. `ideal_cycle_time` is the shortest time in which one unit can be made, in seconds."""

    product_id: str
    name: str
    ideal_cycle_time: Annotated[float, Field(gt=0)]


class DefectType(Entry):
    """A kind of defect that an inspection can find, and the result that it leads to."""

    defect_type: str
    severity: Literal["Minor Defect", "Major Defect", "Reject"]
    description: str


class AlarmLimit(Entry):
    """Limits of a channel, in its unit, for a type of machine ("*": any other). Outside them an alarm is raised."""

    equipment_type: str
    channel: str
    warning_low: float | None = None
    warning_high: float | None = None
    critical_low: float | None = None
    critical_high: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> AlarmLimit:
        inward = (self.critical_low, self.warning_low, self.warning_high, self.critical_high)
        given = [limit for limit in inward if limit is not None]
        if not given:
            raise ValueError("there is no limit in it")
        if given != sorted(given):
            raise ValueError("critical_low <= warning_low <= warning_high <= critical_high does not hold")
        return self


class AlarmRule(Entry):
    """What else raises an alarm, and how long it has to last, for a type of machine and a channel ("*": any other).

    A field that is left out is looked for in the entries (type, "*"), ("*", channel) and ("*", "*"), in this order;
    0 (or none) switches an alarm off. The channel "machine" is the machine itself. docs/alerts.md tells each rule.
    """

    equipment_type: str
    channel: str
    hysteresis: float | None = Field(None, ge=0, lt=1)  # share of the limit that a value has to be inside it again
    raise_after_seconds: float | None = Field(None, ge=0)
    least_raised_seconds: float | None = Field(None, ge=0)
    rate_per_minute: float | None = Field(None, ge=0)  # in the channel's unit
    rate_over_minutes: float | None = Field(None, gt=0)
    stuck_seconds: float | None = Field(None, ge=0)
    stuck_readings: int | None = Field(None, ge=0)
    rest_value: float | None = None  # a value that may stand still, such as 0 while the machine is off
    silent_seconds: float | None = Field(None, ge=0)
    unplanned_down: Literal["none", "warning", "critical"] | None = None
    error: Literal["none", "warning", "critical"] | None = None
    failure: Literal["none", "warning", "critical"] | None = None

    @model_validator(mode="after")
    def _of_its_kind(self) -> AlarmRule:
        given = self.model_fields_set - {"equipment_type", "channel"}
        if not given:
            raise ValueError("there is no rule in it")
        of_machine = {"silent_seconds", "unplanned_down", "error", "failure"}
        wrong = sorted(given - of_machine if self.channel == "machine" else given & (of_machine - {"silent_seconds"}))
        if wrong:
            where = "a channel's entry" if self.channel == "machine" else "an entry of the channel machine"
            raise ValueError(f"{wrong[0]} belongs into {where}")
        return self


class Recommendation(Entry):
    """What to do when a machine has one of the statuses and its top factor's whole name matches the expression."""

    statuses: tuple[Literal["Normal", "Warning", "Critical"], ...]
    factor: Annotated[str, AfterValidator(_pattern)]
    action: str


class QualityRule(Entry):
    """From where on data counts as bad, for a stream ("*": any other), a rule and a field ("*": any other channel).

    `threshold` is a share, or what the rule counts; docs/data-quality.md tells each rule.
    """

    stream: str
    rule: Literal[
        "validation_pass_rate",
        "null_share",
        "late_share",
        "out_of_order_share",
        "duplicate_share",
        "lost_records",
        "volume",
        "freshness",
        "machine_freshness",
        "failed_tests",
    ]
    field: str = "*"
    threshold: float = Field(ge=0)
    least_records: int = Field(100, ge=0)  # in the hour, for it to be judged
    least_seconds: float | None = Field(None, ge=0)
    late_after_seconds: Literal[60, 600, 3600, 21600] | None = None
    severity: Literal["none", "warning", "critical"]

    @model_validator(mode="after")
    def _of_its_kind(self) -> QualityRule:
        if self.rule.endswith(("_share", "_rate")) and self.threshold > 1:
            raise ValueError(f"the threshold of {self.rule} is a share, 0 to 1")
        own = {"late_after_seconds": ("late_share",), "least_seconds": ("freshness", "machine_freshness")}
        for name, rules in own.items():
            if (self.rule in rules) != (getattr(self, name) is not None):
                raise ValueError(f"{name} belongs into the entries of {' and '.join(rules)}, and into these only")
        if self.field != "*" and self.rule != "null_share":
            raise ValueError("a field belongs into the entries of null_share only")
        return self


# Table → row class and what makes two rows the same.
TABLES: dict[str, tuple[type[Entry], tuple[str, ...]]] = {
    "plants": (Plant, ("plant_id",)),
    "shifts": (Shift, ("plant_id", "shift")),
    "products": (Product, ("product_id",)),
    "defect_types": (DefectType, ("defect_type",)),
    "alarm_limits": (AlarmLimit, ("equipment_type", "channel")),
    "alarm_rules": (AlarmRule, ("equipment_type", "channel")),
    "quality_rules": (QualityRule, ("stream", "rule", "field")),
    "recommendations": (Recommendation, ("position",)),
}
