"""The alarm rules of one channel and of its machine, told again value by value, as docs/alerts.md tells them."""

from __future__ import annotations

from dataclasses import dataclass, field

from millwright.reference_entries import AlarmLimit, AlarmRule

SECOND, MINUTE = 1_000_000, 60_000_000


@dataclass
class Alarm:
    """One alarm: beyond for long enough raises it, well for the first time after its least time ends it."""

    after: float
    least: float
    since: int | None = None
    raised: int | None = None

    def step(self, time, beyond, well):
        if not beyond:
            self.since = None
        elif self.since is None:
            self.since = time
        if self.raised is None:
            if beyond and time - self.since >= self.after:
                self.raised = time
                return [("raised", time, time)]
        elif well and time >= self.raised + self.least:
            ended, self.raised = self.raised, None
            return [("cleared", ended, time)]
        return []


@dataclass
class Silence:
    """Something that should come regularly."""

    seconds: float
    times: list[int] = field(default_factory=list)
    raised: bool = False

    def due(self):
        if len(self.times) < 2 or not self.seconds:
            return float("inf")
        gaps = [b - a for a, b in zip(self.times, self.times[1:], strict=False)][-2:]
        return self.times[-1] + max(self.seconds * SECOND, 5 * min(gaps))

    def clock(self, time):
        """Found silent at `time`."""
        if self.raised or time < self.due():
            return []
        self.raised = True
        return [("raised", self.times[-1], int(self.due()))]

    def comes(self, time):
        found = [("cleared", self.times[-1], time)] if self.raised else []
        self.raised = False
        self.times.append(time)
        return found


class Machine:
    """One machine with one channel; `read` gives (rule, severity, state, time in the id, event time)."""

    def __init__(self, limit: AlarmLimit, rule: AlarmRule, machine_silent: float):
        self.limit, self.rule = limit, rule
        self.newest = 0
        self.silence, self.channel_silence = Silence(machine_silent), Silence(rule.silent_seconds)
        after, least = rule.raise_after_seconds * SECOND, rule.least_raised_seconds * SECOND
        self.limits = {
            (side, severity): Alarm(after, least)
            for side in ("low", "high")
            for severity in ("warning", "critical")
            if getattr(limit, f"{severity}_{side}") is not None
        }
        self.rate, self.stuck = Alarm(after, least), Alarm(0, least)
        self.run = None  # value, since, count
        self.buckets = []  # start, first time, first value

    def read(self, time, value):
        if time <= self.newest:
            return []
        self.newest = time
        found = [("silent", "warning", *f) for f in self.silence.clock(time) + self.silence.comes(time)]
        if value is None:
            return found + [("silent/v", "warning", *f) for f in self.channel_silence.clock(time)]
        found += [("silent/v", "warning", *f) for f in self.channel_silence.comes(time)]
        for (side, severity), alarm in self.limits.items():
            sign = 1 if side == "high" else -1
            limit = getattr(self.limit, f"{severity}_{side}")
            end = sign * limit - self.rule.hysteresis * abs(limit)
            low, high = getattr(self.limit, f"{severity}_low"), getattr(self.limit, f"{severity}_high")
            if low is not None and high is not None:
                end = max(end, sign * (low + high) / 2)
            steps = alarm.step(time, sign * value > sign * limit, sign * value <= end)
            found += [(f"limit_{side}", severity, *f) for f in steps]
        found += [("rate_of_change", "warning", *f) for f in self.rate.step(time, *self._rate(time, value))]
        stuck = self._stuck(time, value)
        return found + [("stuck", "warning", *f) for f in self.stuck.step(time, stuck, not stuck)]

    def _rate(self, time, value):
        over = int(self.rule.rate_over_minutes * MINUTE)
        start = time - time % over
        if not self.buckets or self.buckets[-1][0] != start:
            self.buckets.append((start, time, value))
        if len(self.buckets) < 2 or not self.rule.rate_per_minute:
            return False, True
        _, then, was = self.buckets[-2]
        rate = abs((value - was) / max(time - then, over))
        limit = self.rule.rate_per_minute / MINUTE
        return rate > limit, rate <= limit * (1 - self.rule.hysteresis)

    def _stuck(self, time, value):
        if self.run is None or self.run[0] != value:
            self.run = [value, time, 0]
        self.run[2] += 1
        if not (self.rule.stuck_seconds or self.rule.stuck_readings) or value == self.rule.rest_value:
            return False
        return time - self.run[1] >= self.rule.stuck_seconds * SECOND and self.run[2] >= self.rule.stuck_readings
