"""Alarm limits as rules: when a channel of a type of machine raises, and from where on it is well again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from millwright.reference_entries import AlarmLimit

# An alarm ends 5 % of its limit inside it, but never beyond the middle between low and high limit: a value that
# sways about the limit is one alarm.
HYSTERESIS = 0.05
ANY_TYPE = "*"


@dataclass(frozen=True, order=True)
class Rule:
    """One of a channel's alarms: limit_low or limit_high, warning or critical."""

    channel: str
    name: Literal["limit_low", "limit_high"]
    severity: Literal["warning", "critical"]

    @property
    def high(self) -> bool:
        return self.name == "limit_high"

    @cached_property
    def key(self) -> str:
        return f"{self.channel}/{self.name}/{self.severity}"


@dataclass(frozen=True)
class Threshold:
    """Where a rule raises (beyond `limit`) and clears (`clears_at` and what lies inside), in the channel's unit."""

    limit: float
    clears_at: float


class Limits:
    """The thresholds of every type of machine. `rules` are those that any type has, in a fixed order."""

    def __init__(self, entries: Iterable[AlarmLimit]) -> None:
        self._thresholds: dict[tuple[str, Rule], Threshold] = {}
        self._named: set[tuple[str, str]] = set()
        for entry in entries:
            self._named.add((entry.equipment_type, entry.channel))
            for rule, threshold in _thresholds(entry):
                self._thresholds[entry.equipment_type, rule] = threshold
        self.rules = tuple(sorted({rule for _, rule in self._thresholds}))

    def threshold(self, equipment_type: str, rule: Rule) -> Threshold | None:
        """A rule's threshold for a type; those of "*" for a channel that the type does not name; None without any."""
        named = (equipment_type, rule.channel) in self._named
        return self._thresholds.get((equipment_type if named else ANY_TYPE, rule))


def _thresholds(entry: AlarmLimit) -> Iterable[tuple[Rule, Threshold]]:
    for severity in ("warning", "critical"):
        low: float | None = getattr(entry, f"{severity}_low")
        high: float | None = getattr(entry, f"{severity}_high")
        if low is not None:
            inside = low + HYSTERESIS * abs(low)
            ends = inside if high is None else min(inside, (low + high) / 2)
            yield Rule(entry.channel, "limit_low", severity), Threshold(low, ends)
        if high is not None:
            inside = high - HYSTERESIS * abs(high)
            ends = inside if low is None else max(inside, (low + high) / 2)
            yield Rule(entry.channel, "limit_high", severity), Threshold(high, ends)
