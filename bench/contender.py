"""What is said of each contender, whoever it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """One contender's run: `records` read in `seconds`, from being ready to the last of them being durable.

    `cpu_seconds` are user and system of all its processes, their start included; `peak_rss_mb` the most memory they
    held, in MiB, the peaks of processes that ran side by side added up.
    """

    name: str
    records: int
    seconds: float
    cpu_seconds: float
    peak_rss_mb: float

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds

    def figures(self) -> dict[str, Any]:
        """As it stands in the JSON."""
        return {
            "name": self.name,
            "records_per_second": round(self.rate),
            "cpu_seconds": round(self.cpu_seconds, 2),
            "peak_rss_mb": round(self.peak_rss_mb, 1),
        }


@dataclass(frozen=True)
class LeftOut:
    """A contender that was not measured, and why."""

    name: str
    reason: str
