"""Alarm rules: what raises an alarm on a channel of a type of machine, and from where on it is well again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from millwright.contracts import contracts
from millwright.errors import MillwrightError
from millwright.reference import read
from millwright.reference_entries import AlarmLimit, AlarmRule
from millwright.settings import settings

Floats = npt.NDArray[np.float64]

ANY = "*"
MACHINE = "machine"  # instead of a channel: the machine itself
SECOND, MINUTE = 1_000_000, 60_000_000  # in microseconds, as event times are

# A channel's alarms, in the order in which states and tables hold them.
LIMITS: tuple[tuple[Literal["limit_low", "limit_high"], Literal["warning", "critical"]], ...] = (
    ("limit_low", "warning"),
    ("limit_low", "critical"),
    ("limit_high", "warning"),
    ("limit_high", "critical"),
)
SIGN = np.array([-1.0, -1.0, 1.0, 1.0])  # beyond a low limit is above its negative
RATE, STUCK, SILENT = 4, 5, 6
SLOTS = 7
NAMES = (*(name for name, _ in LIMITS), "rate_of_change", "stuck", "silent")
SEVERITIES = (*(severity for _, severity in LIMITS), "warning", "warning", "warning")


@dataclass(frozen=True)
class Table:
    """The rules of a stream's channels as arrays; the first axis is the type of machine, the second the channel.

    `limit` and `clears_at` have a third axis, the four limits, and are signed by SIGN; a limit that is not given is
    infinite. Times are in microseconds; 0 is off. `silent` has one channel more: the machine itself.
    """

    limit: Floats
    clears_at: Floats
    upper: Floats  # between lower and upper no limit is passed
    lower: Floats
    hysteresis: Floats
    raise_after: Floats
    least_raised: Floats
    rate: Floats  # in the channel's unit per microsecond; infinite when off
    rate_over: npt.NDArray[np.int64]
    stuck: Floats
    stuck_readings: Floats
    rest: Floats  # NaN when there is none
    silent: Floats


class Rules:
    """The rules of every type of machine, from the entries of alarm_limits.yml and alarm_rules.yml."""

    def __init__(self, limits: Iterable[AlarmLimit], rules: Iterable[AlarmRule] = ()) -> None:
        self._limits = {(entry.equipment_type, entry.channel): entry for entry in limits}
        self._rules = {(entry.equipment_type, entry.channel): entry for entry in rules}
        named = sorted({kind for kind, _ in (*self._limits, *self._rules)} - {ANY})
        self._kinds = [ANY, *named]
        self._codes = {kind: code for code, kind in enumerate(self._kinds)}
        self._tables: dict[tuple[str, ...], Table] = {}

    def __len__(self) -> int:
        return len(self._limits) + len(self._rules)

    def code(self, kind: str) -> int:
        """A type's place in the tables."""
        return self._codes.get(kind, 0)

    def severity(self, kind: str, event: Literal["unplanned_down", "error", "failure"]) -> str:
        """How bad an event of a type of machine is: warning, critical, or none."""
        return str(self._given(kind, MACHINE, event) or "none")

    def table(self, channels: tuple[str, ...]) -> Table:
        """The rules of these channels."""
        if channels not in self._tables:
            self._tables[channels] = self._table(channels)
        return self._tables[channels]

    def _given(self, kind: str, channel: str, field: str) -> float | str | None:
        for place in ((kind, channel), (kind, ANY), (ANY, channel), (ANY, ANY)):
            if channel == MACHINE and place[1] == ANY:
                continue  # what holds for any channel says nothing of the machine
            entry = self._rules.get(place)
            if entry is not None and (found := getattr(entry, field)) is not None:
                return found  # type: ignore[no-any-return]
        return None

    def _table(self, channels: tuple[str, ...]) -> Table:
        def of(field: str, otherwise: float, places: tuple[str, ...] = channels) -> Floats:
            found = [[self._given(kind, channel, field) for channel in places] for kind in self._kinds]
            return np.array([[otherwise if f is None else f for f in row] for row in found], dtype=np.float64)

        hysteresis = of("hysteresis", 0.05)
        shape = (len(self._kinds), len(channels), len(LIMITS))
        limit, clears_at = np.full(shape, np.inf), np.full(shape, np.inf)
        for k, kind in enumerate(self._kinds):
            for c, channel in enumerate(channels):
                entry = self._limits.get((kind, channel)) or self._limits.get((ANY, channel))
                if entry is not None:
                    limit[k, c], clears_at[k, c] = _signed(entry, float(hysteresis[k, c]))
        rate = of("rate_per_minute", 0.0) / MINUTE
        return Table(
            limit=limit,
            clears_at=clears_at,
            upper=limit[:, :, SIGN > 0].min(axis=2),
            lower=-limit[:, :, SIGN < 0].min(axis=2),
            hysteresis=hysteresis,
            raise_after=of("raise_after_seconds", 0.0) * SECOND,
            least_raised=of("least_raised_seconds", 0.0) * SECOND,
            rate=np.where(rate > 0, rate, np.inf),
            rate_over=(of("rate_over_minutes", 5.0) * MINUTE).astype(np.int64),
            stuck=of("stuck_seconds", 0.0) * SECOND,
            stuck_readings=of("stuck_readings", 0.0),
            rest=of("rest_value", float("nan")),
            silent=of("silent_seconds", 0.0, (*channels, MACHINE)) * SECOND,
        )


def _signed(entry: AlarmLimit, hysteresis: float) -> tuple[list[float], list[float]]:
    """The four limits and from where on they are kept again: never beyond the middle between a low and a high one."""
    limits, ends = [], []
    for name, severity in LIMITS:
        low: float | None = getattr(entry, f"{severity}_low")
        high: float | None = getattr(entry, f"{severity}_high")
        sign = 1.0 if name == "limit_high" else -1.0
        limit = high if name == "limit_high" else low
        if limit is None:
            limits.append(np.inf)
            ends.append(np.inf)
            continue
        end = sign * limit - hysteresis * abs(limit)
        if low is not None and high is not None:
            end = max(end, sign * (low + high) / 2)
        limits.append(sign * limit)
        ends.append(end)
    return limits, ends


def changed_at() -> tuple[int, ...]:
    """Tells one state of the files from the next, without reading them."""
    folder = settings().contracts_dir / "reference"
    paths = [folder / f"{name}.yml" for name in ("alarm_limits", "alarm_rules")]
    return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)


def read_rules(directory: Path | None = None) -> Rules:
    """The rules that contracts/reference holds now.

    Raises MillwrightError naming file, entry and field, also for a channel that no stream has.
    """
    limits, rules = read("alarm_limits", directory), read("alarm_rules", directory)
    channels = {field.name for spec in contracts().values() for field in spec.channels}
    for name, entries, known in (("alarm_limits", limits, channels), ("alarm_rules", rules, channels | {ANY, MACHINE})):
        for number, entry in enumerate(entries, 1):
            if entry.channel not in known:
                raise MillwrightError(
                    f"{name}.yml: entry {number}: channel: no stream has a channel {entry.channel!r}.",
                    f"There are {', '.join(sorted(known))}.",
                )
    return Rules(limits, rules)
