"""When a minute is told, when it is told again, and what comes too late for either."""

from __future__ import annotations

from dataclasses import dataclass

from millwright.errors import MillwrightError
from millwright.settings import Settings


@dataclass(frozen=True)
class Rules:
    """All in seconds. Event time is the readings'; broker time is when Kafka took them."""

    grace: float = 30.0  # event time: how much newer a machine's newest reading is when its minute is told
    idle: float = 60.0  # broker time: silence after which a machine's last minutes are told
    horizon: float = 600.0  # event time: a reading that is older than its machine's newest by more changes nothing
    max_age: float = 86_400.0  # a reading that was older than this when Kafka took it is history; 0: none is

    @property
    def gather(self) -> float:
        """Broker time: how long late readings of a minute are gathered before it is told again."""
        return self.grace

    @classmethod
    def of(cls, config: Settings) -> Rules:
        """The settings' rules. Raises MillwrightError for a horizon that is shorter than the grace."""
        if config.analytics_horizon_seconds < config.analytics_grace_seconds:
            raise MillwrightError(
                f"MILLWRIGHT_ANALYTICS_HORIZON_SECONDS={config.analytics_horizon_seconds:g} is less than "
                f"MILLWRIGHT_ANALYTICS_GRACE_SECONDS={config.analytics_grace_seconds:g}.",
                "A minute has to be kept at least until it is told.",
            )
        return cls(
            config.analytics_grace_seconds,
            config.analytics_idle_seconds,
            config.analytics_horizon_seconds,
            config.analytics_max_age_hours * 3600,
        )
